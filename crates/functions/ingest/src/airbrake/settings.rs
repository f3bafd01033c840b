//! `GET /2020-06-18/config/{project}/config.json`: the settings that clients fetch when they start.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http_common::describe::Description;
use serde_json::json;

use crate::Ingest;

/// How often clients fetch the settings again, in seconds.
const POLL_SECONDS: u32 = 3_600;

pub(super) fn route() -> Router<Arc<Ingest>> {
    Router::new().route("/2020-06-18/config/{project}/config.json", get(show))
}

pub(super) fn describe(api: &mut Description) {
    let settings = json!({ "type": "object", "required": ["poll_sec", "config_route", "settings"], "properties": {
        "project_id": { "type": "integer" },
        "updated_at": { "type": "integer" },
        "poll_sec": { "type": "integer" },
        "config_route": { "type": "string" },
        "settings": { "type": "array", "maxItems": 2, "items": { "type": "object" } },
    } });
    api.operation(
        "get",
        "/2020-06-18/config/{project}/config.json",
        "getAirbrakeSettings",
        "Returns settings for clients of Airbrake",
    )
    .open()
    .description("They are the same for every project: errors are sent, performance is not.")
    .parameter("path", "project", "any text", json!({ "type": "string", "minLength": 1 }))
    .response_as(200, "the settings", "application/json", settings);
}

async fn show(State(ingest): State<Arc<Ingest>>, Path(project): Path<String>) -> Response {
    let settings = json!({
        "project_id": project.parse::<u32>().unwrap_or_default(),
        "updated_at": 0,
        "poll_sec": POLL_SECONDS,
        "config_route": format!("2020-06-18/config/{}/config.json", http_common::encode_segment(&project)),
        "settings": [
            { "name": "errors", "enabled": true, "endpoint": null },
            { "name": "apm", "enabled": false, "endpoint": null },
        ],
    });
    ingest.answer(async { http_common::ok(&settings) }).await
}
