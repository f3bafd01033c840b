//! CPU and memory use of the server's processes, read from Linux's `/proc`. Nothing is known on other systems.

use std::time::{Duration, Instant};

/// The unit of CPU times in `/proc`: Linux reports hundredths of a second there, whatever its clock tick is.
const TICK: Duration = Duration::from_millis(10);
/// How often to check whether a process is idle, and the share of that time that an idle process may work.
const LOOK: Duration = Duration::from_millis(500);
const IDLE: f64 = 0.05;

/// Returns the CPU time of all threads of a process. `None` if there is no such process, or no `/proc`.
pub fn cpu(pid: u32) -> Option<Duration> {
    cpu_in(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Returns the peak memory of a process in bytes (the high-water mark of its resident set).
pub fn peak_memory(pid: u32) -> Option<u64> {
    peak_memory_in(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// Waits until these processes together are almost idle, at most for `patience`. Returns the time since `started` and
/// their CPU time at that point: if a server answers first and works afterwards, that work is part of the cost of an
/// event. `None` if the processes cannot be observed, or never become idle.
pub async fn idle(pids: &[u32], started: Instant, patience: Duration) -> Option<(Duration, Duration)> {
    let used = || pids.iter().map(|&pid| cpu(pid)).sum::<Option<Duration>>();
    let (begun, mut before) = (Instant::now(), used()?);
    while begun.elapsed() < patience {
        let looked = started.elapsed();
        tokio::time::sleep(LOOK).await;
        let now = used()?;
        if (now.saturating_sub(before)).as_secs_f64() <= LOOK.as_secs_f64() * IDLE {
            return Some((looked, now));
        }
        before = now;
    }
    None
}

/// Reads fields 14 and 15, user and system time (proc_pid_stat(5)). Field 2 is a name that may contain spaces and
/// brackets.
fn cpu_in(stat: &str) -> Option<Duration> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(TICK * (ticks()? + ticks()?))
}

fn peak_memory_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_ascii_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_and_status_are_parsed() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1000 0 0 0 150 25 3 4 20 0 5 0 12345 1000000 500";
        assert_eq!(cpu_in(stat), Some(Duration::from_millis(1_750)));
        assert_eq!(cpu_in("7 (cut"), None);
        assert_eq!(peak_memory_in("Name:\tx\nVmPeak:\t  9 kB\nVmHWM:\t  2048 kB\n"), Some(2 << 20));
        assert_eq!(peak_memory_in("Name:\tx\n"), None);
    }
}
