use async_trait::async_trait;
use model::error::history::HistoryEntry;
use model::error::{ErrorAggregate, ErrorChange, Status};
use model::id::{ErrorUid, Fingerprint, ProjectId};
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Page;
use crate::error::Result;

/// The errors of a project.
#[async_trait]
pub trait Errors: Send + Sync {
    /// The error of this fingerprint, as it is stored: if it is [merged](ErrorAggregate::merged_into) into another, its
    /// own incarnation.
    async fn get(&self, project: ProjectId, fingerprint: &Fingerprint) -> Result<Option<ErrorAggregate>>;

    /// At most `limit` errors of any of `statuses` that follow `after`, last seen first: ordered by slots of ten
    /// minutes across pages, by the exact time within one. Reads `limit` index entries for each status, and the errors
    /// it returns.
    async fn page(
        &self,
        project: ProjectId,
        statuses: &[Status],
        after: Option<&ErrorCursor>,
        limit: usize,
    ) -> Result<Page<ErrorAggregate, ErrorCursor>>;

    /// The places in the lists of `statuses` of at most `limit` errors that follow `after`, the highest slot first. Reads
    /// as many index entries for each status, and no error.
    async fn places(
        &self,
        project: ProjectId,
        statuses: &[Status],
        after: Option<&ErrorCursor>,
        limit: usize,
    ) -> Result<Page<ErrorCursor, ErrorCursor>>;

    /// Those of these errors that there are, in any order. One that cannot be read is left out, and logged: a list must
    /// not be lost for one of its entries.
    async fn get_many(&self, project: ProjectId, fingerprints: &[Fingerprint]) -> Result<Vec<ErrorAggregate>>;

    /// Changes what people set of an error, and writes these `entries` of its history, all in one transaction, whatever is
    /// counted meanwhile. Returns the error as it is then; `None` if this incarnation of it is gone, or merged into another.
    async fn change(
        &self,
        error: &ErrorAggregate,
        change: &ErrorChange,
        entries: &[HistoryEntry],
        now: Timestamp,
    ) -> Result<Option<ErrorAggregate>>;

    /// Removes the error at once, with all that is merged into it, and remembers (in one transaction) that the contents of
    /// these incarnations are yet to be removed. An error that changed since it was read is a [`Conflict`](crate::Kind::Conflict).
    async fn start_purge(&self, error: &ErrorAggregate) -> Result<()>;

    /// At most `limit` errors of the project, whichever, those too that no list shows: what has expired, and what is
    /// merged into another.
    async fn stored(&self, project: ProjectId, limit: usize) -> Result<Vec<ErrorAggregate>>;

    /// At most `limit` incarnations of the project's errors whose contents are yet to be removed.
    async fn pending_purges(&self, project: ProjectId, limit: usize) -> Result<Vec<ErrorUid>>;

    /// Forgets an incarnation whose contents are yet to be purged. Its contents must be gone before.
    async fn forget(&self, project: ProjectId, uid: &ErrorUid) -> Result<()>;
}

/// A place in a project's list of errors.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ErrorCursor(pub(crate) String);

/// The text is not a cursor of an error list.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a cursor: take one from a `nextCursor` that the API gave")]
pub struct BadErrorCursor(String);

impl ErrorCursor {
    /// From the text form.
    pub fn parse(text: &str) -> std::result::Result<Self, BadErrorCursor> {
        text.parse()
    }

    /// Before all errors that were last seen in this [`slot`](search::slot), and behind all of a later one.
    pub fn above(slot: u32) -> Self {
        Self(format!("{:08}-{}", slot + 1, Fingerprint::from_bytes([0; 16])))
    }

    /// The slot that the error at this place was last seen in.
    pub fn slot(&self) -> u32 {
        self.0.split_once('-').and_then(|(slot, _)| slot.parse().ok()).unwrap_or_default()
    }

    /// The error at this place.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        Fingerprint::parse(self.0.split_once('-')?.1).ok()
    }

    /// The text form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for ErrorCursor {
    type Err = BadErrorCursor;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let fits = text.split_once('-').is_some_and(|(slot, print)| {
            slot.len() == 8 && slot.bytes().all(|b| b.is_ascii_digit()) && Fingerprint::parse(print).is_ok()
        });
        fits.then(|| Self(text.to_owned())).ok_or_else(|| BadErrorCursor(text.chars().take(80).collect()))
    }
}

impl TryFrom<String> for ErrorCursor {
    type Error = BadErrorCursor;

    fn try_from(text: String) -> std::result::Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ErrorCursor> for String {
    fn from(cursor: ErrorCursor) -> Self {
        cursor.0
    }
}
