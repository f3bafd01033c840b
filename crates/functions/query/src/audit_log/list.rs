//! `GET /audit-log`: the audit log, newest first.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::Uri;
use http_common::describe::Description;
use http_common::{Answer, StackAdmin};
use model::audit::{AUDIT_KEPT_DAYS, AuditAction, AuditEntry};
use model::error::history::{Actor, EntryId};
use model::id::ProjectName;
use model::outcome::Reason;
use model::time::{SECONDS_PER_DAY, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::Query;
use crate::list::{Parameters, parse_moment, refuse_parameter};

/// The most entries per page.
const MAX_LISTED_ENTRIES: usize = 200;
const DEFAULT_ENTRIES: usize = 50;
/// The most entries that a request with filters reads.
const MAX_ENTRIES_READ: usize = 400;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/audit-log", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    let actions: Vec<_> = AuditAction::ALL.iter().map(|action| action.as_str()).collect();
    api.operation("get", "/audit-log", "listAuditLog", "Lists who did what in the installation, newest first")
        .description(&format!(
            "Entries are kept for {AUDIT_KEPT_DAYS} days. With filters, a request reads at most {MAX_ENTRIES_READ} entries: a page may \
             have fewer than `limit`, and still a next page.",
        ))
        .query_as("what", "only this action", json!({ "type": "string", "enum": actions }))
        .query::<String>("by", "only of this actor: the id of a user or key, or a part of the name")
        .query::<ProjectName>("project", "only what concerns this project")
        .query::<String>("subject", "only what concerns this key, user, token or invitation, by its id")
        .query::<Timestamp>("start", "only from this time on")
        .query::<Timestamp>("end", "only before this time")
        .limit(DEFAULT_ENTRIES, MAX_LISTED_ENTRIES)
        .query::<EntryId>("cursor", "`nextCursor` of the previous page")
        .data::<AuditAnswer>(200, "a page of the log")
        .error(Reason::ParameterInvalid, "a filter is invalid");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "AuditLog")]
struct AuditAnswer {
    #[schemars(length(max = MAX_LISTED_ENTRIES))]
    entries: Vec<AuditEntry>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<EntryId>,
}

/// The filters of a request.
struct AuditFilter {
    what: Option<AuditAction>,
    by: Option<String>,
    project: Option<ProjectName>,
    subject: Option<String>,
}

impl AuditFilter {
    fn is_empty(&self) -> bool {
        self.what.is_none() && self.by.is_none() && self.project.is_none() && self.subject.is_none()
    }

    fn matches(&self, entry: &AuditEntry) -> bool {
        let event = &entry.event;
        self.what.is_none_or(|what| event.what == what)
            && self.by.as_ref().is_none_or(|by| is_by(&entry.by, by))
            && self.project.as_ref().is_none_or(|project| event.project.as_ref() == Some(project))
            && self.subject.as_ref().is_none_or(|subject| event.subject.as_ref() == Some(subject))
    }
}

/// Whether the actor has this id, or this text in the name.
fn is_by(actor: &Actor, by: &str) -> bool {
    let id = match actor {
        Actor::Key { id, .. } => Some(id.to_string()),
        Actor::User { id, .. } => Some(id.to_string()),
        _ => None,
    };
    id.as_deref() == Some(by) || actor.to_string().to_lowercase().contains(&by.to_lowercase())
}

async fn handle(State(query): State<Arc<Query>>, _: StackAdmin, uri: Uri) -> Response {
    query.answer(list(&query, &uri)).await
}

async fn list(query: &Query, uri: &Uri) -> Answer {
    let parameters = Parameters::parse(uri);
    let limit = parameters.limit(DEFAULT_ENTRIES, MAX_LISTED_ENTRIES)?;
    let text = |name| parameters.get(name).map(str::to_owned);
    let filter = AuditFilter {
        what: parameters.parsed("what", |word| AuditAction::parse(word).ok_or("this is not an action"))?,
        by: text("by"),
        project: parameters.parsed("project", ProjectName::parse)?,
        subject: text("subject"),
    };
    let now = query.clock.now();
    let kept_from = now.plus_seconds(-AUDIT_KEPT_DAYS * SECONDS_PER_DAY);
    let start = parameters.parsed("start", parse_moment)?.unwrap_or(kept_from).max(kept_from);
    // The newest entry is of this millisecond.
    let end = parameters.parsed("end", parse_moment)?.unwrap_or_else(|| now.plus_seconds(1));
    if start > end {
        return Err(refuse_parameter("end", "must not be before `start`"));
    }
    let before = parameters.parsed("cursor", EntryId::parse)?;

    let wanted = if filter.is_empty() { limit } else { MAX_ENTRIES_READ };
    let page = query.stores.audit_log.entries(start, end, before, wanted).await?;
    let (mut entries, mut next) = (Vec::new(), page.next);
    for entry in page.items {
        if entries.len() == limit {
            next = entries.last().map(|entry: &AuditEntry| entry.id);
            break;
        }
        if filter.matches(&entry) {
            entries.push(entry);
        }
    }
    http_common::data(AuditAnswer { entries, next_cursor: next })
}
