use std::fmt;

use ulid::Ulid;

use super::EventLocation;
use model::id::{EventHash, Fingerprint, ReferenceId};
use model::time::Timestamp;

/// The most bytes of a block. Event ids are the clients', who may choose ones that all fall into one bucket: what they
/// write must still fit an item.
const MAX_BYTES: usize = 32 << 10;
/// Fingerprint, reference, and the count of tags behind.
pub(super) const HEAD: usize = 16 + 16 + 2;
/// How much is kept of a hash. A wrong hit, one in some billion entries, costs a reader two reads.
pub(super) const TAG: usize = 4;

/// Names a block: when it was written, and 80 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockId(Ulid);

/// The bytes or the text are no block's.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadBlock {
    /// The bytes end in the middle of an entry.
    #[error("a block of the event index that ends in the middle of an entry")]
    Cut,
    /// The text is no name of a block.
    #[error("the name of a block that is no ULID")]
    Name,
}

impl BlockId {
    /// For the block of this `index` that is written at `now`, told from others by 80 of the `random` bits.
    pub fn new(now: Timestamp, random: u128, index: usize) -> Self {
        Self(Ulid::from_parts(now.millis() as u64, random.wrapping_add(index as u128)))
    }

    /// The smallest id of what is written at `moment`.
    pub fn floor(moment: Timestamp) -> Self {
        Self(Ulid::from_parts(moment.millis() as u64, 0))
    }

    /// From the text form.
    pub fn parse(text: &str) -> Result<Self, BadBlock> {
        text.parse()
    }

    /// When the block was written, to the millisecond.
    pub fn written_at(self) -> Timestamp {
        Timestamp::from_millis(self.0.timestamp_ms().min(i64::MAX as u64) as i64)
    }
}

impl std::str::FromStr for BlockId {
    type Err = BadBlock;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ulid::from_string(text).map(Self).map_err(|_| BadBlock::Name)
    }
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Entries as blocks: for each run of one location the fingerprint, the reference, how many, and a tag of each event. All
/// numbers are big-endian.
pub(super) fn pack(entries: &[(EventHash, EventLocation)]) -> Vec<Vec<u8>> {
    let mut blocks = Vec::new();
    let mut block: Vec<u8> = Vec::new();
    for run in entries.chunk_by(|(_, a), (_, b)| a == b) {
        for run in run.chunks((MAX_BYTES - HEAD) / TAG) {
            if block.len() + HEAD + TAG * run.len() > MAX_BYTES {
                blocks.push(std::mem::take(&mut block));
            }
            let location = run[0].1;
            block.extend(location.fingerprint.to_bytes());
            block.extend(location.reference.to_bytes());
            block.extend((run.len() as u16).to_be_bytes());
            block.extend(run.iter().flat_map(|(event, _)| event.tag()));
        }
    }
    blocks.extend((!block.is_empty()).then_some(block));
    blocks
}

/// The locations of a block where `event` may be.
pub fn locations(mut block: &[u8], event: EventHash) -> Result<Vec<EventLocation>, BadBlock> {
    let mut locations = Vec::new();
    while !block.is_empty() {
        let (fingerprint, rest) = block.split_first_chunk().ok_or(BadBlock::Cut)?;
        let (reference, rest) = rest.split_first_chunk().ok_or(BadBlock::Cut)?;
        let (count, rest) = rest.split_first_chunk().ok_or(BadBlock::Cut)?;
        let length = TAG * usize::from(u16::from_be_bytes(*count));
        let (tags, rest) = rest.split_at_checked(length).ok_or(BadBlock::Cut)?;
        if tags.chunks_exact(TAG).any(|tag| tag == event.tag()) {
            let (fingerprint, reference) = (Fingerprint::from_bytes(*fingerprint), ReferenceId::from_bytes(*reference));
            locations.push(EventLocation { fingerprint, reference });
        }
        block = rest;
    }
    Ok(locations)
}
