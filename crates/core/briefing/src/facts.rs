//! Facts from faultline, and texts of the team. No text of an event is in here.

use model::error::history::{Action, Actor, HistoryEntry};
use model::error::{ErrorAggregate, Link, Status};
use model::id::{EventId, Fingerprint, OccurrenceId, ProjectName};
use model::occurrence::{Level, Occurrence, Source};
use model::project::Repository;
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::budget::Budget;
use crate::text::{inline, plain};

/// The error to describe, and what is known about it.
#[derive(Debug)]
pub struct Subject<'a> {
    pub project: &'a ProjectName,
    pub error: &'a ErrorAggregate,
    /// Its newest history, newest first.
    pub history: &'a [HistoryEntry],
    /// The occurrence to show; `None` if all have expired.
    pub occurrence: Option<PickedOccurrence<'a>>,
    /// The URL of the error's page.
    pub page: &'a str,
    /// Where the project's source is.
    pub repository: Option<&'a Repository>,
    pub now: Timestamp,
}

/// The occurrence that a briefing shows.
#[derive(Debug)]
pub struct PickedOccurrence<'a> {
    pub id: OccurrenceId,
    pub occurrence: &'a Occurrence,
    /// Why it is this one.
    pub reason: String,
}

/// Facts that faultline vouches for.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Facts {
    pub(crate) project: String,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) status: Status,
    pub(crate) level: Level,
    /// The number of occurrences, ever.
    pub(crate) occurrences: u64,
    /// The number of occurrences in the last 24 hours.
    pub(crate) last_day: u64,
    /// The approximate number of affected users.
    pub(crate) users: u64,
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
    /// When it last came back after it was resolved.
    pub(crate) regressed_at: Option<Timestamp>,
    /// How often it came back after it was resolved.
    pub(crate) regressions: u64,
    /// Whether it is resolved in the next release only.
    pub(crate) resolved_in_next_release: bool,
    pub(crate) muted_until: Option<Timestamp>,
    /// The number of occurrences at which the mute ends.
    pub(crate) muted_until_count: Option<u64>,
    /// The errors that are merged into it.
    #[schemars(length(max = 10))]
    pub(crate) merged: Vec<Fingerprint>,
    /// Its issues on GitHub and GitLab.
    #[schemars(length(max = 10))]
    pub(crate) issues: Vec<Link>,
    /// The occurrence that `reported` shows; null if all have expired.
    pub(crate) occurrence: Option<OccurrenceFacts>,
    /// Its newest history, newest first.
    #[schemars(length(max = 10))]
    pub(crate) history: Vec<PastAction>,
    pub(crate) links: Links,
}

/// Facts about an occurrence.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OccurrenceFacts {
    pub(crate) id: OccurrenceId,
    pub(crate) event_id: EventId,
    /// When it happened, by the client's clock.
    pub(crate) at: Timestamp,
    pub(crate) received_at: Timestamp,
    /// The protocol that it came by.
    pub(crate) source: Source,
    /// Why this occurrence is shown.
    pub(crate) chosen_because: String,
}

/// An entry of the history, without any text.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PastAction {
    pub(crate) at: Timestamp,
    /// The kind of the actor, such as `key` or `hook`.
    pub(crate) by: String,
    /// The name of the action, such as `resolved`.
    pub(crate) what: String,
}

/// Where people see the error.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Links {
    pub(crate) page: String,
    /// The page of the occurrence that is shown.
    pub(crate) occurrence: Option<String>,
    /// This document as Markdown.
    pub(crate) markdown: String,
}

/// Texts about the error by people with a key.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Team {
    pub(crate) assignee: Option<String>,
    /// The newest comments, newest first.
    #[schemars(length(max = 10))]
    pub(crate) comments: Vec<Remark>,
}

/// A text with its author.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Remark {
    pub(crate) at: Timestamp,
    pub(crate) by: String,
    pub(crate) text: String,
}

impl Facts {
    pub(crate) fn of(subject: &Subject<'_>, budget: &Budget) -> Self {
        let Subject { project, error, history, occurrence, page, now, .. } = subject;
        let past = |entry: &HistoryEntry| PastAction {
            at: entry.at,
            by: name_of(&entry.by, "kind"),
            what: name_of(&entry.action, "what"),
        };
        let issues = error.links.values().filter(|issue| issue.url.starts_with("https://"));
        let occurrence_page = occurrence.as_ref().map(|it| format!("{page}/occurrences/{}", it.id));
        Self {
            project: project.to_string(),
            fingerprint: error.fingerprint,
            status: error.status,
            level: error.level,
            occurrences: error.count,
            last_day: error.hours.last_day(*now).iter().sum(),
            users: error.users.count(),
            first_seen: error.first_seen,
            last_seen: error.last_seen,
            regressed_at: error.regression.as_ref().map(|regression| regression.at),
            regressions: error.regression.as_ref().map_or(0, |regression| regression.count),
            resolved_in_next_release: error.resolution.is_some(),
            muted_until: error.mute.and_then(|mute| mute.until),
            muted_until_count: error.mute.and_then(|mute| mute.until_count),
            merged: error.merged_errors().iter().take(budget.entries).map(|part| part.fingerprint).collect(),
            issues: issues
                .take(budget.entries)
                .map(|issue| Link { number: issue.number, url: inline(&issue.url, 300) })
                .collect(),
            occurrence: occurrence.as_ref().map(|picked| OccurrenceFacts {
                id: picked.id,
                event_id: picked.occurrence.event_id,
                at: picked.occurrence.timestamp,
                received_at: picked.occurrence.received_at,
                source: picked.occurrence.source,
                chosen_because: picked.reason.clone(),
            }),
            history: history.iter().take(budget.entries).map(past).collect(),
            links: Links {
                page: (*page).to_owned(),
                markdown: match &occurrence_page {
                    Some(occurrence_page) => format!("{occurrence_page}.md"),
                    None => format!("{page}.md"),
                },
                occurrence: occurrence_page,
            },
        }
    }
}

impl Team {
    pub(crate) fn of(subject: &Subject<'_>, budget: &Budget, cut: &mut Vec<String>) -> Self {
        let comments: Vec<_> = subject.history.iter().filter_map(|entry| Remark::of(entry, budget)).collect();
        let more = comments.len().saturating_sub(budget.entries);
        if more > 0 {
            cut.push(format!("{more} older comments"));
        }
        Self {
            assignee: subject.error.assignee.as_deref().map(|assignee| inline(assignee, budget.short)),
            comments: comments.into_iter().take(budget.entries).collect(),
        }
    }
}

impl Remark {
    /// A comment of somebody with a key.
    fn of(entry: &HistoryEntry, budget: &Budget) -> Option<Self> {
        let Action::Commented { text } = &entry.action else { return None };
        let by = inline(&entry.by.to_string(), budget.short);
        Some(Self { at: entry.at, by, text: plain(text, budget.long) })
    }

    /// The feedback of a user of the application.
    pub(crate) fn of_user(entry: &HistoryEntry, budget: &Budget) -> Option<Self> {
        let Action::FeedbackReceived { text, .. } = &entry.action else { return None };
        let by = match &entry.by {
            Actor::Reporter { name } => name.as_deref().unwrap_or("a user"),
            _ => "a user",
        };
        Some(Self { at: entry.at, by: inline(by, budget.short), text: plain(text, budget.long) })
    }
}

/// The word by which the API names a variant.
fn name_of(variant: &impl Serialize, tag: &str) -> String {
    let named = serde_json::to_value(variant).unwrap_or_default();
    named.get(tag).and_then(Value::as_str).unwrap_or("other").to_owned()
}
