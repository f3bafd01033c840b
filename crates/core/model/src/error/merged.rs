use serde::{Deserialize, Serialize};

use super::ErrorAggregate;
use crate::id::{ErrorUid, Fingerprint};
use crate::time::Timestamp;

/// The record of an error that others are merged into. Its totals are the sums over its own incarnation and all merged
/// errors.
///
/// Merging moves no data. Each merged error goes on under its own fingerprint and uid, with its own occurrences,
/// timeline and figures, as if it were alone; only [`ErrorAggregate::merged_into`] marks it. So after unmerging, each
/// of them is exactly what it would be if it had never been merged.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeRecord {
    /// The errors that are merged into it: at least one, in the order in which they were merged.
    pub merged_errors: Vec<MergedError>,
    /// The error as it would be without them. Only its figures matter: everything that people set is the target's.
    pub own: Box<ErrorAggregate>,
    /// The time until which all merged errors are kept. If one expired before the target, it would come back as a new
    /// error.
    pub kept_until: Timestamp,
}

/// An error that is merged into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedError {
    #[serde(rename = "f")]
    pub fingerprint: Fingerprint,
    /// Its incarnation. Occurrences and timeline are stored under this id.
    #[serde(rename = "u")]
    pub uid: ErrorUid,
    /// The merged error that it came along with, because it had been merged into that one before; `None` if it was
    /// merged directly.
    #[serde(default, rename = "a", skip_serializing_if = "Option::is_none")]
    pub along_with: Option<Fingerprint>,
}

/// The text is not the text form of merged errors.
#[derive(Debug, thiserror::Error)]
#[error("`parts` are not the parts of a merged error: {0}")]
pub struct BadMergedErrors(serde_json::Error);

impl MergedError {
    /// Parses a list from its text form.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, BadMergedErrors> {
        serde_json::from_str(text).map_err(BadMergedErrors)
    }

    /// Returns the text form of a list: JSON with one letter for each field, because each commit writes it.
    pub fn write_all(merged_errors: &[Self]) -> String {
        serde_json::to_string(merged_errors).expect("merged errors have text keys only")
    }
}

impl ErrorAggregate {
    /// The errors that are merged into it. Empty for nearly every error.
    pub fn merged_errors(&self) -> &[MergedError] {
        self.merged.as_ref().map(|merged| merged.merged_errors.as_slice()).unwrap_or_default()
    }

    /// The incarnations whose occurrences are this error's: its own, then those of its merged errors.
    pub fn uids(&self) -> impl Iterator<Item = ErrorUid> + '_ {
        std::iter::once(self.uid).chain(self.merged_errors().iter().map(|merged_error| merged_error.uid))
    }

    /// Whether `other` is merged into this error. `merged_into` alone is not enough: this error may be another
    /// incarnation, which knows nothing of the merge.
    pub fn has_merged(&self, other: &Self) -> bool {
        let listed =
            |merged_error: &MergedError| merged_error.fingerprint == other.fingerprint && merged_error.uid == other.uid;
        other.merged_into == Some(self.fingerprint) && self.merged_errors().iter().any(listed)
    }
}
