use std::fmt;

use sha2::{Digest, Sha256};

use super::{shown, text_form, unhex};

/// What names an event: 128 bits, written as 32 lower-case hexadecimal digits. An event that is sent again carries
/// the same id, and is counted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId([u8; 16]);

/// The text is not an event id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an event id: it must be 32 hexadecimal digits, with or without dashes")]
pub struct BadEventId(String);

impl EventId {
    /// From 16 bytes, such as fresh random ones.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// From 32 hexadecimal digits of either case; dashes, as in a UUID, are skipped.
    pub fn parse(text: &str) -> Result<Self, BadEventId> {
        text.parse()
    }

    /// The id of something else that came with this event, in place `index`: always the same one.
    #[must_use]
    pub fn derive(&self, index: u64) -> Self {
        let hash = Sha256::new().chain_update(self.0).chain_update(index.to_be_bytes()).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        Self(bytes)
    }

    /// What a reference keeps of the id, to recognise the event when it comes again.
    pub fn hash(&self) -> EventHash {
        let hash = Sha256::digest(self.0);
        let mut first = [0; 8];
        first.copy_from_slice(&hash[..8]);
        EventHash(u64::from_be_bytes(first))
    }
}

impl std::str::FromStr for EventId {
    type Err = BadEventId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadEventId(shown(text));
        match text.len() {
            32 => unhex(text).map(Self).ok_or_else(bad),
            33..=36 => unhex(&text.replace('-', "")).map(Self).ok_or_else(bad),
            _ => Err(bad()),
        }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

text_form!(EventId, "^[0-9A-Fa-f]{32}$", "fc6d8c0c43fc4630ad850ee518f1b9d0");

/// 64 bits of an event id's SHA-256. Hashed, because ids need not be random; 64 bits, because two different events of
/// one error and minute then collide once in 10^10 minutes of 60,000 events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventHash(u64);

impl EventHash {
    /// The first `bits` (at most 8) of it, as a number.
    pub fn leading(self, bits: u32) -> u8 {
        (self.0 >> (u64::BITS - bits)) as u8
    }

    /// The last 32 bits of it.
    pub fn tag(self) -> [u8; 4] {
        (self.0 as u32).to_be_bytes()
    }

    /// The hashes, one after the other, 8 bytes each, big-endian.
    pub fn pack(hashes: impl IntoIterator<Item = Self>) -> Vec<u8> {
        hashes.into_iter().flat_map(|hash| hash.0.to_be_bytes()).collect()
    }

    /// What [`EventHash::pack`] packed; bytes beyond a multiple of 8 are ignored.
    pub fn unpack(bytes: &[u8]) -> impl Iterator<Item = Self> + '_ {
        bytes.chunks_exact(8).map(|chunk| Self(u64::from_be_bytes(chunk.try_into().expect("chunks of 8"))))
    }
}

/// 16 lower-case hexadecimal digits.
impl fmt::Display for EventHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashed_and_upper_case_ids_are_the_same_event() {
        let plain = EventId::parse("fc6d8c0c43fc4630ad850ee518f1b9d0").unwrap();
        assert_eq!(EventId::parse("FC6D8C0C-43FC-4630-AD85-0EE518F1B9D0").unwrap(), plain);
        assert_eq!(plain.to_string(), "fc6d8c0c43fc4630ad850ee518f1b9d0");
        for bad in ["", "fc6d", "zz6d8c0c43fc4630ad850ee518f1b9d0", "fc6d8c0c43fc4630ad850ee518f1b9d00"] {
            assert!(EventId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn hashes_come_out_as_they_went_in() {
        let hashes: Vec<_> = (0..5u8).map(|n| EventId::from_bytes([n; 16]).hash()).collect();
        let packed = EventHash::pack(hashes.iter().copied());
        assert_eq!(packed.len(), 40);
        assert_eq!(EventHash::unpack(&packed).collect::<Vec<_>>(), hashes);
    }
}
