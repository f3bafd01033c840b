//! `GET /projects/{project}/source-maps`: uploads, newest first.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::Uri;
use http_common::describe::Description;
use http_common::{Answer, ReadableProject};
use model::id::UploadId;
use schemars::JsonSchema;
use serde::Serialize;

use super::UploadEntry;
use crate::Query;
use crate::list::Parameters;

/// The most uploads per page: each may take up to 100 KB of the table.
const MAX_UPLOADS: usize = 50;
const DEFAULT_UPLOADS: usize = 20;

const PATH: &str = "/projects/{project}/source-maps";

pub(super) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}/source-maps", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation(
        "get",
        PATH,
        "listSourceMaps",
        "Lists the uploads of source maps and ProGuard mappings of a project, newest first",
    )
    .project()
    .limit(DEFAULT_UPLOADS, MAX_UPLOADS)
    .query::<UploadId>("cursor", "`nextCursor` of the previous page")
    .data::<UploadsAnswer<'_>>(200, "a page of uploads");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct UploadsAnswer<'a> {
    #[schemars(length(max = MAX_UPLOADS))]
    uploads: Vec<UploadEntry<'a>>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<UploadId>,
}

async fn handle(State(query): State<Arc<Query>>, project: ReadableProject, uri: Uri) -> Response {
    query.answer(list(&query, &project, &uri)).await
}

async fn list(query: &Query, project: &ReadableProject, uri: &Uri) -> Answer {
    let parameters = Parameters::parse(uri);
    let limit = parameters.limit(DEFAULT_UPLOADS, MAX_UPLOADS)?;
    let before = parameters.parsed("cursor", UploadId::parse)?;
    let page = query.stores.source_maps.uploads(project.id, before.as_ref(), limit).await?;
    let uploads = page.items.iter().map(UploadEntry::new).collect();
    http_common::data(UploadsAnswer { uploads, next_cursor: page.next })
}
