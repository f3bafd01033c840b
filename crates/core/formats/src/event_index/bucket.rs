use std::fmt;

use super::block::{HEAD, TAG};
use model::id::EventHash;

/// Over how many buckets a batch's blocks are spread. The wider, the less a reader has to go through, and the more a
/// batch writes: each width is for as many events as leave a block of one error below 1 KB, one unit.
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
    /// All of them: a reader does not know how large the batch was.
    pub const ALL: [Self; 3] = [Self::Narrow, Self::Middle, Self::Wide];

    /// For a batch with this many events in blocks, of which so many are runs of their own there, that have a head each.
    pub(super) fn for_blocks(events: usize, runs: usize) -> Self {
        match events + runs * (HEAD / TAG) {
            0..=1_024 => Self::Narrow,
            1_025..=16_384 => Self::Middle,
            _ => Self::Wide,
        }
    }

    /// How many bits of a hash tell the bucket.
    fn bits(self) -> u32 {
        match self {
            Self::Narrow => 4,
            Self::Middle => 6,
            Self::Wide => 8,
        }
    }

    /// The bucket of an event.
    pub fn bucket_of(self, event: EventHash) -> Bucket {
        Bucket { width: self, number: event.leading(self.bits()) }
    }
}

/// Where the blocks are that an event may be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket {
    width: Width,
    number: u8,
}

/// Such as `6#2a`: the bits, and the number in hexadecimal.
impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{:02x}", self.width.bits(), self.number)
    }
}
