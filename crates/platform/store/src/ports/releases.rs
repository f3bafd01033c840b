use async_trait::async_trait;
use model::id::{Fingerprint, ProjectId};
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Page;
use crate::error::Result;

/// The releases of a project: from when to when occurrences of each were received.
#[async_trait]
pub trait Releases: Send + Sync {
    /// Notes that occurrences of a release were received, the first and the last of them at these moments, and returns
    /// what is known of it then. One write for a release that is new; for another a refused one, a read, and a write if
    /// it was seen last in an earlier hour.
    async fn note(&self, project: ProjectId, seen: &Release, expires_at: Timestamp) -> Result<Release>;

    /// The release of this name.
    async fn release(&self, project: ProjectId, name: &str) -> Result<Option<Release>>;

    /// At most `limit` releases that were first seen from `start` on and before `end`, and come after `after`; the one
    /// that was first seen last comes first. Reads `limit` index entries, and the releases it returns.
    async fn releases(
        &self,
        project: ProjectId,
        first_seen: std::ops::Range<Timestamp>,
        after: Option<&ReleaseCursor>,
        limit: usize,
    ) -> Result<Page<Release, ReleaseCursor>>;

    /// Removes at most 1,000 releases; says whether any are left.
    async fn remove_releases(&self, project: ProjectId) -> Result<bool>;
}

/// A version of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Its name, as clients send it, cut to 200 bytes.
    pub name: String,
    /// When its first occurrence was received.
    pub first_seen: Timestamp,
    /// When an occurrence of it was received last: there may have been more within that hour.
    pub last_seen: Timestamp,
}

/// A place in a project's list of releases.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ReleaseCursor(pub(crate) String);

/// The text is not a cursor of a list of releases.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a cursor: take one from a `nextCursor` that the API gave")]
pub struct BadReleaseCursor(String);

impl BadReleaseCursor {
    /// Of a text, of which the error shows the beginning.
    pub fn new(text: &str) -> Self {
        Self(text.chars().take(80).collect())
    }
}

impl ReleaseCursor {
    /// From the text form.
    pub fn parse(text: &str) -> std::result::Result<Self, BadReleaseCursor> {
        let fits = text.split_once('-').is_some_and(|(micros, hash)| {
            micros.len() == 16 && micros.bytes().all(|b| b.is_ascii_digit()) && Fingerprint::parse(hash).is_ok()
        });
        fits.then(|| Self(text.to_owned())).ok_or_else(|| BadReleaseCursor::new(text))
    }

    /// The text form.
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
