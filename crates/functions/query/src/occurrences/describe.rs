//! What the API's description says of occurrences.

use http_common::MAX_UNPACKED;
use http_common::describe::Description;
use model::id::{EventId, OccurrenceId, ProjectName};
use model::occurrence::Level;
use model::outcome::Reason;
use model::time::Timestamp;
use serde_json::{Value, json};

use super::list::{DEFAULT_OCCURRENCES, MAX_LISTED_OCCURRENCES};
use crate::errors::describe_error_path;
use crate::views::ErrorEntry;

/// More entries than a list in an event can have: each takes two bytes of a body.
const MAX_ENTRIES: usize = MAX_UNPACKED / 2;

pub(crate) fn describe(api: &mut Description) {
    api.tag("occurrences");
    let occurrence = schema(api);
    let page = json!({
        "type": "object",
        "required": ["errors", "totalCount", "examined", "nextCursor", "previousCursor"],
        "properties": {
            "errors": { "type": "array", "items": occurrence, "maxItems": MAX_LISTED_OCCURRENCES },
            "totalCount": { "type": "integer", "minimum": 0, "description": "how often the error occurred in all" },
            "examined": { "type": "integer", "minimum": 0, "description": "how many occurrences were looked at" },
            "nextCursor": { "type": ["string", "null"], "description": "what the next page is asked for with, as `after`; there may be one though this page is not full" },
            "previousCursor": { "type": ["string", "null"], "description": "what the page before is asked for with, as `before`" },
        },
    });
    let list = "/projects/{project}/errors/{message}/occurrences";
    describe_error_path(api.operation(
        "get",
        list,
        "listOccurrences",
        "Lists occurrences of an error, the newest first",
    ))
    .limit(DEFAULT_OCCURRENCES, MAX_LISTED_OCCURRENCES)
    .query::<OccurrenceId>("after", "`nextCursor` of the page before, or a `reversedUnixtime`")
    .query::<OccurrenceId>("before", "`previousCursor` of the page behind, or a `reversedUnixtime`; not beside `after`")
    .query::<Timestamp>("start", "happened from then on")
    .query::<Timestamp>("end", "happened before")
    .query::<str>("environment", "of this environment")
    .query::<str>("release", "of this release")
    .query::<Level>("level", "of this level")
    .query::<str>("tag", "with this tag: `key:value`; up to ten times")
    .query::<str>("user", "of the user with this id, mail, name or address")
    .query::<str>("text", "with this text in type, message or frames")
    .data_as(200, "a page of occurrences; it ends early when it has 3 MiB", page);

    let (api_id, error) = (api.answered::<OccurrenceId>(), api.answered::<ErrorEntry<'_>>());
    let id = || json!({ "anyOf": [api_id.clone(), { "type": "null" }] });
    let shown = json!({
        "type": "object",
        "required": ["error", "newer", "older", "belongsTo"],
        "properties": {
            "error": { "allOf": [
                schema(api),
                { "properties": { "grouping": { "type": "object", "description": "why it went where it went" } } },
            ] },
            "newer": id(),
            "older": id(),
            "belongsTo": error,
        },
    });
    let show = "/projects/{project}/errors/{message}/occurrences/{id}";
    describe_error_path(api.operation(
        "get",
        show,
        "getOccurrence",
        "Shows an occurrence, and why it went where it went",
    ))
    .path::<str>("id", "a `reversedUnixtime` that the API gave, or `first` (the oldest) or `last` (the newest)")
    .data_as(200, "the occurrence, and the ids of its neighbours", shown.clone())
    .error(Reason::OccurrenceUnknown, "the error has no such occurrence")
    .error(Reason::OccurrenceExpired, "its time is over");

    let event = "/projects/{project}/occurrences/{event}";
    api.operation("get", event, "findOccurrence", "Finds the occurrence of an event, whichever error it is of")
        .project()
        .path::<EventId>("event", "the event's id, as an SDK gives it: 32 hexadecimal digits, with or without dashes")
        .query::<Timestamp>("storedBefore", "look at what was stored before: where a search that gave up goes on")
        .data_as(200, "the occurrence", shown)
        .error(
            Reason::OccurrenceUnknown,
            "there is none, or so many were stored since that the search gave up: then the message says how to go on",
        );
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
