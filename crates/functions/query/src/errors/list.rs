//! `GET /projects/{project}/errors`

use std::sync::Arc;

use crate::views::{self, ErrorEntry};
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::Uri;
use http_common::describe::Description;
use http_common::{Answer, ProjectReader};
use model::error::Status;
use schemars::JsonSchema;
use search::Sort;
use serde::Serialize;
use serde_json::json;

use super::find::{Cursor, ErrorSearch, FoundErrors, MAX_LISTED_ERRORS};
use crate::Query;
use crate::list::Parameters;

pub(super) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}/errors", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    let text = || json!({ "type": "string", "maxLength": 200 });
    let moment = || json!({ "type": "string", "format": "date-time" });
    let levels = ["fatal", "error", "warning", "info", "debug"];
    let mut operation = api
        .operation(
            "get",
            "/projects/{project}/errors",
            "listErrors",
            "Lists or searches the errors of a project, in one of four orders",
        )
        .project()
        .query::<Status>("status", "only errors with this status")
        .query_as("level", "only errors seen with this level", json!({ "type": "string", "enum": levels }));
    let words = json!({ "type": "string", "pattern": "[0-9A-Za-z]", "maxLength": 200 });
    let says = "only errors with all of these words (at most eight) in type, message, culprit or names of frames";
    operation = operation.query_as("text", says, words);
    for (name, is) in [
        ("environment", "only errors seen in this environment"),
        ("release", "only errors seen in this release"),
        ("platform", "only errors of this platform"),
        ("assignee", "only errors assigned to this name or email address; `me`: to the user who asks"),
        ("firstRelease", "only errors first seen in this release"),
        ("regressedIn", "only errors that regressed in this release"),
    ] {
        operation = operation.query_as(name, is, text());
    }
    let tag = json!({ "type": "string", "pattern": "^[^:]+:.+$", "maxLength": 200 });
    operation = operation.query_as("tag", "`key:value`: only errors seen with this tag", tag);
    for (name, is) in [
        ("firstSeenFrom", "only errors first seen at this time or later"),
        ("firstSeenTo", "only errors first seen before this time"),
        ("lastSeenFrom", "only errors last seen at this time or later"),
        ("lastSeenTo", "only errors last seen before this time"),
    ] {
        operation = operation.query_as(name, is, moment());
    }
    let cursor = json!({ "type": "string", "pattern": "^[-_0-9A-Za-z]*$", "maxLength": Cursor::MAX_BYTES });
    let sorts = Sort::ALL.map(Sort::as_str);
    operation
        .query_as("sort", "the sort order, highest or latest value first", json!({ "type": "string", "enum": sorts }))
        .limit(MAX_LISTED_ERRORS, MAX_LISTED_ERRORS)
        .query_as("cursor", "`nextCursor` of the previous page, with the same `sort`", cursor)
        .data::<ErrorsAnswer<'_>>(200, "a page of errors");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Errors")]
struct ErrorsAnswer<'a> {
    /// The number of matching errors on this page.
    scanned_count: usize,
    #[schemars(length(max = MAX_LISTED_ERRORS))]
    errors: Vec<ErrorEntry<'a>>,
    /// Errors that may match. They have more tags, or more values of a tag, than are kept for searching.
    #[schemars(length(max = MAX_LISTED_ERRORS))]
    uncertain: Vec<ErrorEntry<'a>>,
    /// The number of errors that were searched: at most 400.
    examined: usize,
    /// The `cursor` of the next page; null on the last page. A page that is not full may have one: the search stopped
    /// after 400 errors, and the next request continues it.
    next_cursor: Option<String>,
}

async fn handle(State(query): State<Arc<Query>>, reader: ProjectReader, uri: Uri) -> Response {
    query.answer(list(&query, &reader, &uri)).await
}

async fn list(query: &Query, reader: &ProjectReader, uri: &Uri) -> Answer {
    let search = ErrorSearch::parse(&Parameters::parse(uri), reader.caller())?;

    let project = reader.load_project(query).await?;
    let found = query.find(project.id, &search).await?;
    let FoundErrors { errors, uncertain, examined, next } = found;
    let next_cursor = next.map(|next| next.encode());
    let [errors, uncertain] = [&errors, &uncertain]
        .map(|errors| errors.iter().map(|error| views::describe_error(&project.name, error)).collect::<Vec<_>>());
    http_common::data(ErrorsAnswer { scanned_count: errors.len(), errors, uncertain, examined, next_cursor })
}
