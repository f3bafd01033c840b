//! `/keys`

mod create;

use std::sync::Arc;

use axum::Router;

use crate::Query;

pub(crate) fn routes() -> Router<Arc<Query>> {
    create::route()
}
