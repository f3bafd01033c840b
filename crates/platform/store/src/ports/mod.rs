//! What the use cases ask of storage, one narrow trait for each kind of thing. The adapters implement them on AWS; a
//! test may wrap them to make them fail.

mod configs;
mod dead_letters;
mod error_commits;
mod errors;
mod event_index;
mod failures;
mod history;
mod inbox;
mod keys;
mod merges;
mod occurrences;
mod outbox;
mod projects;
mod quotas;
mod releases;
mod sealer;
mod search_index;
mod segments;
mod sessions;
mod totals;

pub use configs::{Configs, StoredRules};
pub use dead_letters::{DeadLetter, DeadLetters};
pub use error_commits::{Commit, ErrorCommits};
pub use errors::{BadErrorCursor, ErrorCursor, Errors};
pub use event_index::{Entered, EventIndex};
pub use failures::{Failures, Noted};
pub use history::History;
pub use inbox::{Backlog, Inbox, MESSAGE_LIMIT, Waiting};
pub use keys::{KeyChange, KeyRecord, KeyRing, KeyUse, Keys, Maker, Role, Scope};
pub use merges::Merges;
pub use occurrences::{Occurrences, Reference, ReferenceRange};
pub use outbox::{DeadLetterScan, Links, Outbox, ReceivedLetter, Undelivered};
pub use projects::{MAX_FORMER_NAMES, Project, ProjectChange, Projects};
pub use quotas::{Quota, Quotas, Usage, Used};
pub use releases::{BadReleaseCursor, Release, ReleaseCursor, Releases};
pub use sealer::{FOREIGN_LIMIT, Sealer};
pub use search_index::{PostingPosition, SearchIndex, StoredPosting};
pub use segments::{ClaimChecks, ETag, Segments};
pub use sessions::{Session, Sessions};
pub use totals::{Totals, TotalsScope};

/// A part of a list, and where the next part begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, C> {
    /// The entries.
    pub items: Vec<T>,
    /// What to ask for next; `None` at the end of the list.
    pub next: Option<C>,
}

impl<T, C> Page<T, C> {
    /// Its first `limit` entries. What follows them is asked for by the `place` of the last one.
    #[must_use]
    pub fn cut(mut self, limit: usize, place: impl Fn(&T) -> C) -> Self {
        if self.items.len() > limit {
            self.items.truncate(limit);
            self.next = self.items.last().map(place);
        }
        self
    }
}
