use sha2::{Digest, Sha256};

/// Values of a tag that were seen and are not kept, as the first 40 bits of their SHA-256, newest last.
///
/// Each commit writes them, so their number is bounded. `is_lossy` records that values beyond the bound were forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Others {
    pub(super) hashes: Vec<u64>,
    pub(super) is_lossy: bool,
}

/// Maximum number of values for a release or an environment, and for any other tag.
const MAX_OTHER_VALUES_OF_ALWAYS_TAGS: usize = 200;
const MAX_OTHER_VALUES: usize = 48;
/// The number of bytes of a hash.
const BYTES: usize = 5;

impl Others {
    /// Whether some values were forgotten.
    pub(super) fn is_lossy(&self) -> bool {
        self.is_lossy
    }

    /// Records that there may be values that it does not know.
    pub(super) fn forget(&mut self) {
        self.is_lossy = true;
    }

    pub(super) fn has(&self, value: &str) -> bool {
        self.hashes.contains(&hash(value))
    }

    pub(super) fn insert(&mut self, value: &str) {
        self.remove(value);
        self.hashes.push(hash(value));
    }

    pub(super) fn remove(&mut self, value: &str) {
        let hash = hash(value);
        self.hashes.retain(|other| *other != hash);
    }

    pub(super) fn join(&mut self, other: &Self) {
        self.is_lossy |= other.is_lossy;
        self.hashes.retain(|hash| !other.hashes.contains(hash));
        self.hashes.extend(&other.hashes);
    }

    /// Enforces the maximum. For the tags that errors are mainly found by, the newest values are kept. Other tags with
    /// so many values (addresses, request ids) are hardly ever asked for the same value twice, so none is kept.
    pub(super) fn fit(&mut self, is_always: bool) {
        let most = if is_always { MAX_OTHER_VALUES_OF_ALWAYS_TAGS } else { MAX_OTHER_VALUES };
        if self.hashes.len() > most {
            self.is_lossy = true;
        }
        match is_always {
            true => drop(self.hashes.drain(..self.hashes.len().saturating_sub(most))),
            false if self.is_lossy => self.hashes.clear(),
            false => {}
        }
    }
}

/// The stored form of the hashes: ten hexadecimal digits for each, which are shorter than decimal numbers.
pub(super) mod hashes {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::BYTES;

    pub(in super::super) fn serialize<S: Serializer>(hashes: &[u64], serializer: S) -> Result<S::Ok, S::Error> {
        let digits: String = hashes.iter().map(|hash| format!("{hash:010x}")).collect();
        serializer.serialize_str(&digits)
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
        let bytes = hex::decode(String::deserialize(deserializer)?).ok();
        let hashes = bytes.filter(|bytes| bytes.len().is_multiple_of(BYTES));
        let hashes = hashes.map(|bytes| bytes.as_chunks().0.iter().map(super::number).collect());
        hashes.ok_or_else(|| D::Error::custom("the hashes of a tag's values must have ten hexadecimal digits each"))
    }
}

fn hash(value: &str) -> u64 {
    Sha256::digest(value).first_chunk().map_or(0, number)
}

/// The number that has these bytes.
fn number(bytes: &[u8; BYTES]) -> u64 {
    bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}
