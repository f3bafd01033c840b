//! The stored form of counts by a number that grows with time: for each count a pair of the step from the number before
//! it (for the first: from 0) and the count, such as `[[29892960,5],[1,17]]`. It is short, because each commit writes it.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

pub(super) fn serialize<K, S>(counts: &BTreeMap<K, u64>, serializer: S) -> Result<S::Ok, S::Error>
where
    K: Copy + Into<i64>,
    S: Serializer,
{
    let mut before = 0;
    serializer.collect_seq(counts.iter().map(|(&number, &count)| {
        let number = number.into();
        let step = number - before;
        before = number;
        (step, count)
    }))
}

pub(super) fn deserialize<'de, K, D>(deserializer: D) -> Result<BTreeMap<K, u64>, D::Error>
where
    K: Ord + TryFrom<i64>,
    D: Deserializer<'de>,
{
    let mut before = 0_i64;
    let mut counts = BTreeMap::new();
    for (step, count) in Vec::<(i64, u64)>::deserialize(deserializer)? {
        let number = before.checked_add(step).filter(|_| step > 0 || counts.is_empty());
        before =
            number.ok_or_else(|| D::Error::custom("the steps between counts must be positive and not overflow"))?;
        let key = K::try_from(before).map_err(|_| D::Error::custom("the number of a count is out of range"))?;
        counts.insert(key, count);
    }
    Ok(counts)
}
