//! `GET /audit-log` in a browser: who did what, for owners of the installation.

use axum::extract::State;
use http::Uri;
use model::audit::{AUDIT_KEPT_DAYS, AuditAction, AuditChange, AuditEntry};
use serde::Deserialize;
use serde_json::Value;
use web_pages::{AuditChangeRow, AuditFields, AuditLogPage, AuditRow, Moment};
use web_session::address::with_query;
use web_session::{PageResult, Pages, Visit, page};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiAuditLog {
    entries: Vec<AuditEntry>,
    next_cursor: Option<String>,
}

pub(super) async fn show(State(pages): State<Pages>, visit: Visit, uri: Uri) -> PageResult {
    let parameters = http_common::parse_query(uri.query());
    let field = |wanted: &str| {
        let found = parameters.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let (filter, cursor) =
        (AuditFields { what: field("what"), by: field("by"), project: field("project") }, field("cursor"));
    let filters = [("what", filter.what.as_str()), ("by", filter.by.as_str()), ("project", filter.project.as_str())];
    let here = |cursor: &str| with_query("/audit-log", filters.into_iter().chain([("cursor", cursor)]));
    let list: ApiAuditLog = pages.get(&visit, &here(&cursor)).await?;
    Ok(page(&AuditLogPage {
        frame: visit.frame("Audit log"),
        kept_days: AUDIT_KEPT_DAYS,
        actions: AuditAction::ALL.iter().map(|action| action.as_str()).collect(),
        rows: list.entries.into_iter().map(|entry| draw_row(entry, &visit)).collect(),
        next: list.next_cursor.map(|cursor| here(&cursor)),
        filter,
    }))
}

fn draw_row(entry: AuditEntry, visit: &Visit) -> AuditRow {
    let AuditEntry { at, by, address, event, .. } = entry;
    let text = |value: Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        value => value.to_string(),
    };
    let change =
        |AuditChange { field, before, after }| AuditChangeRow { field, before: text(before), after: text(after) };
    AuditRow {
        at: Moment::new(at, visit.now),
        by: by.to_string(),
        what: event.what.to_string(),
        project: event.project.map(|project| project.to_string()),
        subject: event.subject,
        name: event.name,
        address,
        changes: event.changes.into_iter().map(change).collect(),
    }
}
