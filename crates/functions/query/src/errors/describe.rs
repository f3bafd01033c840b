//! What the API's description says of errors.

use crate::views::ErrorEntry;
use http_common::describe::Description;
use model::error::MergeFamily;
use model::error::history::EntryId;
use model::outcome::Reason;
use model::time::Timestamp;
use serde_json::{Value, json};

use super::operation::describe_error_path;
use super::show::Minutes;
use super::update::{ChangedError, MAX_ASSIGNEE};
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
    describe_error_path(api.operation("get", "/projects/{project}/errors/{message}", "getError", "Shows an error"))
        .description(
            "The newest occurrence, with what its error knows beside it (if all occurrences have expired, only that, \
             and `expired`), and the timeline of a range.",
        )
        .query::<Timestamp>("start", "where the timeline begins; without, with this month")
        .query::<Timestamp>("end", "where it ends, at most 400 days later; without, with this month")
        .data_as(200, "the error", answer);
    let path = "/projects/{project}/errors/{message}";
    describe_error_path(api.operation("patch", path, "updateError", "Resolves, mutes or assigns an error"))
        .body_as("application/json", patch_schema(), json!({ "status": "resolved" }))
        .data::<ChangedError<'_>>(200, "the error as it is now");
    describe_error_path(api.operation(
        "delete",
        "/projects/{project}/errors/{message}",
        "deleteError",
        "Deletes an error",
    ))
    .description(
        "It leaves all lists at once. What has many occurrences takes more than one call: 503 says to repeat it.",
    )
    .error(Reason::DeletionUnfinished, "there is more to delete: repeat the request")
    .empty_response(204, "the error is gone, and its occurrences are blanked where they lie")
    .error(Reason::ErrorMerged, "the error is merged into another");
    tags::describe(api);
    describe_merges(api);
    describe_history(api);
    describe_restore(api);
    describe_bulk(api);
}

fn describe_history(api: &mut Description) {
    let path = "/projects/{project}/errors/{message}/history";
    describe_error_path(api.operation(
        "get",
        path,
        "listHistory",
        "Lists who did what to an error, and said what, the newest first",
    ))
    .limit(history::DEFAULT_ENTRIES, history::MAX_LISTED_ENTRIES)
    .query::<EntryId>("cursor", "`nextCursor` of the page before")
    .data::<history::HistoryAnswer<'_>>(200, "a page of the history");
    let path = "/projects/{project}/errors/{message}/comments";
    describe_error_path(api.operation("post", path, "addComment", "Says something about an error"))
        .body::<comments::CommentBody>(json!({ "text": "seen on staging, too" }))
        .data::<comments::AddedComment<'_>>(201, "the comment, as the history has it");
    let path = "/projects/{project}/errors/{message}/comments/{id}";
    describe_error_path(api.operation("delete", path, "deleteComment", "Takes a comment away"))
        .description("That it was there stays in the history.")
        .path::<EntryId>("id", "the comment's id, as in the history")
        .empty_response(204, "the comment is gone")
        .error(Reason::CommentUnknown, "the error has no such comment");
}

fn describe_restore(api: &mut Description) {
    let entry = json!({
        "id": "01KGZ3M5V00000000000000007", "at": "2026-11-02T00:01:00Z", "by": { "kind": "operator" }, "what": "resolved",
    });
    let path = "/projects/{project}/errors/{message}/restore";
    describe_error_path(api.operation(
        "post",
        path,
        "restoreError",
        "Takes back what people had set of an error elsewhere",
    ))
    .description("As an export has it. If the newest entry is there already, nothing is changed.")
    .body::<restore::ErrorBackup>(json!({ "status": "resolved", "history": [entry] }))
    .data::<restore::Restored>(200, "whether anything was restored");
}

fn describe_merges(api: &mut Description) {
    let example = json!({ "errors": ["5f2b1c8e9a704d63b1e0c7a48f35d926"] });
    let path = "/projects/{project}/errors/{message}/merge";
    describe_error_path(api.operation("post", path, "mergeErrors", "Merges others into an error"))
        .description("They are one from now on, with the occurrences, counts and timeline of all, past and future.")
        .body::<merge::FingerprintList>(example.clone())
        .data::<merge::MergedError<'_>>(200, "the error as it is now")
        .error(Reason::ErrorMerged, "one of the others is merged into another already");
    let path = "/projects/{project}/errors/{message}/unmerge";
    describe_error_path(api.operation("post", path, "unmergeErrors", "Takes others out of an error again"))
        .description("Each comes back with all that is its own, also of the time since, and with what was merged into it before.")
        .body::<merge::FingerprintList>(example)
        .data::<merge::UnmergedErrors<'_>>(200, "the error, and the others, as they are now")
        .error(Reason::ErrorMerged, "one of the others is merged into another");
}

fn describe_bulk(api: &mut Description) {
    let errors = json!({
        "type": "array",
        "minItems": 1,
        "maxItems": bulk::MAX_CHANGED_ERRORS,
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
            [is(which, schema, "change", patch_schema()), is(which, schema, "delete", json!({ "const": true }))]
        })
        .collect();
    let example = json!({ "errors": ["5f2b1c8e9a704d63b1e0c7a48f35d926"], "change": { "status": "resolved" } });
    let path = "/projects/{project}/errors";
    api.operation("patch", path, "updateErrors", "Changes or deletes many errors, at most 100 at a call")
        .description(
            "Each error is changed for itself: what befalls one is said of that one, and the others are changed.",
        )
        .project()
        .body_as("application/json", json!({ "type": "object", "oneOf": one_of }), example)
        .data::<bulk::BulkAnswer>(200, "what became of each")
        .error(Reason::ParameterInvalid, "`cursor` or a filter has another form");
}

/// What somebody changes of an error. What goes with a status goes with that one only.
fn patch_schema() -> Value {
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
