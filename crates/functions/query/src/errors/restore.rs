//! `POST …/errors/{message}/restore`: restores the status, assignee and history of an error from an export.

use std::collections::BTreeSet;

use axum::body::Body;
use http::Request;
use http_common::{AdministeredProject, Answer};
use model::error::history::{Action, Actor, EntryId, HistoryEntry, MAX_COMMENT};
use model::error::{ErrorAggregate, ErrorChange, Mute, Resolution, Status, StatusChange};
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::update::MAX_ASSIGNEE;
use crate::Query;
use crate::body::parse_body;
use crate::lookup::{find_error, refuse_unknown};

/// The most history entries per request.
const MAX_RESTORED_ENTRIES: usize = 1_000;
/// The longest release of a resolution, in bytes.
const MAX_RELEASE: usize = 200;

const FORM: &str = "an object with `history`: up to 1,000 entries as `GET …/history` returns them, and optionally `status`, \
                    `until`, `occurrences`, `after` and `assignee`";

/// The status, assignee and history of an error, from an export.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ErrorToRestore")]
pub(super) struct ErrorBackup {
    /// History entries. They keep their ids, times and authors.
    #[schemars(length(min = 1, max = MAX_RESTORED_ENTRIES))]
    history: Vec<PastEntry>,
    /// The status. Without it, only the history entries are added.
    #[schemars(with = "Option<Status>")]
    status: Option<String>,
    /// When the mute ends, if it has a time limit.
    until: Option<Timestamp>,
    /// The number of further occurrences after which the mute ends.
    occurrences: Option<u64>,
    /// The release after which the error is resolved, if it is not resolved in all releases.
    #[schemars(length(max = MAX_RELEASE))]
    after: Option<String>,
    /// The name or email address of the assignee.
    #[schemars(length(min = 1, max = MAX_ASSIGNEE))]
    assignee: Option<String>,
}

/// An entry, as `GET …/history` returns it.
#[derive(Deserialize, JsonSchema)]
struct PastEntry {
    #[schemars(with = "EntryId")]
    id: String,
    at: Timestamp,
    by: Actor,
    #[serde(flatten)]
    action: Action,
}

/// The result of a restore.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct Restored {
    /// Whether anything was restored: false if the newest entry already existed.
    restored: bool,
}

/// Writes the newest entry and the state in one transaction. So an interrupted restore can be repeated, and a finished
/// one changes nothing. A change that somebody made here after the newest entry is kept.
pub(super) async fn restore(
    query: &Query,
    project: &AdministeredProject,
    message: &str,
    request: Request<Body>,
) -> Answer {
    let state: ErrorBackup = parse_body(request, FORM).await?;
    let (mut entries, change) = state.check(query.clock.now())?;
    let error = find_error(query, project, message).await?;
    let newest = entries.pop().ok_or_else(|| refuse_body("history", "`history` is empty: send 1 to 1,000 entries"))?;
    let found = query.stores.history.entry(project.id, &error.uid, &newest.id).await;
    if found?.is_some() {
        return http_common::data(Restored { restored: false });
    }
    let ids: BTreeSet<_> = entries.iter().map(|entry| entry.id).collect();
    let is_changed = is_changed_since(query, &error, &newest, &ids).await?;
    for entry in &entries {
        add_entry(query, project, message, &error, entry).await?;
    }
    match change.filter(|_| !is_changed) {
        None => add_entry(query, project, message, &error, &newest).await?,
        Some(change) => {
            let change = change(&error);
            if let Some(Some(assignee)) = &change.assignee {
                query.post_assignee(&error, assignee, None).await?;
            }
            let changed = query.stores.errors.change(&error, &change, &[newest], query.clock.now()).await;
            changed?.ok_or_else(|| refuse_unknown(project, message))?;
        }
    }
    http_common::data(Restored { restored: true })
}

async fn add_entry(
    query: &Query,
    project: &AdministeredProject,
    message: &str,
    error: &ErrorAggregate,
    entry: &HistoryEntry,
) -> Result<(), Refusal> {
    let is_there = query.stores.history.add_entry(error, entry).await?;
    if is_there { Ok(()) } else { Err(refuse_unknown(project, message)) }
}

/// Whether the error was changed here after `newest` by an entry that is not in `ids`. Merges, comments and feedback do
/// not count.
async fn is_changed_since(
    query: &Query,
    error: &ErrorAggregate,
    newest: &HistoryEntry,
    ids: &BTreeSet<EntryId>,
) -> Result<bool, Refusal> {
    let page = query.stores.history.history(error.project, &error.uid, None, 100).await?;
    let sets = |action: &Action| {
        !matches!(
            action,
            Action::Merged { .. }
                | Action::Unmerged { .. }
                | Action::Commented { .. }
                | Action::CommentDeleted
                | Action::FeedbackReceived { .. }
        )
    };
    Ok(page.items.iter().any(|entry| entry.at > newest.at && !ids.contains(&entry.id) && sets(&entry.action)))
}

/// Computes the change of an error.
type ChangeOf = Box<dyn FnOnce(&ErrorAggregate) -> ErrorChange + Send>;

impl ErrorBackup {
    /// Validates the backup. Returns the entries, oldest first, and the change to make.
    fn check(self, now: Timestamp) -> Result<(Vec<HistoryEntry>, Option<ChangeOf>), Refusal> {
        let Self { history, status, until, occurrences, after, assignee } = self;
        if history.len() > MAX_RESTORED_ENTRIES {
            let message = format!("`history` has {} entries: send 1 to {MAX_RESTORED_ENTRIES}", history.len());
            return Err(refuse_body("history", &message));
        }
        let mut entries = history.into_iter().map(PastEntry::check).collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(|entry| entry.id);
        let status = status.as_deref().map(Status::parse).transpose();
        let status = status.map_err(|error| refuse_body("status", &error.to_string()))?;
        check_length("assignee", assignee.as_deref(), MAX_ASSIGNEE)?;
        check_length("after", after.as_deref(), MAX_RELEASE)?;
        // A mute whose time is over has ended.
        let status = status.filter(|status| *status != Status::Muted || until.is_none_or(|until| until > now));
        if status.is_none_or(|status| status == Status::Unresolved) && assignee.is_none() {
            return Ok((entries, None));
        }
        let meant = move |error: &ErrorAggregate| {
            let status = match status {
                None | Some(Status::Unresolved) => None,
                Some(Status::Resolved) => Some(StatusChange::Resolved(after.map(|after| Resolution { after }))),
                Some(Status::Muted) => {
                    let until_count = occurrences.map(|more| error.count.saturating_add(more));
                    Some(StatusChange::Muted(Mute { until, until_count }))
                }
            };
            ErrorChange { status, assignee: assignee.map(Some), assignee_user: None }
        };
        Ok((entries, Some(Box::new(meant))))
    }
}

impl PastEntry {
    fn check(self) -> Result<HistoryEntry, Refusal> {
        let id = EntryId::parse(&self.id).map_err(|error| refuse_body("history", &error.to_string()))?;
        match &self.action {
            Action::Commented { text } | Action::FeedbackReceived { text, .. } => {
                check_length("text", Some(text), MAX_COMMENT)?;
            }
            Action::Assigned { assignee, .. } => check_length("assignee", Some(assignee), MAX_ASSIGNEE)?,
            Action::Resolved { after: Some(release) }
            | Action::Regressed { release: Some(release) }
            | Action::MuteEnded { release: Some(release) } => check_length("release", Some(release), MAX_RELEASE)?,
            _ => {}
        }
        Ok(HistoryEntry { id, at: self.at, by: self.by, action: self.action })
    }
}

fn check_length(name: &str, text: Option<&str>, most: usize) -> Result<(), Refusal> {
    match text.is_none_or(|text| (1..=most).contains(&text.len())) {
        true => Ok(()),
        false => Err(refuse_body(name, &format!("`{name}` must have 1 to {most} bytes"))),
    }
}

fn refuse_body(key: &str, message: &str) -> Refusal {
    Refusal::new(Reason::BodyInvalid, message).at([key])
}
