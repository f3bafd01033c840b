use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout_at};

use crate::failure_reason::FailureReason;

/// The time by which a batch must be finished. Messages that are unfinished then are named in the answer to the queue
/// and delivered again; the other messages are done. If Lambda cut off the invocation instead, all of them would be
/// delivered again and end up as dead letters.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

/// The time that is kept free at the end of an invocation, to send the answer.
const ANSWER_RESERVE: Duration = Duration::from_secs(2);
const TIME_OVER_TEXT: &str = "ran out of time for this batch: the message will be delivered again";

impl Deadline {
    /// A deadline in `time` from now.
    pub fn within(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// A deadline two seconds before `end`, at which Lambda cuts off the invocation.
    pub fn of_invocation(end: SystemTime) -> Self {
        Self::within(end.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(ANSWER_RESERVE))
    }

    pub(crate) fn postpone(self, time: Duration) -> Self {
        Self(self.0 + time)
    }

    /// A deadline after half of the time that is left.
    pub(crate) fn half(self) -> Self {
        let now = Instant::now();
        Self(now + self.0.saturating_duration_since(now) / 2)
    }

    /// Returns whether the deadline is less than `time` away.
    pub(crate) fn is_within(self, time: Duration) -> bool {
        Instant::now() + time >= self.0
    }

    /// Runs `work` until the deadline. It may be cut off at any await: its completed writes persist, and are recognised
    /// when the messages are delivered again.
    pub(crate) async fn limit<T>(self, work: impl Future<Output = T>) -> Result<T, FailureReason> {
        if self.is_within(Duration::ZERO) {
            return Err(FailureReason::transient(TIME_OVER_TEXT));
        }
        timeout_at(self.0, work).await.map_err(|_| FailureReason::transient(TIME_OVER_TEXT))
    }

    /// Like [`limit`](Self::limit), for work that can fail by itself.
    pub(crate) async fn limit_fallible<T, E: Into<FailureReason>>(
        self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, FailureReason> {
        self.limit(work).await?.map_err(Into::into)
    }
}
