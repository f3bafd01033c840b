use std::fmt;

use super::block::{HEAD, TAG};
use model::id::EventHash;

/// The number of buckets that a batch's blocks are spread over. With more buckets a reader has less to go through, and
/// a batch has more to write. Each width is meant for the number of events with which a block of one error stays below
/// 1 KB, one write unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Width {
    /// 16 buckets, for up to 1,024 events.
    Narrow,
    /// 64 buckets, for up to 16,384 events.
    Middle,
    /// 256 buckets, for more.
    Wide,
}

impl Width {
    /// All widths. A reader does not know how large the batch was, so it has to try each.
    pub const ALL: [Self; 3] = [Self::Narrow, Self::Middle, Self::Wide];

    /// Returns the width for `events` events in blocks. `runs` of the events are runs of their own, with a head each.
    pub(super) fn for_blocks(events: usize, runs: usize) -> Self {
        match events + runs * (HEAD / TAG) {
            0..=1_024 => Self::Narrow,
            1_025..=16_384 => Self::Middle,
            _ => Self::Wide,
        }
    }

    /// The number of bits of a hash that select the bucket.
    fn bits(self) -> u32 {
        match self {
            Self::Narrow => 4,
            Self::Middle => 6,
            Self::Wide => 8,
        }
    }

    pub fn bucket_of(self, event: EventHash) -> Bucket {
        Bucket { width: self, number: event.leading(self.bits()) }
    }
}

/// A group of blocks. Hashes that begin with the same bits are in the same bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket {
    width: Width,
    number: u8,
}

/// The text form, such as `6#2a`: the number of bits, and the bucket's number in hexadecimal.
impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{:02x}", self.width.bits(), self.number)
    }
}
