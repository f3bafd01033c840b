//! The endpoints of the Sentry protocol, for any official SDK.

mod answer;
mod crash;
mod credentials;
mod describe;
mod envelope;
mod security;
mod store;

use std::sync::Arc;

use axum::Router;
pub(crate) use describe::describe;

use crate::Ingest;

pub(crate) fn routes() -> Router<Arc<Ingest>> {
    Router::new().merge(envelope::routes()).merge(store::routes()).merge(security::routes()).merge(crash::routes())
}
