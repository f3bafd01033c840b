use serde_json::Value;

use crate::id::EventId;
use crate::occurrence::Occurrence;
use crate::sentry::{Received, normalise};
use crate::time::Timestamp;

/// `event` as an SDK sends it, normalised.
pub(super) fn occurrence(event: Value) -> Occurrence {
    let Value::Object(event) = event else { panic!("an object") };
    let received = Received {
        event_id: EventId::from_bytes([1; 16]),
        received_at: Timestamp::from_seconds(1_700_000_000),
        sent_at: None,
        client_ip: None,
    };
    normalise(event, &received)
}
