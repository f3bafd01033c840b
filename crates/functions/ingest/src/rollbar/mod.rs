//! The routes of Rollbar's clients.

mod item;
mod session;

use std::sync::Arc;

use axum::Router;
use http_common::describe::Description;

use crate::Ingest;

pub(crate) fn routes() -> Router<Arc<Ingest>> {
    Router::new().merge(item::route()).merge(session::route())
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("sending");
    item::describe(api);
    session::describe(api);
}
