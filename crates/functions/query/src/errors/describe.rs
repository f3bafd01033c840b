//! What the API's description says of errors.

use crate::views::{ErrorEntry, TimelineEntry};
use http_common::describe::{Description, Operation};
use model::error::MergeFamily;
use model::error::history::EntryId;
use model::outcome::Reason;
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::show::MAX_MINUTES;
use super::update::MAX_ASSIGNEE;
use super::{bulk, comments, history, list, merge, restore, tags};
use crate::occurrences;

pub(crate) fn describe(api: &mut Description) {
    api.tag("errors");
    list::describe(api);
    let shown = json!({ "allOf": [api.answered::<ErrorEntry<'_>>(), occurrences::properties(api)] });
    let timeline = api.answered::<Minutes<'_>>();
    let parts = json!({
        "type": "array",
        "maxItems": MergeFamily::MAX_INCARNATIONS,
        "items": api.answered::<ErrorEntry<'_>>(),
        "description": "of a merged error: what it is made of, each as it would be alone, itself first",
    });
    let answer = json!({
        "type": "object",
        "required": ["error", "timeline"],
        "properties": { "error": shown, "timeline": timeline, "parts": parts },
    });
    named(api.operation("get", "/projects/{project}/errors/{message}", "getError", "Shows an error"))
        .says(
            "The newest occurrence, with what its error knows beside it (if all occurrences have expired, only that, \
             and `expired`), and the timeline of a range.",
        )
        .query::<Timestamp>("start", "where the timeline begins; without, with this month")
        .query::<Timestamp>("end", "where it ends, at most 400 days later; without, with this month")
        .data_as(200, "the error", answer);
    let path = "/projects/{project}/errors/{message}";
    named(api.operation("patch", path, "updateError", "Resolves, mutes or assigns an error"))
        .body_as("application/json", change(), json!({ "status": "resolved" }))
        .data::<Changed<'_>>(200, "the error as it is now");
    named(api.operation("delete", "/projects/{project}/errors/{message}", "deleteError", "Deletes an error"))
        .says("It leaves all lists at once. What has many occurrences takes more than one call: 503 says to repeat it.")
        .refuses(Reason::DeletionUnfinished, "there is more to delete: repeat the request")
        .answers_nothing(204, "the error is gone, and its occurrences are blanked where they lie")
        .refuses(Reason::ErrorMerged, "the error is merged into another");
    tags::describe(api);
    in_merges(api);
    in_history(api);
    in_restores(api);
    in_bulk(api);
}

fn in_history(api: &mut Description) {
    let path = "/projects/{project}/errors/{message}/history";
    named(api.operation("get", path, "listHistory", "Lists who did what to an error, and said what, the newest first"))
        .limit(history::DEFAULT, history::MOST)
        .query::<EntryId>("cursor", "`nextCursor` of the page before")
        .data::<history::History<'_>>(200, "a page of the history");
    let path = "/projects/{project}/errors/{message}/comments";
    named(api.operation("post", path, "addComment", "Says something about an error"))
        .body::<comments::Comment>(json!({ "text": "seen on staging, too" }))
        .data::<comments::Added<'_>>(201, "the comment, as the history has it");
    let path = "/projects/{project}/errors/{message}/comments/{id}";
    named(api.operation("delete", path, "deleteComment", "Takes a comment away"))
        .says("That it was there stays in the history.")
        .path::<EntryId>("id", "the comment's id, as in the history")
        .answers_nothing(204, "the comment is gone")
        .refuses(Reason::CommentUnknown, "the error has no such comment");
}

fn in_restores(api: &mut Description) {
    let entry = json!({
        "id": "01KGZ3M5V00000000000000007", "at": "2026-11-02T00:01:00Z", "by": { "kind": "operator" }, "what": "resolved",
    });
    let path = "/projects/{project}/errors/{message}/restore";
    named(api.operation("post", path, "restoreError", "Takes back what people had set of an error elsewhere"))
        .says("As an export has it. If the newest entry is there already, nothing is changed.")
        .body::<restore::State>(json!({ "status": "resolved", "history": [entry] }))
        .data::<restore::Restored>(200, "whether anything was restored");
}

fn in_merges(api: &mut Description) {
    let example = json!({ "errors": ["5f2b1c8e9a704d63b1e0c7a48f35d926"] });
    let path = "/projects/{project}/errors/{message}/merge";
    named(api.operation("post", path, "mergeErrors", "Merges others into an error"))
        .says("They are one from now on, with the occurrences, counts and timeline of all, past and future.")
        .body::<merge::Others>(example.clone())
        .data::<merge::Merged<'_>>(200, "the error as it is now")
        .refuses(Reason::ErrorMerged, "one of the others is merged into another already");
    let path = "/projects/{project}/errors/{message}/unmerge";
    named(api.operation("post", path, "unmergeErrors", "Takes others out of an error again"))
        .says("Each comes back with all that is its own, also of the time since, and with what was merged into it before.")
        .body::<merge::Others>(example)
        .data::<merge::Unmerged<'_>>(200, "the error, and the others, as they are now")
        .refuses(Reason::ErrorMerged, "one of the others is merged into another");
}

fn in_bulk(api: &mut Description) {
    let errors = json!({
        "type": "array",
        "minItems": 1,
        "maxItems": bulk::MOST,
        "items": { "type": "string" },
        "description": "fingerprints or messages",
    });
    let filters = json!({
        "type": "object",
        "minProperties": 1,
        "additionalProperties": { "type": "string" },
        "description": "filters of the list, by their names",
    });
    let cursor = json!({ "type": ["string", "null"], "description": "`nextCursor` of the call before" });
    let is = |which: &str, schema: &Value, what: &str, wanted: Value| {
        let mut one = object(json!({ which: schema, what: wanted }), &[which, what]);
        if which == "where" {
            one["properties"]["cursor"] = cursor.clone();
        }
        one
    };
    let one_of: Vec<_> = [("errors", &errors), ("where", &filters)]
        .into_iter()
        .flat_map(|(which, schema)| {
            [is(which, schema, "change", change()), is(which, schema, "delete", json!({ "const": true }))]
        })
        .collect();
    let example = json!({ "errors": ["5f2b1c8e9a704d63b1e0c7a48f35d926"], "change": { "status": "resolved" } });
    let path = "/projects/{project}/errors";
    api.operation("patch", path, "updateErrors", "Changes or deletes many errors, at most 100 at a call")
        .says("Each error is changed for itself: what befalls one is said of that one, and the others are changed.")
        .project()
        .body_as("application/json", json!({ "type": "object", "oneOf": one_of }), example)
        .data::<bulk::Done>(200, "what became of each")
        .refuses(Reason::ParameterInvalid, "`cursor` or a filter has another form");
}

/// What somebody changes of an error. What goes with a status goes with that one only.
fn change() -> Value {
    let nothing = || json!({ "type": "null" });
    let is_false = || json!({ "const": false });
    let until = json!({ "type": ["string", "null"], "format": "date-time", "description": "until when it is muted" });
    let most = u32::MAX;
    let occurrences = json!({
        "type": ["integer", "null"], "minimum": 1, "maximum": most, "description": "for how many more occurrences it is muted"
    });
    let next = json!({ "type": "boolean", "description": "whether only occurrences in newer releases say otherwise" });
    let with = |status: Value, until: Value, occurrences: Value, next: Value, required: &str| {
        let assignee = json!({
            "type": ["string", "null"],
            "minLength": 1,
            "maxLength": MAX_ASSIGNEE,
            "description": "who is to look after it; null: nobody",
        });
        let properties = json!({
            "status": status, "until": until, "occurrences": occurrences, "inNextRelease": next, "assignee": assignee
        });
        json!({ "type": "object", "properties": properties, "required": [required] })
    };
    json!({ "anyOf": [
        with(json!({ "const": "resolved" }), nothing(), nothing(), next, "status"),
        with(json!({ "const": "unresolved" }), nothing(), nothing(), is_false(), "status"),
        with(json!({ "const": "muted" }), until, occurrences, is_false(), "status"),
        with(nothing(), nothing(), nothing(), is_false(), "assignee"),
    ] })
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

/// The error that a path names.
pub(crate) fn named(operation: Operation<'_>) -> Operation<'_> {
    operation
        .project()
        .parameter(
            "path",
            "message",
            "the error's message, percent-encoded and as long as you like, or its fingerprint",
            json!({ "type": "string", "minLength": 1 }),
        )
        .refuses(Reason::ErrorUnknown, "the project has no such error")
}

/// The minutes of a range in which an error occurred.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Minutes<'a> {
    /// How often it occurred in the range.
    pub(super) total_count: u64,
    /// How many minutes had any.
    pub(super) scanned_count: usize,
    /// These minutes.
    #[schemars(length(max = MAX_MINUTES))]
    pub(super) errors: Vec<TimelineEntry<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct Changed<'a> {
    pub(super) error: ErrorEntry<'a>,
}
