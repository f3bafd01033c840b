use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout_at};

use crate::failure_reason::FailureReason;

/// The time by which a batch must be done. Messages that are not done by then are returned to the queue by name, and the
/// others stay done. If the invocation were cut off, all of them would come back, and at last become dead letters.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

/// The part of an invocation's time that is left for its answer.
const ANSWER_RESERVE: Duration = Duration::from_secs(2);
const TIME_OVER_TEXT: &str = "the time for this batch was over before it was done: it comes again";

impl Deadline {
    /// In `time` from now.
    pub fn within(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Two seconds before `end`, which is when Lambda cuts the invocation off.
    pub fn of_invocation(end: SystemTime) -> Self {
        Self::within(end.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(ANSWER_RESERVE))
    }

    pub(crate) fn postpone(self, time: Duration) -> Self {
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

    /// Runs `work` until the deadline. It may be cut off anywhere: what it wrote is written, and is found when its
    /// messages come again.
    pub(crate) async fn limit<T>(self, work: impl Future<Output = T>) -> Result<T, FailureReason> {
        if self.is_within(Duration::ZERO) {
            return Err(FailureReason::transient(TIME_OVER_TEXT));
        }
        timeout_at(self.0, work).await.map_err(|_| FailureReason::transient(TIME_OVER_TEXT))
    }

    /// The same for work that may fail by itself.
    pub(crate) async fn limit_fallible<T, E: Into<FailureReason>>(
        self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, FailureReason> {
        self.limit(work).await?.map_err(Into::into)
    }
}
