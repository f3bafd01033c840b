//! The event index: finds the reference of an event by nothing but the event's id.
//!
//! Before a batch is committed, the processor records for each project where the events of the batch will be. An event
//! of a reference with few events gets an entry of its own, which is found by one read. The events of a storm share
//! blocks, so that a storm takes only a handful of writes. Which block an event is in depends on the invocation of the
//! processor, so a reader goes through the blocks of one bucket, newest first. Blocks are small.
//!
//! The cost of writing `n` events of a batch, in write units of 1 KB: if all events are of one error and minute, and if
//! each has a reference of its own. (In the second case, the commits take `6 n` units or more.)
//!
//! | n | one reference | units per event | a reference each | units per event |
//! |---|---|---|---|---|
//! | 1 | 1 | 1 | 1 | 1 |
//! | 16 | 16 | 1 | 16 | 1 |
//! | 100 | 16 | 0.16 | 100 | 1 |
//! | 1,000 | 16 | 0.016 | 65 | 0.065 |
//! | 10,000 | 64 | 0.0064 | 521 | 0.052 |
//!
//! An entry is only a hint: the processor may die before its commit, and errors are deleted. The reader asks the
//! reference that an entry names whether it really has the event.

mod block;
mod bucket;

use std::collections::BTreeMap;

pub use block::{BadBlock, BlockId, locations};
pub use bucket::{Bucket, Width};

use model::id::{EventHash, Fingerprint, ReferenceId};

/// References with at most this many events get an entry for each event. The commit of a reference costs six units or
/// more, so this adds at most a third.
const FEW: usize = 2;
/// If a batch has more such events than this, it is a storm of different errors, and their events share blocks too.
const MANY: usize = 256;
/// If all other references together have at most this many events, these get entries of their own too: they would need
/// as many blocks.
const ALONE: usize = 16;

/// A place where an event may be: a reference of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventLocation {
    pub fingerprint: Fingerprint,
    pub reference: ReferenceId,
}

/// The index entries for the events of one project in one batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries {
    /// Events with an entry of their own. No pair occurs twice.
    pub alone: Vec<(EventHash, EventLocation)>,
    /// Blocks with the other events: the bucket of each block, and the bytes that [`locations`] reads. A bucket may
    /// have several blocks.
    pub blocks: Vec<(Bucket, Vec<u8>)>,
}

impl Entries {
    /// Creates the entries for references with their events.
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
        // Two events with the same hash would be the same key twice. The call would be refused, and with it the whole
        // batch.
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
