//! Describes the routes of occurrences for the OpenAPI document.

use http_common::MAX_UNPACKED;
use http_common::describe::Description;
use model::id::{EventId, OccurrenceId, ProjectName};
use model::occurrence::{Attachment, Level};
use model::outcome::Reason;
use model::time::Timestamp;
use serde_json::{Value, json};

use super::list::{DEFAULT_OCCURRENCES, MAX_LISTED_OCCURRENCES};
use crate::errors::describe_error_path;
use crate::views::ErrorEntry;

/// A bound on the entries of a list in an event: each takes at least two bytes of a body.
const MAX_ENTRIES: usize = MAX_UNPACKED / 2;

pub(crate) fn describe(api: &mut Description) {
    api.tag("occurrences");
    let occurrence = schema(api);
    let page = json!({
        "type": "object",
        "required": ["errors", "totalCount", "examined", "nextCursor", "previousCursor"],
        "properties": {
            "errors": { "type": "array", "items": occurrence, "maxItems": MAX_LISTED_OCCURRENCES },
            "totalCount": { "type": "integer", "minimum": 0, "description": "the total number of occurrences of the error" },
            "examined": { "type": "integer", "minimum": 0, "description": "the number of occurrences that were searched" },
            "nextCursor": { "type": ["string", "null"], "description": "the `after` of the next page; a page that is not full may have one, too" },
            "previousCursor": { "type": ["string", "null"], "description": "the `before` of the previous page" },
        },
    });
    let list = "/projects/{project}/errors/{message}/occurrences";
    describe_error_path(api.operation(
        "get",
        list,
        "listOccurrences",
        "Lists the occurrences of an error, newest first",
    ))
    .limit(DEFAULT_OCCURRENCES, MAX_LISTED_OCCURRENCES)
    .query::<OccurrenceId>("after", "`nextCursor` of the previous page, or a `reversedUnixtime`")
    .query::<OccurrenceId>(
        "before",
        "`previousCursor` of the next page, or a `reversedUnixtime`; not together with `after`",
    )
    .query::<Timestamp>("start", "only occurrences at this time or later")
    .query::<Timestamp>("end", "only occurrences before this time")
    .query::<str>("environment", "only occurrences in this environment")
    .query::<str>("release", "only occurrences in this release")
    .query::<Level>("level", "only occurrences with this level")
    .query::<str>("tag", "`key:value`: only occurrences with this tag; can be repeated up to ten times")
    .query::<str>("user", "only occurrences of the user with this id, email address, name or IP address")
    .query::<str>("text", "only occurrences with this text in type, message or frames")
    .data_as(200, "a page of occurrences, which ends early when it has 3 MiB", page);

    let (api_id, error) = (api.answered::<OccurrenceId>(), api.answered::<ErrorEntry<'_>>());
    let id = || json!({ "anyOf": [api_id.clone(), { "type": "null" }] });
    let shown = json!({
        "type": "object",
        "required": ["error", "newer", "older", "belongsTo"],
        "properties": {
            "error": { "allOf": [
                schema(api),
                { "properties": { "grouping": { "type": "object", "description": "why the occurrence was grouped into this error" } } },
            ] },
            "chosenBecause": { "type": "string", "description": "only for `best`: why it is this one" },
            "newer": id(),
            "older": id(),
            "belongsTo": error,
            "sameSource": { "allOf": [error.clone()], "description": "the error that the occurrence belongs to by its source, if its source map came after it, and that is not merged with this one" },
        },
    });
    let show = "/projects/{project}/errors/{message}/occurrences/{id}";
    describe_error_path(api.operation(
        "get",
        show,
        "getOccurrence",
        "Shows an occurrence, and why it was grouped into its error",
    ))
    .path::<str>("id", "a `reversedUnixtime` that the API returned, `first` (the oldest), `last` (the newest) or `best`: among the ten newest, the newest that has frames of the application and variables")
    .data_as(200, "the occurrence, and the ids of its neighbours", shown.clone())
    .error(Reason::OccurrenceUnknown, "the error has no such occurrence")
    .error(Reason::OccurrenceExpired, "the occurrence has expired");

    let file = "/projects/{project}/errors/{message}/occurrences/{id}/attachments/{number}";
    describe_error_path(api.operation("get", file, "getAttachment", "Downloads a file that came with an event"))
        .description("`event.attachments` of an occurrence lists them. The content type is that of the client only for PNG, JPEG, GIF and WebP images and for text; other files are sent as `application/octet-stream`.")
        .path::<str>("id", "a `reversedUnixtime` that the API returned, or `first` (the oldest) or `last` (the newest)")
        .path::<u32>("number", "the position of the attachment in `event.attachments`, from 0")
        .parameter(
            "query",
            "first",
            "only so many bytes from the beginning",
            json!({ "type": "integer", "minimum": 1, "maximum": Attachment::MAX_SIZE }),
        )
        .response_as(200, "the file", "*/*", json!({ "type": "string", "format": "binary" }))
        .error(Reason::OccurrenceUnknown, "the error has no such occurrence")
        .error(Reason::OccurrenceExpired, "the occurrence has expired")
        .error(Reason::AttachmentUnknown, "the occurrence has no such attachment")
        .error(Reason::AttachmentGone, "the attachment was not stored, or has expired");

    let event = "/projects/{project}/occurrences/{event}";
    api.operation("get", event, "findOccurrence", "Finds the occurrence of an event, in any error")
        .project()
        .path::<EventId>("event", "the event's id, as an SDK returns it: 32 hexadecimal digits, with or without dashes")
        .query::<Timestamp>("storedBefore", "search only events that were stored before this time, to continue a search that stopped")
        .data_as(200, "the occurrence", shown)
        .error(
            Reason::OccurrenceUnknown,
            "there is no such event, or the search stopped because very many events were stored since: then the message says how to continue",
        );
}

/// The schema of a whole occurrence.
fn schema(api: &mut Description) -> Value {
    let mut schema = properties(api);
    let keys: Vec<_> = schema["properties"].as_object().into_iter().flat_map(|keys| keys.keys().cloned()).collect();
    schema["required"] = json!(keys);
    schema
}

/// The properties of an occurrence: v1's keys, some with an unknown type because clients send anything, and `event`.
pub(crate) fn properties(api: &mut Description) -> Value {
    json!({
        "type": "object",
        "properties": {
            "project": api.answered::<ProjectName>(),
            "type": { "type": "string" },
            "message": { "type": "string", "description": "the full message" },
            "timestamp": api.answered::<Timestamp>(),
            "level": api.answered::<Level>(),
            "platform": { "type": "string" },
            "backtrace": {
                "type": "array",
                "items": { "type": "object" },
                "maxItems": MAX_ENTRIES,
                "description": "the frames, raising frame first",
            },
            "notifier": { "description": "the client" },
            "context": {},
            "environment": {},
            "session": {},
            "params": {},
            "eventId": api.answered::<EventId>(),
            "reversedUnixtime": api.answered::<OccurrenceId>(),
            "event": { "type": "object", "description": "the whole event, as it is stored" },
        },
    })
}
