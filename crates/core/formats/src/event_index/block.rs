use std::fmt;

use ulid::Ulid;

use super::EventLocation;
use model::id::{EventHash, Fingerprint, ReferenceId};
use model::time::Timestamp;

/// Maximum size of a block, in bytes. Clients choose their event ids, and a hostile client can choose ids that all fall
/// into one bucket. Their blocks must still fit into items.
const MAX_BYTES: usize = 32 << 10;
/// Size of the start of a run, in bytes: the fingerprint, the reference, and the number of tags that follow.
pub(super) const HEAD: usize = 16 + 16 + 2;
/// The part of an event's hash that is kept as its tag, in bytes. A false match, one in about four billion entries,
/// costs a reader two extra reads.
pub(super) const TAG: usize = 4;

/// The id of a block: the time when it was written, and 80 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockId(Ulid);

/// An error from reading a block or the id of a block.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadBlock {
    /// The bytes end in the middle of an entry.
    #[error("a block of the event index ends in the middle of an entry")]
    Cut,
    /// The text is not the id of a block.
    #[error("the id of an event index block is not a ULID")]
    Name,
}

impl BlockId {
    /// The id of block number `index` among those written at `now`. 80 of the `random` bits make it unique.
    pub fn new(now: Timestamp, random: u128, index: usize) -> Self {
        Self(Ulid::from_parts(now.millis() as u64, random.wrapping_add(index as u128)))
    }

    /// The smallest id of a block that is written at `moment`.
    pub fn floor(moment: Timestamp) -> Self {
        Self(Ulid::from_parts(moment.millis() as u64, 0))
    }

    /// Parses the text form.
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

/// Packs entries into blocks. For each run of entries with the same location, a block has the fingerprint, the
/// reference, the number of events, and a tag for each event. All numbers are big-endian.
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

/// Returns the locations in a block where `event` may be. Only tags are compared, so a match can be false.
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
