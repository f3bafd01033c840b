//! Describes the routes of errors for the OpenAPI document.

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
use super::{brief, bulk, comments, history, list, merge, restore, tags};
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
        "description": "of a merged error: its parts, each as it would be without the merge, the error itself first",
    });
    let answer = json!({
        "type": "object",
        "required": ["error", "timeline"],
        "properties": { "error": shown, "timeline": timeline, "parts": parts },
    });
    describe_error_path(api.operation("get", "/projects/{project}/errors/{message}", "getError", "Shows an error"))
        .description(
            "Returns the error's fields together with those of its newest occurrence, and the timeline of a range. If all \
             occurrences have expired, returns only the error's fields, and `expired`.",
        )
        .query::<Timestamp>("start", "start of the timeline; default: the start of this month")
        .query::<Timestamp>("end", "end of the timeline, at most 400 days after its start; default: the end of this month")
        .data_as(200, "the error", answer);
    let path = "/projects/{project}/errors/{message}";
    describe_error_path(api.operation("patch", path, "updateError", "Resolves, mutes or assigns an error"))
        .body_as("application/json", patch_schema(), json!({ "status": "resolved" }))
        .data::<ChangedError<'_>>(200, "the error as it is now")
        .error(Reason::UserUnknown, "`assigneeUser` has no role in the project");
    describe_error_path(api.operation(
        "delete",
        "/projects/{project}/errors/{message}",
        "deleteError",
        "Deletes an error",
    ))
    .description(
        "The error disappears from all lists at once. If it has many occurrences, status 503 asks to repeat the request.",
    )
    .error(Reason::DeletionUnfinished, "the deletion is not finished: repeat the request")
    .empty_response(204, "the error is deleted, and its occurrences are erased from storage")
    .error(Reason::ErrorMerged, "the error is merged into another");
    tags::describe(api);
    brief::describe(api);
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
        "Lists the changes of an error and the comments on it, newest first",
    ))
    .limit(history::DEFAULT_ENTRIES, history::MAX_LISTED_ENTRIES)
    .query::<EntryId>("cursor", "`nextCursor` of the previous page")
    .data::<history::HistoryAnswer<'_>>(200, "a page of the history");
    let path = "/projects/{project}/errors/{message}/comments";
    describe_error_path(api.operation("post", path, "addComment", "Adds a comment to an error"))
        .body::<comments::CommentBody>(json!({ "text": "seen on staging, too" }))
        .data::<comments::AddedComment<'_>>(201, "the comment, as an entry of the history");
    let path = "/projects/{project}/errors/{message}/comments/{id}";
    describe_error_path(api.operation("delete", path, "deleteComment", "Deletes a comment"))
        .description("With a member's rights, only a comment of one's own. The history keeps an entry that a comment was deleted.")
        .path::<EntryId>("id", "the comment's id, as in the history")
        .empty_response(204, "the comment is deleted")
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
        "Restores the status, assignee and history of an error",
    ))
    .description("From an export. If the newest entry of the history already exists, nothing is changed.")
    .body::<restore::ErrorBackup>(json!({ "status": "resolved", "history": [entry] }))
    .data::<restore::Restored>(200, "whether anything was restored");
}

fn describe_merges(api: &mut Description) {
    let example = json!({ "errors": ["5f2b1c8e9a704d63b1e0c7a48f35d926"] });
    let path = "/projects/{project}/errors/{message}/merge";
    describe_error_path(api.operation("post", path, "mergeErrors", "Merges other errors into an error"))
        .description("From then on they are shown as one error, with all their past and future occurrences, counts and timelines.")
        .body::<merge::FingerprintList>(example.clone())
        .data::<merge::MergedError<'_>>(200, "the error as it is now")
        .error(Reason::ErrorMerged, "one of the other errors is already merged into another error");
    let path = "/projects/{project}/errors/{message}/unmerge";
    describe_error_path(api.operation("post", path, "unmergeErrors", "Undoes merges of an error"))
        .description("Each error gets its own occurrences back, including those since the merge, and the errors that were merged into it before.")
        .body::<merge::FingerprintList>(example)
        .data::<merge::UnmergedErrors<'_>>(200, "the error and the unmerged errors as they are now")
        .error(Reason::ErrorMerged, "one of the other errors is merged into a different error");
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
        "description": "filters of `GET /projects/{project}/errors`, by their names",
    });
    let cursor = json!({ "type": ["string", "null"], "description": "`nextCursor` of the previous call" });
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
    api.operation("patch", path, "updateErrors", "Changes or deletes up to 100 errors")
        .description(
            "Each error is changed independently: a failure is reported for that error, and the others are still changed.",
        )
        .project()
        .body_as("application/json", json!({ "type": "object", "oneOf": one_of }), example)
        .data::<bulk::BulkAnswer>(200, "the result for each error")
        .error(Reason::ParameterInvalid, "`cursor` or a filter is invalid");
}

/// The schema of a change of an error. Each status allows only its own options.
fn patch_schema() -> Value {
    let nothing = || json!({ "type": "null" });
    let is_false = || json!({ "const": false });
    let until = json!({ "type": ["string", "null"], "format": "date-time", "description": "when the mute ends; null: it has no time limit" });
    let most = u32::MAX;
    let occurrences = json!({
        "type": ["integer", "null"], "minimum": 1, "maximum": most, "description": "the number of further occurrences after which the mute ends"
    });
    let next =
        json!({ "type": "boolean", "description": "whether only occurrences in newer releases reopen the error" });
    let with = |status: Value, until: Value, occurrences: Value, next: Value, required: &str| {
        let assignee = json!({
            "type": ["string", "null"],
            "minLength": 1,
            "maxLength": MAX_ASSIGNEE,
            "description": "the name or email address of the assignee; null: nobody",
        });
        let properties = json!({
            "status": status, "until": until, "occurrences": occurrences, "inNextRelease": next, "assignee": assignee,
            "assigneeUser": { "type": "null" },
        });
        json!({ "type": "object", "properties": properties, "required": [required] })
    };
    json!({ "anyOf": [
        with(json!({ "const": "resolved" }), nothing(), nothing(), next, "status"),
        with(json!({ "const": "unresolved" }), nothing(), nothing(), is_false(), "status"),
        with(json!({ "const": "muted" }), until, occurrences, is_false(), "status"),
        with(nothing(), nothing(), nothing(), is_false(), "assignee"),
        assigns_user(),
    ] })
}

/// The schema of a change that assigns an error to a user.
fn assigns_user() -> Value {
    let says = "the id of a user with a role in the project; `me`: the user who asks";
    let user = json!({ "type": "string", "pattern": "^(me|[0-9A-Fa-f]{16})$", "description": says });
    let nothing = json!({ "type": "null" });
    let properties = json!({
        "status": nothing, "until": nothing, "occurrences": nothing, "inNextRelease": { "const": false },
        "assignee": nothing, "assigneeUser": user,
    });
    json!({ "type": "object", "properties": properties, "required": ["assigneeUser"] })
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}
