//! Where an event lies, found by nothing but its id.
//!
//! For each batch and project it is written down ahead of the commit where the batch's events will be. An event of a
//! reference that has few gets an entry of its own, found by one read; the events of a storm share blocks, so that a
//! storm stays a handful of writes. Which block an event is in, follows from its invocation of the processor; a block is small, and a reader
//! goes through those of one bucket, newest first.
//!
//! What it costs to write, in units of 1 KB, for `n` events of a batch: all of one error and minute, or each of its own
//! (whose commits take `6 n` units or more).
//!
//! | n | of one reference | units an event | each of its own | units an event |
//! |---|---|---|---|---|
//! | 1 | 1 | 1 | 1 | 1 |
//! | 16 | 16 | 1 | 16 | 1 |
//! | 100 | 16 | 0.16 | 100 | 1 |
//! | 1,000 | 16 | 0.016 | 65 | 0.065 |
//! | 10,000 | 64 | 0.0064 | 521 | 0.052 |
//!
//! An entry is a hint. The processor may die before its commit, and errors are deleted: the reader asks the reference that an
//! entry names whether it has the event.

mod block;
mod bucket;

use std::collections::BTreeMap;

pub use block::{BadBlock, BlockId, locations};
pub use bucket::{Bucket, Width};

use model::id::{EventHash, Fingerprint, ReferenceId};

/// An event of a reference with at most this many gets an entry of its own: a reference costs six units or more, so this
/// adds at most a third.
const FEW: usize = 2;
/// Unless a batch has more of them than this, which is a storm of different errors: then they share blocks as well.
const MANY: usize = 256;
/// As many events of other references get entries of their own, too: they would make as many blocks.
const ALONE: usize = 16;

/// A reference of an error: where an event may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventLocation {
    /// The error.
    pub fingerprint: Fingerprint,
    /// The reference.
    pub reference: ReferenceId,
}

/// The entries of a batch's events of one project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries {
    /// Events with an entry of their own; no pair is there twice.
    pub alone: Vec<(EventHash, EventLocation)>,
    /// Blocks of the others: the bucket of each, and what [`locations`] reads. A bucket may have several.
    pub blocks: Vec<(Bucket, Vec<u8>)>,
}

impl Entries {
    /// Of references with their events.
    pub fn of<'a>(references: impl IntoIterator<Item = (EventLocation, &'a [EventHash])>) -> Self {
        let (mut alone, mut shared) = (Vec::new(), Vec::new());
        for (location, events) in references {
            let entries = if events.len() <= FEW { &mut alone } else { &mut shared };
            entries.extend(events.iter().map(|&event| (event, location)));
        }
        let mut runs = 0;
        if alone.len() > MANY {
            runs = alone.len();
            shared.append(&mut alone);
        } else if shared.len() <= ALONE {
            alone.append(&mut shared);
        }
        // Two events with one hash would be one key twice, for which a call is refused, and all of its batch with it.
        alone.sort_unstable();
        alone.dedup();
        let width = Width::for_blocks(shared.len(), runs);
        let mut buckets: BTreeMap<Bucket, Vec<(EventHash, EventLocation)>> = BTreeMap::new();
        for (event, location) in shared {
            buckets.entry(width.bucket_of(event)).or_default().push((event, location));
        }
        let blocks = buckets.into_iter().flat_map(|(bucket, entries)| {
            block::pack(&entries).into_iter().map(move |block| (bucket, block)).collect::<Vec<_>>()
        });
        Self { alone, blocks: blocks.collect() }
    }
}

#[cfg(test)]
mod tests;
