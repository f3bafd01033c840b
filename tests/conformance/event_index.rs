use formats::event_index::{BlockId, Entries, EventLocation, Width};
use model::id::{EventHash, EventId, Fingerprint, ReferenceId};
use server::system::Resources;
use store::ports::{Entered, EventIndex};

use super::at;
use super::error_commits::project;

fn event(n: u128) -> EventHash {
    EventId::from_bytes(n.to_be_bytes()).hash()
}

fn location(seconds: i64) -> EventLocation {
    EventLocation { fingerprint: Fingerprint::of("test", []), reference: ReferenceId::new(at(seconds), 7) }
}

fn entered(seconds: i64) -> Entered {
    Entered { at: at(seconds), random: 1 << 40, expires_at: at(seconds + 4_000_000_000) }
}

/// Finds an event by its own entries, the newest reference first. Entering it again changes nothing, and expired
/// entries are not returned.
pub(crate) async fn by_itself(on: &Resources) {
    for seconds in [0, 120, 60, 60] {
        let entries = Entries::of([(location(seconds), [event(1), event(2)].as_slice())]);
        on.table.enter(project(), &entries, entered(seconds)).await.unwrap();
    }
    let locations = on.table.locations(project(), event(1), 10).await.unwrap();
    assert_eq!(locations, [location(120), location(60), location(0)]);
    assert_eq!(on.table.locations(project(), event(2), 2).await.unwrap(), [location(120), location(60)]);
    assert_eq!(on.table.locations(project(), event(3), 10).await.unwrap(), []);

    let over = Entered { expires_at: model::time::Timestamp::from_seconds(1), ..entered(0) };
    let entries = Entries::of([(location(0), [event(4)].as_slice())]);
    on.table.enter(project(), &entries, over).await.unwrap();
    assert_eq!(on.table.locations(project(), event(4), 10).await.unwrap(), []);
}

/// Finds an event in the blocks of its bucket, newest first, page by page. Entries for more than two calls are all
/// written.
pub(crate) async fn in_blocks(on: &Resources) {
    let events: Vec<_> = (0..1_100).map(event).collect();
    for seconds in [0, 1, 2] {
        let entries = Entries::of([(location(seconds), events.as_slice())]);
        assert!(entries.alone.is_empty() && entries.blocks.len() == 64, "more than two calls");
        on.table.enter(project(), &entries, entered(seconds)).await.unwrap();
    }
    for event in [events[0], events[567], events[1_099]] {
        let bucket = Width::Middle.bucket_of(event);
        let first = on.table.locations_in(project(), event, bucket, None, 2).await.unwrap();
        assert_eq!(first.items, [location(2), location(1)]);
        let end = first.next.unwrap();
        assert_eq!(end.written_at(), at(1));
        let rest = on.table.locations_in(project(), event, bucket, Some(end), 2).await.unwrap();
        assert_eq!((rest.items, rest.next), (vec![location(0)], None));
        let before = Some(BlockId::floor(at(1)));
        assert_eq!(on.table.locations_in(project(), event, bucket, before, 9).await.unwrap().items, [location(0)]);
        let other = Width::Narrow.bucket_of(event);
        assert_eq!(on.table.locations_in(project(), event, other, None, 9).await.unwrap().items, []);
    }
}
