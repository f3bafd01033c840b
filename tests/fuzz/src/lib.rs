//! Parts that several fuzz targets share.

use model::id::EventId;
use model::json::Map;
use model::occurrence::Occurrence;
use scrub::{Rules, scrub};
use protocol::sentry::{Received, normalise};
use model::time::Timestamp;
use serde_json::Value;

/// Returns the occurrence that a Sentry event becomes, with a fixed id, time and address.
pub fn normalise_event(event: Map<String, Value>) -> Occurrence {
    normalise(event, &received())
}

/// Facts about an event that ingest knows: a fixed id, time and address.
pub fn received() -> Received {
    Received {
        event_id: EventId::from_bytes([9; 16]),
        received_at: Timestamp::from_seconds(1_790_000_000),
        sent_at: None,
        client_ip: Some([192, 0, 2, 1].into()),
    }
}

/// Scrubs and groups an occurrence, and checks what must hold for all: scrubbing it again changes nothing, it reads
/// back as it was written, and the explanation gives the same hashes.
pub fn check_grouping(mut occurrence: Occurrence) {
    scrub(&mut occurrence, &Rules::default());
    let mut again = occurrence.clone();
    scrub(&mut again, &Rules::default());
    assert_eq!(again, occurrence, "scrubbing twice changes nothing");
    let line = serde_json::to_string(&occurrence).expect("an occurrence can be written");
    let read: Occurrence = serde_json::from_str(&line).expect("an occurrence can be read back");
    let grouping = grouping::group(&occurrence);
    assert_eq!(grouping::group(&read), grouping, "it belongs to the same error after reading it back");
    assert_eq!(grouping::explain(&occurrence).0, grouping, "the explanation differs");
    assert!(!grouping.title.is_empty(), "the error has no title");
}
