//! The routes of Bugsnag's clients. Their paths are our own: clients take whole addresses.

mod notify;
mod sessions;

use std::sync::Arc;

use axum::Router;
use http_common::describe::Description;

use crate::Ingest;

pub(crate) fn routes() -> Router<Arc<Ingest>> {
    Router::new().merge(notify::route()).merge(sessions::route())
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("sending");
    notify::describe(api);
    sessions::describe(api);
}
