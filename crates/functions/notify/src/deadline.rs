use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Until when something new may be begun. What is under way ends by itself: a request that is broken off may have been
/// delivered already, and would be delivered again.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

/// The longest that one message takes, with all its requests and writes.
const MAX_MESSAGE_TIME: Duration = Duration::from_secs(25);

impl Deadline {
    /// In `time` from now.
    pub fn within(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// So long before `end`, which is when Lambda cuts the invocation off, that what begins then comes to its end.
    pub fn of_invocation(end: SystemTime) -> Self {
        Self::within(end.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(MAX_MESSAGE_TIME))
    }

    /// Whether it is over.
    pub(crate) fn is_over(self) -> bool {
        Instant::now() >= self.0
    }
}
