use std::fmt;

use sha2::{Digest, Sha256};

/// Values of a tag that were seen and are not kept, as the first 40 bits of their SHA-256, newest last.
///
/// Each commit writes them, so their number is bounded. `is_lossy` records that values beyond the bound were forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Others {
    hashes: Vec<u64>,
    is_lossy: bool,
}

/// Maximum number of values for a release or an environment, and for any other tag.
const MAX_OTHER_VALUES_OF_ALWAYS_TAGS: usize = 200;
const MAX_OTHER_VALUES: usize = 48;
/// The number of hexadecimal digits of a hash.
const DIGITS: usize = 10;

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

    /// Parses the text form.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (is_lossy, digits) = text.strip_prefix('*').map_or((false, text), |digits| (true, digits));
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit()) && digits.len().is_multiple_of(DIGITS);
        let hash = |digits: &[u8]| u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        let hashes = is_hex.then(|| digits.as_bytes().chunks(DIGITS).map(hash).collect::<Option<_>>())??;
        Some(Self { hashes, is_lossy })
    }
}

/// The text form: ten hexadecimal digits for each value, after a `*` if values were forgotten.
impl fmt::Display for Others {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_lossy { "*" } else { "" })?;
        self.hashes.iter().try_for_each(|hash| write!(f, "{hash:0DIGITS$x}"))
    }
}

fn hash(value: &str) -> u64 {
    Sha256::digest(value)[..5].iter().fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}
