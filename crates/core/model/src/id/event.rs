use std::fmt;

use sha2::{Digest, Sha256};

use super::{shown, text_form, unhex};

/// The id of an event: 128 bits, written as 32 lower-case hexadecimal digits. An event that is sent again has the same
/// id, and is counted once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId([u8; 16]);

/// The text is not an event id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an event id: it must be 32 hexadecimal digits, with or without dashes")]
pub struct BadEventId(String);

impl EventId {
    /// Creates an id from 16 bytes, such as fresh random ones.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Parses 32 hexadecimal digits of either case. Dashes, as in a UUID, are skipped.
    pub fn parse(text: &str) -> Result<Self, BadEventId> {
        text.parse()
    }

    /// Derives the id of another item that came with this event, at position `index`. The same arguments always give
    /// the same id.
    #[must_use]
    pub fn derive(&self, index: u64) -> Self {
        self.derive_from(&index.to_be_bytes())
    }

    /// Derives the id of an item that names this event, from the bytes of the item. The same arguments always give the
    /// same id.
    #[must_use]
    pub fn derive_from(&self, item: &[u8]) -> Self {
        let hash = Sha256::new().chain_update(self.0).chain_update(item).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        Self(bytes)
    }

    /// The 16 bytes of the id.
    pub fn bytes(&self) -> [u8; 16] {
        self.0
    }

    /// The hash that a reference keeps, to recognise the event when it is delivered again.
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

/// 64 bits of the SHA-256 of an event id. It is hashed because ids need not be random. It has 64 bits because then two
/// different events of one error and minute collide once in 10^10 minutes of 60,000 events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventHash(u64);

impl EventHash {
    /// All bits, as a number.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The first `bits` bits (at most 8), as a number.
    pub fn leading(self, bits: u32) -> u8 {
        (self.0 >> (u64::BITS - bits)) as u8
    }

    /// The last 32 bits.
    pub fn tag(self) -> [u8; 4] {
        (self.0 as u32).to_be_bytes()
    }

    /// Packs hashes: one after the other, 8 bytes each, big-endian.
    pub fn pack(hashes: impl IntoIterator<Item = Self>) -> Vec<u8> {
        hashes.into_iter().flat_map(|hash| hash.0.to_be_bytes()).collect()
    }

    /// Unpacks hashes that [`EventHash::pack`] packed. Bytes beyond a multiple of 8 are ignored.
    pub fn unpack(bytes: &[u8]) -> impl Iterator<Item = Self> + '_ {
        bytes.chunks_exact(8).map(|chunk| Self(u64::from_be_bytes(chunk.try_into().expect("chunks of 8"))))
    }
}

/// The text form: 16 lower-case hexadecimal digits.
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
