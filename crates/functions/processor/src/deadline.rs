use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout_at};

use crate::reason::Reason;

/// Until when a batch must be done. What is not by then goes back to the queue by name, and what is done stays done;
/// an invocation that is cut off would bring all of it back, and at last into the dead-letter queue.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

/// What is left of an invocation for its answer.
const RESERVE: Duration = Duration::from_secs(2);
/// Why a message is left.
const OVER: &str = "the time for this batch was over before it was done: it comes again";

impl Deadline {
    /// In `time` from now.
    pub fn within(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Two seconds before `end`, which is when Lambda cuts the invocation off.
    pub fn of_invocation(end: SystemTime) -> Self {
        Self::within(end.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(RESERVE))
    }

    /// So much later.
    pub(crate) fn later(self, time: Duration) -> Self {
        Self(self.0 + time)
    }

    /// Half of the time that is left.
    pub(crate) fn half(self) -> Self {
        let now = Instant::now();
        Self(now + self.0.saturating_duration_since(now) / 2)
    }

    /// Whether it comes before `time` has gone by.
    pub(crate) fn is_within(self, time: Duration) -> bool {
        Instant::now() + time >= self.0
    }

    /// What `work` comes to, if it does so in time. It may be cut off anywhere: what it wrote is written, and is found
    /// when its messages come again.
    pub(crate) async fn bounds<T>(self, work: impl Future<Output = T>) -> Result<T, Reason> {
        if self.is_within(Duration::ZERO) {
            return Err(Reason::passes(OVER));
        }
        timeout_at(self.0, work).await.map_err(|_| Reason::passes(OVER))
    }
}
