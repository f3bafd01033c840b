//! Calls of clients whose content is not stored: performance (`/api/v5/projects/{project}/…-stats`) and deploys
//! (`/api/v4/projects/{project}/deploys`).

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http_common::describe::Description;
use serde_json::json;

use crate::Ingest;

const FIGURES: [(&str, &str, &str); 4] = [
    ("/api/v5/projects/{project}/routes-stats", "postRoutesStats", "putRoutesStats"),
    ("/api/v5/projects/{project}/routes-breakdowns", "postRoutesBreakdowns", "putRoutesBreakdowns"),
    ("/api/v5/projects/{project}/queries-stats", "postQueriesStats", "putQueriesStats"),
    ("/api/v5/projects/{project}/queues-stats", "postQueuesStats", "putQueuesStats"),
];

pub(super) fn routes() -> Router<Arc<Ingest>> {
    // The client for Ruby uses PUT.
    let figures = || post(drop_figures).put(drop_figures);
    Router::new()
        .route("/api/v5/projects/{project}/routes-stats", figures())
        .route("/api/v5/projects/{project}/routes-breakdowns", figures())
        .route("/api/v5/projects/{project}/queries-stats", figures())
        .route("/api/v5/projects/{project}/queues-stats", figures())
        .route("/api/v4/projects/{project}/deploys", post(answer_deploy))
}

pub(super) fn describe(api: &mut Description) {
    let project = || json!({ "type": "string", "minLength": 1 });
    for (path, post, put) in FIGURES {
        for (method, id) in [("post", post), ("put", put)] {
            api.operation(method, path, id, "Answers figures of clients of Airbrake about performance")
                .open()
                .description("They are not stored. The body is not read.")
                .parameter("path", "project", "any text", project())
                .empty_response(204, "the figures are counted as not stored");
        }
    }
    api.operation(
        "post",
        "/api/v4/projects/{project}/deploys",
        "postDeploy",
        "Answers notes of clients of Airbrake about deployments",
    )
    .open()
    .description("They are not stored: a release is known from its first error on. The body is not read.")
    .parameter("path", "project", "any text", project())
    .response_as(201, "the deployment is counted as not stored", "application/json", json!({ "type": "object" }));
}

async fn drop_figures(State(ingest): State<Arc<Ingest>>) -> Response {
    ingest.count_not_stored();
    ingest.answer(async { http_common::no_content() }).await
}

async fn answer_deploy(State(ingest): State<Arc<Ingest>>) -> Response {
    ingest.count_not_stored();
    ingest.answer(async { http_common::created(&json!({})) }).await
}
