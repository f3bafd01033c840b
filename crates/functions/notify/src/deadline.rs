use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// The time until which new work may begin. Work that has begun is not interrupted: a request that is cut off may have
/// been delivered already, and would be delivered again.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

/// The longest time that one message takes, with all its requests and writes.
pub(crate) const MAX_MESSAGE_TIME: Duration = Duration::from_secs(25);

impl Deadline {
    /// Returns the deadline in `time` from now.
    pub fn within(time: Duration) -> Self {
        Self(Instant::now() + time)
    }

    /// Returns a deadline that leaves enough time for one message before `end`, when Lambda ends the invocation.
    pub fn of_invocation(end: SystemTime) -> Self {
        Self::within(end.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(MAX_MESSAGE_TIME))
    }

    /// Whether the deadline has passed.
    pub(crate) fn is_over(self) -> bool {
        Instant::now() >= self.0
    }
}
