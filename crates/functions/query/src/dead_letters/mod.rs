//! `/dead-letters`: what could not be processed.

mod list;
mod redrive;

use std::sync::Arc;

use axum::Router;
use http_common::describe::Description;

use crate::Query;

/// How many letters one call looks at: a queue gives ten at a time.
const MAX_LETTERS_READ: usize = 1_000;

pub(crate) fn describe(api: &mut Description) {
    api.tag("dead letters");
    list::describe(api);
    redrive::describe(api);
}

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new().merge(list::route()).merge(redrive::route())
}
