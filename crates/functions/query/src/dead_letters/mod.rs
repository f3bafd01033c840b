//! `/dead-letters`: messages that could not be processed.

mod list;
mod redrive;

use std::sync::Arc;

use axum::Router;
use http_common::describe::Description;

use crate::Query;

/// The most dead letters that one call reads. A queue returns ten at a time.
const MAX_LETTERS_READ: usize = 1_000;

pub(crate) fn describe(api: &mut Description) {
    api.tag("dead letters");
    list::describe(api);
    redrive::describe(api);
}

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new().merge(list::route()).merge(redrive::route())
}
