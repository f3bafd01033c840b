use serde::{Deserialize, Serialize};

use super::ErrorAggregate;
use crate::id::{ErrorUid, Fingerprint};
use crate::time::Timestamp;

/// What an error is made of that others are merged into. Its totals are the sums over its own incarnation and all merged errors.
///
/// Merging moves nothing: each merged error goes on under its own fingerprint and uid, with occurrences, timeline and figures as
/// if it stood alone, and is told apart by [`ErrorAggregate::merged_into`] only. So undoing gives each of them exactly
/// what it would be had it never been merged.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeRecord {
    /// The errors that are merged into it: at least one, in the order in which they came.
    pub merged_errors: Vec<MergedError>,
    /// What the error would be without them. Of this only the figures matter: what people set is the target's.
    pub own: Box<ErrorAggregate>,
    /// Until when every merged error is kept at least. A merged error that expires sooner than the target would come back as a new error.
    pub kept_until: Timestamp,
}

/// An error that is merged into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedError {
    /// What names it.
    #[serde(rename = "f")]
    pub fingerprint: Fingerprint,
    /// Its incarnation: occurrences and timeline are stored under this.
    #[serde(rename = "u")]
    pub uid: ErrorUid,
    /// The other merged error that it was merged into before that one was merged; `None` if it was merged straight.
    #[serde(default, rename = "a", skip_serializing_if = "Option::is_none")]
    pub along_with: Option<Fingerprint>,
}

/// The text is not the text form of merged errors.
#[derive(Debug, thiserror::Error)]
#[error("`parts` are not the parts of a merged error: {0}")]
pub struct BadMergedErrors(serde_json::Error);

impl MergedError {
    /// Many, from their text form.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, BadMergedErrors> {
        serde_json::from_str(text).map_err(BadMergedErrors)
    }

    /// The text form of many: JSON, with one letter for each field, since each commit writes it.
    pub fn write_all(merged_errors: &[Self]) -> String {
        serde_json::to_string(merged_errors).expect("merged errors have text keys only")
    }
}

impl ErrorAggregate {
    /// What is merged into it; empty for nearly every error.
    pub fn merged_errors(&self) -> &[MergedError] {
        self.merged.as_ref().map(|merged| merged.merged_errors.as_slice()).unwrap_or_default()
    }

    /// The incarnations whose occurrences are this error's: its own, then those of its merged errors.
    pub fn uids(&self) -> impl Iterator<Item = ErrorUid> + '_ {
        std::iter::once(self.uid).chain(self.merged_errors().iter().map(|merged_error| merged_error.uid))
    }

    /// Whether `other` is merged into it. What an error says of itself is not enough: the other may be gone, or be
    /// another incarnation that knows nothing of it.
    pub fn has_merged(&self, other: &Self) -> bool {
        let listed =
            |merged_error: &MergedError| merged_error.fingerprint == other.fingerprint && merged_error.uid == other.uid;
        other.merged_into == Some(self.fingerprint) && self.merged_errors().iter().any(listed)
    }
}
