//! What the API's description says of occurrences.

use domain::id::{EventId, OccurrenceId, ProjectName};
use domain::occurrence::Level;
use domain::outcome::Reason;
use domain::time::Timestamp;
use gate::MAX_UNPACKED;
use gate::describe::Description;
use serde_json::{Value, json};

use super::list::{DEFAULT, MOST};
use crate::errors::named_operation;

/// More entries than a list in an event can have: each takes two bytes of a body.
const MAX_ENTRIES: usize = MAX_UNPACKED / 2;

pub(crate) fn describe(api: &mut Description) {
    api.tag("occurrences");
    let occurrence = schema(api);
    let page = json!({
        "type": "object",
        "required": ["errors", "totalCount", "nextCursor"],
        "properties": {
            "errors": { "type": "array", "items": occurrence, "maxItems": MOST },
            "totalCount": { "type": "integer", "minimum": 0, "description": "how often the error occurred in all" },
            "nextCursor": { "type": ["string", "null"], "description": "what the next page is asked for with, as `after`" },
        },
    });
    let list = "/projects/{project}/errors/{message}/occurrences";
    named_operation(api.operation("get", list, "listOccurrences", "Lists occurrences of an error, the newest first"))
        .limit(DEFAULT, MOST)
        .query::<OccurrenceId>("after", "`nextCursor` of the page before, or a `reversedUnixtime`")
        .data_as(200, "a page of occurrences; it ends early when it has 3 MiB", page);

    let shown = json!({
        "type": "object",
        "required": ["error"],
        "properties": { "error": { "allOf": [
            schema(api),
            { "properties": { "grouping": { "type": "object", "description": "why it went where it went" } } },
        ] } },
    });
    let show = "/projects/{project}/errors/{message}/occurrences/{id}";
    named_operation(api.operation("get", show, "getOccurrence", "Shows an occurrence, and why it went where it went"))
        .path::<OccurrenceId>("id", "a `reversedUnixtime` that the API gave")
        .data_as(200, "the occurrence", shown)
        .refuses(Reason::OccurrenceUnknown, "the error has no such occurrence")
        .refuses(Reason::OccurrenceExpired, "its time is over");
}

/// An occurrence as it is shown, whole.
fn schema(api: &mut Description) -> Value {
    let mut schema = properties(api);
    let keys: Vec<_> = schema["properties"].as_object().into_iter().flat_map(|keys| keys.keys().cloned()).collect();
    schema["required"] = json!(keys);
    schema
}

/// What an occurrence has: v1's keys as its client sent them, so that of some nothing can be said; and `event`.
pub(crate) fn properties(api: &mut Description) -> Value {
    json!({
        "type": "object",
        "properties": {
            "project": api.answered::<ProjectName>(),
            "type": { "type": "string" },
            "message": { "type": "string", "description": "in full" },
            "timestamp": api.answered::<Timestamp>(),
            "level": api.answered::<Level>(),
            "platform": { "type": "string" },
            "backtrace": {
                "type": "array",
                "items": { "type": "object" },
                "maxItems": MAX_ENTRIES,
                "description": "the frames, the one that raised it first",
            },
            "notifier": { "description": "the client" },
            "context": {},
            "environment": {},
            "session": {},
            "params": {},
            "eventId": api.answered::<EventId>(),
            "reversedUnixtime": api.answered::<OccurrenceId>(),
            "event": { "type": "object", "description": "the whole of it, as it is stored" },
        },
    })
}
