use serde::{Deserialize, Serialize};

use super::others::{Others, hashes};
use super::{Tag, TagValue, is_default};

/// The stored form of a tag.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredTag {
    /// The number of occurrences with values that are not kept, at most.
    #[serde(default, rename = "r", skip_serializing_if = "is_default")]
    rest: u64,
    #[serde(default, rename = "f", skip_serializing_if = "is_default")]
    floor: u64,
    #[serde(default, rename = "v", skip_serializing_if = "Vec::is_empty")]
    values: Vec<StoredValue>,
    /// The hashes of the values that were seen and are not kept.
    #[serde(default, rename = "o", with = "hashes", skip_serializing_if = "is_default")]
    others: Vec<u64>,
    /// Whether some of the others were forgotten.
    #[serde(default, rename = "l", skip_serializing_if = "is_default")]
    is_lossy: bool,
}

/// A value, its minimum count, and the difference to its maximum count if the count is not exact.
#[derive(Serialize, Deserialize)]
struct StoredValue(String, u64, #[serde(default, skip_serializing_if = "is_default")] u64);

impl From<Tag> for StoredTag {
    fn from(tag: Tag) -> Self {
        let rest = tag.rest();
        let Tag { floor, values, others: Others { hashes, is_lossy }, .. } = tag;
        let stored = |TagValue { text, at_least, at_most }| StoredValue(text, at_least, at_most - at_least);
        Self { rest, floor, values: values.into_iter().map(stored).collect(), others: hashes, is_lossy }
    }
}

impl TryFrom<StoredTag> for Tag {
    type Error = &'static str;

    fn try_from(stored: StoredTag) -> Result<Self, &'static str> {
        let StoredTag { rest, floor, values, others: hashes, is_lossy } = stored;
        let mut total = Some(rest);
        let values = values.into_iter().map(|StoredValue(text, at_least, unsure)| {
            total = total.and_then(|total| total.checked_add(at_least));
            Some(TagValue { text, at_least, at_most: at_least.checked_add(unsure)? })
        });
        let values: Option<Vec<_>> = values.collect();
        let (values, total) = values.zip(total).ok_or("the counts of a tag overflow")?;
        Ok(Self { total, floor, values, others: Others { hashes, is_lossy } })
    }
}
