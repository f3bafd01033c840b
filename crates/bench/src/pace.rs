//! When to send requests.

use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc};

/// When to send requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// Each connection sends a request as soon as the one before it is answered: as fast as the server answers, and no
    /// faster.
    Closed,
    /// Requests are sent at a fixed rate, whether the server keeps up or not.
    Open {
        /// Requests per second, over all connections.
        rate: f64,
    },
}

/// Hands out the numbers of events, each with the time at which its request is due.
pub(crate) enum Turns {
    Closed { next: std::sync::atomic::AtomicU64, events: u64, until: Instant },
    Open(Mutex<mpsc::UnboundedReceiver<(u64, Instant)>>),
}

impl Turns {
    /// Hands out at most `events` numbers, none of them later than `time` from now.
    pub(crate) fn begin(pace: Pace, events: u64, time: Duration) -> Self {
        let start = Instant::now();
        match pace {
            Pace::Closed => Self::Closed { next: 0.into(), events, until: start + time },
            Pace::Open { rate } => {
                let (turn, turns) = mpsc::unbounded_channel();
                // A thread, because the runtime's timer has a resolution of a millisecond, which would distort every
                // latency.
                std::thread::spawn(move || {
                    for (number, at) in (0..events).map(|number| (number, due(number, rate))) {
                        std::thread::sleep((start + at).saturating_duration_since(Instant::now()));
                        if at > time || turn.send((number, start + at)).is_err() {
                            return;
                        }
                    }
                });
                Self::Open(Mutex::new(turns))
            }
        }
    }

    /// Returns the number of the next event and when it is, or was, due. `None` at the end.
    pub(crate) async fn next(&self) -> Option<(u64, Instant)> {
        match self {
            Self::Closed { next, events, until } => {
                let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let now = Instant::now();
                (number < *events && now < *until).then_some((number, now))
            }
            Self::Open(turns) => turns.lock().await.recv().await,
        }
    }
}

/// When an event is due at this rate, counted from the start.
fn due(number: u64, rate: f64) -> Duration {
    Duration::from_secs_f64(number as f64 / rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_over_its_whole_time() {
        assert_eq!(due(0, 300.0), Duration::ZERO);
        assert_eq!(due(300, 300.0), Duration::from_secs(1));
        assert_eq!(due(3_000_000, 300.0), Duration::from_secs(10_000), "rounding errors do not add up");
    }

    /// However many connections ask, no number is handed out twice, and none beyond the last.
    #[tokio::test]
    async fn each_number_is_handed_out_once() {
        for pace in [Pace::Closed, Pace::Open { rate: 1e6 }] {
            let turns = Turns::begin(pace, 5, Duration::from_secs(60));
            let mut numbers = Vec::new();
            while let Some((number, _)) = turns.next().await {
                numbers.push(number);
            }
            assert_eq!(numbers, [0, 1, 2, 3, 4], "{pace:?}");
            assert_eq!(turns.next().await, None);
        }
    }

    /// Nothing is handed out after the time is over.
    #[tokio::test]
    async fn no_number_is_handed_out_late() {
        assert_eq!(Turns::begin(Pace::Closed, 5, Duration::ZERO).next().await, None);
        let turns = Turns::begin(Pace::Open { rate: 1e6 }, 5, Duration::ZERO);
        assert_eq!(turns.next().await.map(|(number, _)| number), Some(0), "the first event is due at the start");
        assert_eq!(turns.next().await, None);
    }
}
