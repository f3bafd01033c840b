use crate::time::Timestamp;

/// For how long a muted error tells nothing. An occurrence that is received after the error was muted ends it, if either
/// limit is reached; without limits it is for ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mute {
    /// Until this moment: what is received later ends the mute.
    pub until: Option<Timestamp>,
    /// Until the error was seen this often, ever.
    pub until_count: Option<u64>,
}

impl Mute {
    /// Whether an occurrence that was received at `moment`, and is number `count` of its error, comes after the end.
    pub(super) fn is_over(self, moment: Timestamp, count: u64) -> bool {
        self.until.is_some_and(|until| moment > until) || self.until_count.is_some_and(|limit| count >= limit)
    }
}
