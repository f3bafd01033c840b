use crate::time::Timestamp;

/// How long an error stays muted. The mute ends with the first occurrence that is received after the error was muted
/// and reaches either limit. Without limits the error is muted until somebody changes its status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mute {
    /// The end of the mute: an occurrence that is received later ends it.
    pub until: Option<Timestamp>,
    /// The number of occurrences, ever, at which the mute ends.
    pub until_count: Option<u64>,
}

impl Mute {
    /// Whether the mute is over for an occurrence that is received at `moment` and is number `count` of its error.
    pub(super) fn is_over(self, moment: Timestamp, count: u64) -> bool {
        self.until.is_some_and(|until| moment > until) || self.until_count.is_some_and(|limit| count >= limit)
    }
}
