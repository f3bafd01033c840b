use async_trait::async_trait;
use model::error::history::HistoryEntry;
use model::error::{ErrorAggregate, ErrorChange, Status};
use model::id::{ErrorUid, Fingerprint, ProjectId};
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Page;
use crate::error::Result;

#[async_trait]
pub trait Errors: Send + Sync {
    /// Returns the error with this fingerprint as it is stored. If it is [merged](ErrorAggregate::merged_into) into
    /// another error, this is still its own incarnation.
    async fn get(&self, project: ProjectId, fingerprint: &Fingerprint) -> Result<Option<ErrorAggregate>>;

    /// Returns at most `limit` errors with any of `statuses`, last seen first, starting after `after`. The order across
    /// pages is by slots of ten minutes; within a slot of a page it is by the exact time. Reads `limit` index entries
    /// for each status, and the errors that it returns.
    async fn page(
        &self,
        project: ProjectId,
        statuses: &[Status],
        after: Option<&ErrorCursor>,
        limit: usize,
    ) -> Result<Page<ErrorAggregate, ErrorCursor>>;

    /// Returns the list positions of at most `limit` errors with any of `statuses`, highest slot first, starting after
    /// `after`. Reads up to `limit` index entries for each status, and no errors.
    async fn places(
        &self,
        project: ProjectId,
        statuses: &[Status],
        after: Option<&ErrorCursor>,
        limit: usize,
    ) -> Result<Page<ErrorCursor, ErrorCursor>>;

    /// Returns the errors that exist, in no particular order. An error that cannot be decoded is logged and left out:
    /// one bad item must not break a whole list.
    async fn get_many(&self, project: ProjectId, fingerprints: &[Fingerprint]) -> Result<Vec<ErrorAggregate>>;

    /// Applies a change that a user made, and writes `entries` to the error's history, in one transaction. Does not
    /// conflict with events that are counted at the same time. Returns the error after the change, or `None` if this
    /// incarnation is gone or merged into another error.
    async fn change(
        &self,
        error: &ErrorAggregate,
        change: &ErrorChange,
        entries: &[HistoryEntry],
        now: Timestamp,
    ) -> Result<Option<ErrorAggregate>>;

    /// Removes the error at once, with everything that is merged into it. The same transaction records that the
    /// contents of these incarnations are still to be removed. Returns a [`Conflict`](crate::Kind::Conflict) if the
    /// error changed after it was read.
    async fn start_purge(&self, error: &ErrorAggregate) -> Result<()>;

    /// Returns at most `limit` errors of the project in no particular order, including those that no list shows:
    /// expired errors and merged errors.
    async fn stored(&self, project: ProjectId, limit: usize) -> Result<Vec<ErrorAggregate>>;

    /// Returns at most `limit` incarnations of the project's errors whose contents are still to be removed.
    async fn pending_purges(&self, project: ProjectId, limit: usize) -> Result<Vec<ErrorUid>>;

    /// Removes the record that an incarnation's contents are still to be removed. Call it after they are gone.
    async fn forget(&self, project: ProjectId, uid: &ErrorUid) -> Result<()>;
}

/// A position in a project's list of errors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ErrorCursor(pub(crate) String);

/// The text is not a cursor of an error list.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a cursor: use the `nextCursor` of an earlier answer")]
pub struct BadErrorCursor(String);

impl ErrorCursor {
    /// The position before all errors that were last seen in this [`slot`](search::slot), and after all errors of later
    /// slots.
    pub fn above(slot: u32) -> Self {
        Self(format!("{:08}-{}", slot + 1, Fingerprint::from_bytes([0; 16])))
    }

    /// The slot in which the error at this position was last seen.
    pub fn slot(&self) -> u32 {
        self.0.split_once('-').and_then(|(slot, _)| slot.parse().ok()).unwrap_or_default()
    }

    /// The fingerprint of the error at this position.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        Fingerprint::parse(self.0.split_once('-')?.1).ok()
    }
}

impl TryFrom<String> for ErrorCursor {
    type Error = BadErrorCursor;

    fn try_from(text: String) -> std::result::Result<Self, Self::Error> {
        let fits = text.split_once('-').is_some_and(|(slot, print)| {
            slot.len() == 8 && slot.bytes().all(|b| b.is_ascii_digit()) && Fingerprint::parse(print).is_ok()
        });
        if fits { Ok(Self(text)) } else { Err(BadErrorCursor(text.chars().take(80).collect())) }
    }
}

impl From<ErrorCursor> for String {
    fn from(cursor: ErrorCursor) -> Self {
        cursor.0
    }
}
