//! OTLP over HTTP: `/v1/logs`, `/v1/traces` and `/v1/metrics`, alone and under `/otlp`.

mod export;
mod metrics;

use std::sync::Arc;

use axum::Router;
use http_common::describe::Description;

use crate::Ingest;

pub(crate) fn routes() -> Router<Arc<Ingest>> {
    Router::new().merge(export::routes()).merge(metrics::routes())
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("sending");
    export::describe(api);
    metrics::describe(api);
}
