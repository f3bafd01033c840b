use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use model::id::EventId;
use model::time::Timestamp;

fn event(n: u64) -> EventHash {
    EventId::from_bytes(u128::from(n).to_be_bytes()).hash()
}

fn location(n: u64) -> EventLocation {
    let fingerprint = Fingerprint::of("test", [n.to_string().as_str()]);
    EventLocation { fingerprint, reference: ReferenceId::new(Timestamp::from_seconds(n as i64), u128::from(n)) }
}

/// References with this many events each. No event occurs twice.
fn references(counts: &[usize]) -> Vec<(EventLocation, Vec<EventHash>)> {
    let mut next = 0;
    let mut events = |count: usize| {
        next += count as u64;
        (next - count as u64..next).map(event).collect()
    };
    counts.iter().zip(0..).map(|(&count, n)| (location(n), events(count))).collect()
}

fn entries(references: &[(EventLocation, Vec<EventHash>)]) -> Entries {
    Entries::of(references.iter().map(|(location, events)| (*location, events.as_slice())))
}

/// The locations that a reader finds for an event: in entries of its own, and in the blocks of its buckets.
fn found(entries: &Entries, event: EventHash) -> BTreeSet<EventLocation> {
    let alone = entries.alone.iter().filter(|(one, _)| *one == event).map(|(_, location)| *location);
    let buckets = Width::ALL.map(|width| width.bucket_of(event));
    let blocks = entries.blocks.iter().filter(|(bucket, _)| buckets.contains(bucket));
    alone.chain(blocks.flat_map(|(_, block)| locations(block, event).unwrap())).collect()
}

proptest! {
    /// Every event is found where it is, and other events are not found. (False matches are possible, but do not occur
    /// among so few events.)
    #[test]
    fn every_event_is_found(counts in proptest::collection::vec(0..40usize, 0..60), alone in 0..400usize) {
        let counts = [counts, vec![1; alone]].concat();
        let references = references(&counts);
        let entries = entries(&references);
        for (location, events) in &references {
            for event in events {
                prop_assert_eq!(found(&entries, *event), BTreeSet::from([*location]));
            }
        }
        for n in 1_000_000..1_000_100 {
            prop_assert_eq!(found(&entries, event(n)), BTreeSet::new());
        }
    }

    #[test]
    fn a_damaged_block_is_an_error_and_no_panic(block in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = locations(&block, event(1));
    }
}

/// The number of items that are written, and the units of 1 KB that they take. An item has about 130 bytes in addition
/// to its block.
fn cost(counts: &[usize]) -> (usize, usize) {
    let entries = entries(&references(counts));
    let units = entries.blocks.iter().map(|(_, block)| (block.len() + 130).div_ceil(1_024)).sum::<usize>();
    (entries.alone.len() + entries.blocks.len(), entries.alone.len() + units)
}

/// The table in the module's documentation.
#[test]
fn a_storm_costs_a_handful_of_writes() {
    for (events, expected) in [(1, 1), (16, 16), (100, 16), (1_000, 16), (10_000, 64)] {
        assert_eq!(cost(&[events]), (expected, expected), "{events} events of one reference");
    }
    for (events, expected) in [(1, (1, 1)), (256, (256, 256)), (257, (64, 64)), (1_000, (64, 65)), (10_000, (256, 521))]
    {
        assert_eq!(cost(&vec![1; events]), expected, "{events} of their own");
    }
    // A batch with many references of a few events each, and one with more events than blocks of one unit can hold.
    assert_eq!(cost(&[3; 333]), (16, 47));
    assert_eq!(cost(&[10_000; 13]), (256, 768));
}

/// Clients choose event ids. Even if all of them are in one bucket, their blocks fit into items; and a hash that occurs
/// twice is one entry.
#[test]
fn hostile_ids_fit_items() {
    let wide = Width::Wide.bucket_of(event(0));
    let alike: Vec<_> = (0..).map(event).filter(|one| Width::Wide.bucket_of(*one) == wide).take(20_000).collect();
    let entries = Entries::of([(location(1), alike.as_slice())]);
    assert!(entries.blocks.len() > 1);
    assert!(entries.blocks.iter().all(|(_, block)| block.len() <= 32 << 10));
    for event in [alike[0], alike[10_000], alike[19_999]] {
        assert_eq!(found(&entries, event), BTreeSet::from([location(1)]));
    }
    let twice = Entries::of([(location(1), [event(1), event(1)].as_slice())]);
    assert_eq!((twice.alone.len(), twice.blocks.len()), (1, 0));
}

/// Blocks that are written today must be readable forever.
#[test]
fn the_form_of_a_block_is_frozen() {
    let events: Vec<_> = (0..17).map(event).collect();
    let entries = Entries::of([(location(1), events.as_slice())]);
    let (bucket, block) = &entries.blocks[0];
    let hex = block.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(
        (bucket.to_string().as_str(), hex.as_str()),
        ("4#00", "55c9b274ab9b66bada357986fc2aeffa0000000003e80000000000000000000100018266ce88")
    );
}
