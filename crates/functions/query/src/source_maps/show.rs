//! `GET /projects/{project}/source-maps/{upload}`: an upload with its files.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::Uri;
use http_common::describe::Description;
use http_common::{Answer, ReadableProject};
use model::id::UploadId;
use model::outcome::Reason;
use schemars::JsonSchema;
use serde::Serialize;
use store::ports::Upload;

use super::{FileEntry, UploadEntry, find};
use crate::Query;

const PATH: &str = "/projects/{project}/source-maps/{upload}";

pub(super) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}/source-maps/{upload}", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", PATH, "getSourceMaps", "Shows an upload of source maps with its files")
        .project()
        .path::<UploadId>("upload", "the upload's id, as the list has it")
        .data::<UploadAnswer<'_>>(200, "the upload")
        .error(Reason::ParameterInvalid, "this is not the id of an upload")
        .error(Reason::UploadUnknown, "there is no such upload, or it has expired");
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct UploadAnswer<'a> {
    upload: UploadEntry<'a>,
    /// Its files, those with problems first; of a large upload the first 500.
    #[schemars(length(max = Upload::MAX_FILES))]
    files: Vec<FileEntry<'a>>,
}

async fn handle(State(query): State<Arc<Query>>, project: ReadableProject, uri: Uri) -> Response {
    query.answer(show(&query, &project, &uri)).await
}

async fn show(query: &Query, project: &ReadableProject, uri: &Uri) -> Answer {
    let upload = find(query, project.id, uri.path()).await?;
    let files = upload.files.iter().map(FileEntry::new).collect();
    http_common::data(UploadAnswer { upload: UploadEntry::new(&upload), files })
}
