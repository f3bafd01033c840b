//! `DELETE /projects/{project}/source-maps/{upload}`: removes an upload and its maps.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::delete;
use http::Uri;
use http_common::describe::Description;
use http_common::{AdministeredProject, Answer};
use model::audit::{AuditAction, AuditEvent};
use model::id::UploadId;
use model::outcome::Reason;

use super::find;
use crate::Query;

const PATH: &str = "/projects/{project}/source-maps/{upload}";

pub(super) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}/source-maps/{upload}", delete(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("delete", PATH, "deleteSourceMaps", "Deletes an upload of source maps")
        .description(
            "Maps that a later upload replaced are not affected. Events that were mapped keep their original frames.",
        )
        .project()
        .path::<UploadId>("upload", "the upload's id, as the list has it")
        .empty_response(204, "the upload is deleted; other processes may use its maps for up to a minute")
        .error(Reason::ParameterInvalid, "this is not the id of an upload")
        .error(Reason::UploadUnknown, "there is no such upload, or it has expired");
}

async fn handle(State(query): State<Arc<Query>>, project: AdministeredProject, uri: Uri) -> Response {
    query.answer(remove(&query, &project, &uri)).await
}

/// The items first: an item must not outlive what it refers to.
async fn remove(query: &Query, project: &AdministeredProject, uri: &Uri) -> Answer {
    let upload = find(query, project.id, uri.path()).await?;
    query.stores.source_maps.remove_upload(project.id, &upload, query.clock.now()).await?;
    query.stores.symbol_files.remove_maps(project.id, &upload.id).await?;
    let event = AuditEvent::new(AuditAction::SourceMapsDeleted).of(upload.id).in_project(&project.name);
    query.record(project.caller(), event).await;
    http_common::no_content()
}
