use serde::{Deserialize, Serialize};

use super::ErrorAggregate;
use crate::id::{ErrorUid, Fingerprint};
use crate::time::Timestamp;

/// What an error is made of that others are merged into. Its totals are the sums over its own incarnation and all parts.
///
/// Merging moves nothing: each part goes on under its own fingerprint and uid, with occurrences, timeline and figures as
/// if it stood alone, and is told apart by [`ErrorAggregate::merged_into`] only. So undoing gives each of them exactly
/// what it would be had it never been merged.
#[derive(Clone, Debug, PartialEq)]
pub struct Merged {
    /// The errors that are merged into it: at least one, in the order in which they came.
    pub parts: Vec<Part>,
    /// What the error would be without them. Of this only the figures matter: what people set is the whole's.
    pub own: Box<ErrorAggregate>,
    /// Until when every part is kept at least. A part that expires sooner than the whole would come back as a new error.
    pub kept_until: Timestamp,
}

/// An error that is merged into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What names it.
    #[serde(rename = "f")]
    pub fingerprint: Fingerprint,
    /// Its incarnation: occurrences and timeline are stored under this.
    #[serde(rename = "u")]
    pub uid: ErrorUid,
    /// The other part that it was merged into before that one was merged; `None` if it was merged straight.
    #[serde(default, rename = "a", skip_serializing_if = "Option::is_none")]
    pub along_with: Option<Fingerprint>,
}

/// The text is not the text form of parts.
#[derive(Debug, thiserror::Error)]
#[error("`parts` are not the parts of a merged error: {0}")]
pub struct BadParts(serde_json::Error);

impl Part {
    /// Many, from their text form.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, BadParts> {
        serde_json::from_str(text).map_err(BadParts)
    }

    /// The text form of many: JSON, with one letter for each field, since each commit writes it.
    pub fn write_all(parts: &[Self]) -> String {
        serde_json::to_string(parts).expect("parts have text keys only")
    }
}

impl ErrorAggregate {
    /// What is merged into it; empty for nearly every error.
    pub fn parts(&self) -> &[Part] {
        self.merged.as_ref().map(|merged| merged.parts.as_slice()).unwrap_or_default()
    }

    /// The incarnations whose occurrences are this error's: its own, then those of its parts.
    pub fn uids(&self) -> impl Iterator<Item = ErrorUid> + '_ {
        std::iter::once(self.uid).chain(self.parts().iter().map(|part| part.uid))
    }

    /// Whether `other` is merged into it. What an error says of itself is not enough: the other may be gone, or be
    /// another incarnation that knows nothing of it.
    pub fn has_part(&self, other: &Self) -> bool {
        let listed = |part: &Part| part.fingerprint == other.fingerprint && part.uid == other.uid;
        other.merged_into == Some(self.fingerprint) && self.parts().iter().any(listed)
    }
}
