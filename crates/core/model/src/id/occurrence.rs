use std::fmt;

use ulid::Ulid;

use super::{shown, text_form};
use crate::time::Timestamp;

/// The id of a reference: a ULID with the time of the newest event that it refers to, and 80 random bits. So the
/// references of an error sort by time, and those of one minute are a range of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReferenceId(Ulid);

impl ReferenceId {
    pub const MIN: Self = Self(Ulid(0));
    pub const MAX: Self = Self(Ulid(u128::MAX));

    /// Creates an id for a frame whose newest event happened at `newest`. Uses 80 of the `random` bits.
    pub fn new(newest: Timestamp, random: u128) -> Self {
        Self(Ulid::from_parts(newest.millis() as u64, random))
    }

    /// The smallest id at `moment`, for the start of a range of time.
    pub fn floor(moment: Timestamp) -> Self {
        Self(Ulid::from_parts(moment.millis() as u64, 0))
    }

    /// The next greater id; `None` for the greatest one.
    pub fn next(self) -> Option<Self> {
        self.0.0.checked_add(1).map(|id| Self(Ulid(id)))
    }

    /// The next smaller id; `None` for the smallest one.
    pub fn previous(self) -> Option<Self> {
        self.0.0.checked_sub(1).map(|id| Self(Ulid(id)))
    }

    /// Reads the 16 bytes of the binary form.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Ulid(u128::from_be_bytes(bytes)))
    }

    /// The 16 bytes of the binary form.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.0.to_be_bytes()
    }

    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Self, BadOccurrenceId> {
        text.parse()
    }
}

impl std::str::FromStr for ReferenceId {
    type Err = BadOccurrenceId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ulid::from_string(text).map(Self).map_err(|_| BadOccurrenceId(shown(text)))
    }
}

impl fmt::Display for ReferenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

text_form!(ReferenceId);

/// The id of an occurrence within its error, by which it is found in one read: v1's `reversedUnixtime` (2^53 − 1 −
/// seconds, 16 digits), then the reference and the line in its frame. Clients treat it as opaque. It is unique however
/// many occurrences happen in a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OccurrenceId {
    reversed_unixtime: u64,
    reference: ReferenceId,
    line: u32,
}

/// The text is not an occurrence id.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an occurrence id: use a `reversedUnixtime` that the API returned")]
pub struct BadOccurrenceId(String);

/// JavaScript's largest safe integer. v1 subtracts the time from it.
const LARGEST: u64 = (1 << 53) - 1;

impl OccurrenceId {
    /// The id of the occurrence at `timestamp`, on line `line` (from 0) of the frame that `reference` refers to.
    pub fn new(timestamp: Timestamp, reference: ReferenceId, line: u32) -> Self {
        Self { reversed_unixtime: LARGEST - timestamp.seconds() as u64, reference, line }
    }

    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Self, BadOccurrenceId> {
        text.parse()
    }

    /// When it happened, to the second.
    pub fn happened_at(&self) -> Timestamp {
        let seconds = LARGEST.saturating_sub(self.reversed_unixtime);
        Timestamp::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    /// The reference whose frame holds the occurrence.
    pub fn reference(&self) -> ReferenceId {
        self.reference
    }

    /// The occurrence's line in the frame, from 0.
    pub fn line(&self) -> u32 {
        self.line
    }
}

impl std::str::FromStr for OccurrenceId {
    type Err = BadOccurrenceId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = || {
            let mut parts = text.split('-');
            let digits = parts.next().filter(|part| part.len() == 16)?;
            let id = Self {
                reversed_unixtime: digits.parse().ok()?,
                reference: ReferenceId::parse(parts.next()?).ok()?,
                line: parts.next()?.parse().ok()?,
            };
            parts.next().is_none().then_some(id)
        };
        parsed().ok_or_else(|| BadOccurrenceId(shown(text)))
    }
}

impl fmt::Display for OccurrenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016}-{}-{}", self.reversed_unixtime, self.reference, self.line)
    }
}

text_form!(
    OccurrenceId,
    "^[0-9]{16}-[0-9A-HJKMNP-TV-Z]{26}-[0-9]{1,9}$",
    "9007197776696131-01KGZ3M5V00000000000000007-0"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_occurrence_id_starts_with_the_sixteen_digits_of_v1_and_is_unique_within_a_second() {
        let moment = Timestamp::from_seconds(1_478_044_860);
        let reference = ReferenceId::new(moment, 7);
        let ids: std::collections::BTreeSet<_> =
            (0..1_000).map(|line| OccurrenceId::new(moment, reference, line).to_string()).collect();
        assert_eq!(ids.len(), 1_000);
        for id in &ids {
            assert!(id.starts_with("9007197776696131-"), "{id}");
            let parsed = OccurrenceId::parse(id).unwrap();
            assert_eq!((parsed.to_string(), parsed.happened_at()), (id.clone(), moment));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let reference = ReferenceId::new(Timestamp::from_seconds(1), 7);
        for bad in [
            "",
            "9007197776696131",
            "9007197776696131-x-1",
            &format!("1-{reference}-0"),
            &format!("9007197776696131-{reference}-0-0"),
        ] {
            assert!(OccurrenceId::parse(bad).is_err(), "{bad}");
        }
    }
}
