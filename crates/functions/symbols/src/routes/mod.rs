//! The routes of Sentry's API that uploaders call.

mod assemble;
mod chunks;
mod organization;
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
        .merge(releases::routes())
        .route("/api/0/organizations/{*path}", any(refuse))
        .route("/api/0/projects/{*path}", any(refuse))
        .route("/api/0/{*path}", any(refuse_other))
}

/// `GET /api/0/`: `sentry-cli info` and `login` ask for it.
async fn show(State(symbols): State<Arc<Symbols>>, _: Uploader) -> Response {
    let body = json!({ "version": "0", "auth": { "scopes": ["org:ci"] }, "user": null });
    symbols.answer(async { http_common::ok(&body) }).await
}

async fn refuse(State(symbols): State<Arc<Symbols>>, uri: Uri) -> Response {
    symbols.refuse(&path_unknown(&uri))
}

/// The caller is not an uploader: it may be an SDK that sends events to a project 0, which does not exist.
async fn refuse_other(State(symbols): State<Arc<Symbols>>, uri: Uri) -> Response {
    symbols.outcomes.refuse(&path_unknown(&uri))
}

fn path_unknown(uri: &Uri) -> Refusal {
    let message = format!(
        "faultline has no route {}: it accepts uploads of source maps (`sourcemaps upload`, bundler plugins)",
        uri.path()
    );
    Refusal::new(Reason::PathUnknown, message)
}
