//! The traits that the use cases call for storage, one narrow trait for each kind of thing. The adapters of this crate
//! implement them on AWS. Tests can wrap them to inject failures.

mod announced_releases;
mod attachments;
mod audit_log;
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
mod source_maps;
mod symbol_files;
mod totals;
mod users;

pub use announced_releases::AnnouncedReleases;
pub use attachments::Attachments;
pub use audit_log::AuditLog;
pub use configs::{Configs, StoredRules};
pub use dead_letters::{DeadLetter, DeadLetters, MoveProgress};
pub use error_commits::{Commit, ErrorCommits};
pub use errors::{BadErrorCursor, ErrorCursor, Errors};
pub use event_index::{Entered, EventIndex};
pub use failures::{Failures, Noted};
pub use history::History;
pub use inbox::{Backlog, Inbox, MESSAGE_LIMIT, Waiting};
pub use keys::{KeyChange, KeyRecord, KeyRing, KeyUse, Keys, Maker, MakerName, Role, Scope};
pub use merges::Merges;
pub use occurrences::{Frame, FramePlace, Occurrences, Reference, ReferenceRange};
pub use outbox::{DeadLetterScan, Links, Outbox, ReceivedLetter, Undelivered};
pub use projects::{MAX_FORMER_NAMES, Project, ProjectChange, Projects};
pub use quotas::{Quota, Quotas, Usage, Used};
pub use releases::{BadReleaseCursor, Release, ReleaseCursor, Releases};
pub use sealer::{FOREIGN_LIMIT, Sealer};
pub use search_index::{PostingPosition, SearchIndex, StoredPosting};
pub use segments::{ClaimChecks, ETag, Segments};
pub use sessions::{Session, SessionHolder, Sessions};
pub use source_maps::{MapItem, MapKind, SourceMaps, Upload, UploadedFile};
pub use symbol_files::{CHUNK_PREFIX, MAP_PREFIX, SymbolFiles};
pub use totals::{Totals, TotalsScope};
pub use users::{Invitation, InvitationKind, Invitations, MAX_TOKENS, TokenRecord, UserManagement, UserRecord, Users};

/// One page of a list, and where the next page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, C> {
    pub items: Vec<T>,
    /// Where to continue; `None` at the end of the list.
    pub next: Option<C>,
}

impl<T, C> Page<T, C> {
    /// Cuts the page to its first `limit` items. If any were cut off, `next` becomes the `place` of the last remaining
    /// item.
    #[must_use]
    pub fn cut(mut self, limit: usize, place: impl Fn(&T) -> C) -> Self {
        if self.items.len() > limit {
            self.items.truncate(limit);
            self.next = self.items.last().map(place);
        }
        self
    }
}
