//! When requests are sent.

use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc};

/// When requests are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// One after the other on each connection: as fast as the server answers, and no faster.
    Closed,
    /// So many a second, whether the server keeps up or not.
    Open {
        /// Requests a second.
        rate: f64,
    },
}

/// Whose turn it is: hands out the numbers of events, each with the time that its request is to be sent at.
pub(crate) enum Turns {
    Closed { next: std::sync::atomic::AtomicU64, events: u64, until: Instant },
    Open(Mutex<mpsc::UnboundedReceiver<(u64, Instant)>>),
}

impl Turns {
    /// Turns for at most `events` events, none later than `time` from now.
    pub(crate) fn begin(pace: Pace, events: u64, time: Duration) -> Self {
        let start = Instant::now();
        match pace {
            Pace::Closed => Self::Closed { next: 0.into(), events, until: start + time },
            Pace::Open { rate } => {
                let (turn, turns) = mpsc::unbounded_channel();
                // A thread, since the runtime's timer counts in milliseconds, which would be in every figure.
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

    /// The next event, and when it is, or was, to be sent; `None` when it is over.
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

/// When an event is to be sent at this rate, from the start.
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
        assert_eq!(due(3_000_000, 300.0), Duration::from_secs(10_000), "no error adds up");
    }

    /// Bounded in count: however many ask, no turn is handed out twice, and none beyond the last.
    #[tokio::test]
    async fn each_turn_is_handed_out_once() {
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

    /// Bounded in time: when it is over nobody gets a turn.
    #[tokio::test]
    async fn no_turn_is_handed_out_late() {
        assert_eq!(Turns::begin(Pace::Closed, 5, Duration::ZERO).next().await, None);
        let turns = Turns::begin(Pace::Open { rate: 1e6 }, 5, Duration::ZERO);
        assert_eq!(turns.next().await.map(|(number, _)| number), Some(0), "at the very start");
        assert_eq!(turns.next().await, None);
    }
}
