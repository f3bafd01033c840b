//! What the server's processes use, by Linux's `/proc`. Elsewhere nothing is known.

use std::time::{Duration, Instant};

/// The unit of CPU times in `/proc`: Linux shows them in hundredths of a second, whatever it counts in.
const TICK: Duration = Duration::from_millis(10);
/// How often it is looked whether a process is idle, and how much of that time it may work and still be idle.
const LOOK: Duration = Duration::from_millis(500);
const IDLE: f64 = 0.05;

/// The CPU time that a process has used, of all its threads. `None` if there is no such process, or no `/proc`.
pub fn cpu(pid: u32) -> Option<Duration> {
    cpu_in(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The most memory that a process ever had, in bytes (the high-water mark of its resident set).
pub fn peak_memory(pid: u32) -> Option<u64> {
    peak_memory_in(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

/// Waits until these processes together do next to nothing, since `started`; at most for `patience`. Returns how long that
/// took, and how much CPU they had used by then: what a server that answers first does afterwards is part of what an event
/// costs. `None` if they cannot be seen, or are never idle.
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

/// Fields 14 and 15, of user and system time (proc_pid_stat(5)). The second, a name, may hold spaces and brackets.
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
    fn what_linux_says_is_read() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1000 0 0 0 150 25 3 4 20 0 5 0 12345 1000000 500";
        assert_eq!(cpu_in(stat), Some(Duration::from_millis(1_750)));
        assert_eq!(cpu_in("7 (cut"), None);
        assert_eq!(peak_memory_in("Name:\tx\nVmPeak:\t  9 kB\nVmHWM:\t  2048 kB\n"), Some(2 << 20));
        assert_eq!(peak_memory_in("Name:\tx\n"), None);
    }
}
