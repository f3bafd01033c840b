//! The routes of Sentry's API that uploaders call.

mod announce;
mod assemble;
mod chunks;
mod difs;
mod form;
mod organization;
mod release_files;
mod releases;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{any, get};
use http::Uri;
use model::outcome::{Reason, Refusal};
use serde_json::json;

use crate::Symbols;
use crate::uploader::Uploader;

pub(crate) fn all() -> Router<Arc<Symbols>> {
    Router::new()
        .route("/api/0", get(show))
        .merge(organization::routes())
        .merge(chunks::routes())
        .merge(assemble::routes())
        .merge(difs::routes())
        .merge(releases::routes())
        .merge(release_files::routes())
        .route("/api/0/{*path}", any(refuse))
}

/// `GET /api/0/`: `sentry-cli info` and `login` ask for it.
async fn show(State(symbols): State<Arc<Symbols>>, _: Uploader) -> Response {
    let body = json!({ "version": "0", "auth": { "scopes": ["org:ci"] }, "user": null });
    symbols.answer(async { http_common::ok(&body) }).await
}

/// Refuses an unknown path. A caller outside of the two trees that uploaders use is not an uploader: it may be an SDK that
/// sends events to a project 0, which does not exist, and gets the form of all other refusals.
async fn refuse(State(symbols): State<Arc<Symbols>>, uri: Uri) -> Response {
    let message = format!(
        "faultline has no route {}: it accepts uploads of source maps (`sourcemaps upload`, bundler plugins) and \
         ProGuard mappings (`upload-proguard`)",
        uri.path()
    );
    let refusal = Refusal::new(Reason::PathUnknown, message);
    let is_uploader = ["/api/0/organizations/", "/api/0/projects/"].iter().any(|tree| uri.path().starts_with(tree));
    if is_uploader { symbols.refuse(&refusal) } else { symbols.outcomes.refuse(&refusal) }
}
