//! `GET /dead-notices`, `POST /dead-notices/redrive`: notifications that could not be delivered, and sending them again
//! after a fix.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use http::Request;
use http_common::describe::Description;
use http_common::{AdministeredProject, Answer, StackAdmin};
use model::audit::{AuditAction, AuditEvent};
use model::outcome::{Reason, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Routes;
use super::body;
use crate::deadline::MAX_MESSAGE_TIME;
use crate::{DeadNotice, Deadline, Redriven};

/// Maximum number of listed notifications.
const MAX_LISTED_NOTICES: usize = 100;
/// How long a redrive may begin to move letters and to send messages. With the longest message that is less than the 30 s
/// for which API Gateway waits for an answer. The next sweep sends the rest.
const MAX_REDRIVE_TIME: Duration = Duration::from_secs(4);
const _: () = assert!(MAX_REDRIVE_TIME.as_secs() + MAX_MESSAGE_TIME.as_secs() < 30, "API Gateway gives up");

pub(super) fn routes() -> Router<Arc<Routes>> {
    Router::new()
        .route("/dead-notices", get(list_handler))
        .route("/dead-notices/redrive", post(redrive_handler))
        .route("/projects/{project}/rules/failed", get(failed_handler))
        .route("/projects/{project}/rules/retry", post(retry_handler))
}

pub(super) fn describe(api: &mut Description) {
    api.tag("dead letters");
    api.operation(
        "get",
        "/dead-notices",
        "listDeadNotices",
        "Lists notifications that could not be delivered, and why",
    )
    .description("At most 100 of them.")
    .data::<Notices>(200, "the notifications, with rule, target and reason");
    api.operation("post", "/dead-notices/redrive", "redriveDeadNotices", "Sends undelivered notifications again")
        .description("Fix the cause first. If a rule has another target now, its notifications are sent there.")
        .body::<NoticeSelection>(json!({}))
        .data::<RedriveResult>(200, "how many are sent again");
    let failed = "Lists a project's notifications that could not be delivered";
    api.operation("get", "/projects/{project}/rules/failed", "listFailedNotices", failed)
        .description("Each with its rule, target and reason. `GET /dead-notices` lists those of all projects.")
        .project()
        .data::<Notices>(200, "the notifications");
    api.operation(
        "post",
        "/projects/{project}/rules/retry",
        "retryFailedNotices",
        "Sends a project's undelivered notifications again",
    )
    .description("Fix the cause first. Notifications that were delivered in the meantime are not sent again.")
    .project()
    .body::<NoticeSelection>(json!({}))
    .data::<RedriveResult>(200, "how many are sent again");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct Notices {
    #[schemars(length(max = MAX_LISTED_NOTICES))]
    dead_notices: Vec<DeadNotice>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct RedriveResult {
    redriven: Redriven,
}

async fn list_handler(State(routes): State<Arc<Routes>>, _: StackAdmin) -> Response {
    routes.answer(list(&routes)).await
}

async fn redrive_handler(State(routes): State<Arc<Routes>>, admin: StackAdmin, request: Request<Body>) -> Response {
    routes.answer(redrive(&routes, &admin, request)).await
}

async fn failed_handler(State(routes): State<Arc<Routes>>, project: AdministeredProject) -> Response {
    routes.answer(list_of_project(&routes, &project)).await
}

async fn retry_handler(
    State(routes): State<Arc<Routes>>,
    project: AdministeredProject,
    request: Request<Body>,
) -> Response {
    routes.answer(retry(&routes, &project, request)).await
}

async fn list_of_project(routes: &Routes, project: &AdministeredProject) -> Answer {
    let mut dead_notices = routes.notify.dead_notices_of(project.id).await?;
    dead_notices.truncate(MAX_LISTED_NOTICES);
    http_common::data(Notices { dead_notices })
}

async fn retry(routes: &Routes, project: &AdministeredProject, request: Request<Body>) -> Answer {
    let NoticeSelection { ids } = read_selection(request).await?;
    let redriven = routes.notify.redrive_of(Some(project.id), ids.as_ref(), Deadline::within(MAX_REDRIVE_TIME)).await?;
    let event = AuditEvent::new(AuditAction::DeadNoticesRedriven).in_project(&project.name);
    routes.record(project.caller(), event).await;
    http_common::data(RedriveResult { redriven })
}

async fn read_selection(request: Request<Body>) -> Result<NoticeSelection, Refusal> {
    let body = body::read(request, MAX_BODY_BYTES, BODY_FORM).await?;
    serde_json::from_value(body)
        .map_err(|_| Refusal::new(Reason::BodyInvalid, format!("the body is not valid: send {BODY_FORM}")))
}

async fn list(routes: &Routes) -> Answer {
    let dead_notices = routes.notify.dead_notices(MAX_LISTED_NOTICES).await?;
    http_common::data(Notices { dead_notices })
}

/// Maximum size of a body, in bytes: enough for the ids of all listed notifications.
const MAX_BODY_BYTES: usize = 64 << 10;
const BODY_FORM: &str = "an object with `ids` (a list of ids), or {} for all";

/// Selects notifications that could not be delivered.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "WhichDeadNotices")]
struct NoticeSelection {
    /// Ids from the list; all if missing.
    #[schemars(with = "Option<Vec<String>>")]
    ids: Option<HashSet<String>>,
}

async fn redrive(routes: &Routes, admin: &StackAdmin, request: Request<Body>) -> Answer {
    let NoticeSelection { ids } = read_selection(request).await?;
    let redriven = routes.notify.redrive(ids.as_ref(), Deadline::within(MAX_REDRIVE_TIME)).await?;
    routes.record(admin.caller(), AuditEvent::new(AuditAction::DeadNoticesRedriven)).await;
    http_common::data(RedriveResult { redriven })
}
