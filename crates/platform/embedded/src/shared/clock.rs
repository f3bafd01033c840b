//! The time for engines: the system's, or one that a test controls.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// A source of time for an engine, which can also wait for a time. The default is the system's clock.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<ManualClock>);

impl Clock {
    pub fn now(&self) -> SystemTime {
        match &self.0 {
            None => SystemTime::now(),
            Some(manual) => *manual.0.borrow(),
        }
    }

    /// Waits until `time`. With a manual clock, waits until the clock is moved there.
    pub async fn sleep_until(&self, time: SystemTime) {
        match &self.0 {
            None => {
                if let Ok(left) = time.duration_since(SystemTime::now()) {
                    tokio::time::sleep(left).await;
                }
            }
            Some(manual) => {
                let mut now = manual.0.subscribe();
                // Fails only if the sender is gone, but `manual` holds it.
                let _ = now.wait_for(|now| *now >= time).await;
            }
        }
    }

    pub(crate) fn now_ms(&self) -> i64 {
        to_ms(self.now())
    }
}

/// A clock that moves only when a test advances it, to test visibility timeouts and retention without sleeping.
///
/// Clones share the time. Tasks that wait on a [`Clock`] made from it wake up when it has moved far enough.
#[derive(Clone, Debug)]
pub struct ManualClock(watch::Sender<SystemTime>);

impl ManualClock {
    /// Creates a clock that shows `now`.
    pub fn new(now: SystemTime) -> Self {
        Self(watch::Sender::new(now))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        self.0.send_modify(|now| *now += by);
    }
}

impl From<ManualClock> for Clock {
    fn from(manual: ManualClock) -> Self {
        Self(Some(manual))
    }
}

/// Milliseconds since 1970, the format of times in the databases. Times before 1970 become 0.
pub(crate) fn to_ms(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The inverse of [`to_ms`].
pub(crate) fn from_ms(ms: i64) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

/// A duration in milliseconds.
pub(crate) fn span_ms(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 4)
}
