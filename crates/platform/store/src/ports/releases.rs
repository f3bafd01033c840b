use async_trait::async_trait;
use model::id::{Fingerprint, ProjectId};
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Page;
use crate::error::Result;

/// The releases of a project, each with the times at which its first and last occurrences were received.
#[async_trait]
pub trait Releases: Send + Sync {
    /// Records that occurrences of a release were received, with the times of the first and the last. Returns the
    /// stored release after that. One write for a new release; for a known one a write that is refused, a read, and a
    /// write if it was last seen in an earlier hour.
    async fn note(&self, project: ProjectId, seen: &Release, expires_at: Timestamp) -> Result<Release>;

    async fn release(&self, project: ProjectId, name: &str) -> Result<Option<Release>>;

    /// Returns at most `limit` releases that were first seen within `first_seen`, newest first, starting after `after`.
    /// Reads `limit` index entries, and the releases that it returns.
    async fn releases(
        &self,
        project: ProjectId,
        first_seen: std::ops::Range<Timestamp>,
        after: Option<&ReleaseCursor>,
        limit: usize,
    ) -> Result<Page<Release, ReleaseCursor>>;

    /// Removes at most 1,000 releases. Returns whether any are left.
    async fn remove_releases(&self, project: ProjectId) -> Result<bool>;
}

/// A version of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The name as clients send it, cut to 200 bytes.
    pub name: String,
    /// When the first occurrence was received.
    pub first_seen: Timestamp,
    /// When the last occurrence was received, with a resolution of one hour: later ones within that hour may not be
    /// recorded.
    pub last_seen: Timestamp,
}

/// A position in a project's list of releases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ReleaseCursor(pub(crate) String);

/// The text is not a cursor of a list of releases.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a cursor: use the `nextCursor` of an earlier answer")]
pub struct BadReleaseCursor(String);

impl BadReleaseCursor {
    /// The error for this text, of which it shows the beginning.
    pub fn new(text: &str) -> Self {
        Self(text.chars().take(80).collect())
    }
}

impl ReleaseCursor {
    pub fn parse(text: &str) -> std::result::Result<Self, BadReleaseCursor> {
        let fits = text.split_once('-').is_some_and(|(micros, hash)| {
            micros.len() == 16 && micros.bytes().all(|b| b.is_ascii_digit()) && Fingerprint::parse(hash).is_ok()
        });
        fits.then(|| Self(text.to_owned())).ok_or_else(|| BadReleaseCursor::new(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ReleaseCursor {
    type Error = BadReleaseCursor;

    fn try_from(text: String) -> std::result::Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<ReleaseCursor> for String {
    fn from(cursor: ReleaseCursor) -> Self {
        cursor.0
    }
}
