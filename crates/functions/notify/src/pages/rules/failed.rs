//! Undelivered notifications on the page of a project's rules.

use http::Method;
use rules::DeadNotice;
use serde::Deserialize;
use serde_json::json;
use web_pages::{FailedRow, Moment};
use web_session::address::encoded;
use web_session::{ApiRefusal, PageRefusal, Pages, Visit};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeadNoticeList {
    dead_notices: Vec<DeadNotice>,
}

/// Returns a project's notifications that could not be delivered, oldest first.
pub(super) async fn list(pages: &Pages, visit: &Visit, project: &str) -> Result<Vec<FailedRow>, PageRefusal> {
    let DeadNoticeList { mut dead_notices } =
        pages.get(visit, &format!("/projects/{}/rules/failed", encoded(project))).await?;
    dead_notices.sort_by_key(|notice| notice.since);
    let row = |notice: DeadNotice| FailedRow {
        id: notice.id,
        since: Moment::new(notice.since, visit.now),
        action: notice.project_name.as_ref().map(|name| format!("/pages/projects/{}/rules", encoded(name.as_str()))),
        project: notice.project_name.map(|name| name.to_string()),
        rule: notice.rule,
        rule_name: notice.rule_name,
        target: notice.target,
        notices: notice.notices,
        reason: notice.reason,
    };
    Ok(dead_notices.into_iter().map(row).collect())
}

/// Sends the notifications of one dead letter again, or all of the project.
pub(super) async fn retry(
    pages: &Pages,
    visit: &Visit,
    project: &str,
    id: Option<&str>,
) -> Result<Result<(), ApiRefusal>, PageRefusal> {
    let path = format!("/projects/{}/rules/retry", encoded(project));
    let body = id.map_or_else(|| json!({}), |id| json!({ "ids": [id] }));
    Ok(pages.try_call(visit, Method::POST, &path, &body).await?.map(drop))
}
