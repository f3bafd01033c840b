//! Reads a project of Sentry or GlitchTip by the web API: its issues, their newest events, status, assignee and comments.

mod event;

use model::id::EventId;
use model::occurrence::Occurrence;
use model::time::Timestamp;
use protocol::sentry::{Received, normalise};
use serde_json::Value;

use super::batch::{ImportBatch, text};
use super::issue_state::{Comment, IssueState};
use super::tracker_api::{Page, Tracker, TrackerApi};
use crate::progress::bar;
use crate::text::harmless;

/// The variable is the one that sentry-cli reads its token from.
static SENTRY: Tracker = Tracker {
    form: "https://sentry.io/ORGANIZATION/PROJECT",
    token: "SENTRY_AUTH_TOKEN",
    scopes: "the scopes project:read and event:read",
    prefix: &["api", "0"],
    parts: 2,
};
/// Number of issues or events on a page: Sentry's maximum.
const PAGE: &str = "100";

/// Imports the project at `address`, with up to `most` events of each issue, the newest first.
pub(super) async fn read(address: &str, most: usize, batch: &mut ImportBatch<'_>) -> anyhow::Result<()> {
    let api = TrackerApi::new(&SENTRY, address)?;
    let issues = ["projects", organization(&api), project(&api), "issues"];
    batch.shows(bar(0, "issues"));
    let mut cursor = None;
    loop {
        // Without an empty query, Sentry lists unresolved issues only.
        let page = api.page(&issues, &[("query", ""), ("limit", PAGE)], cursor.as_deref()).await?;
        for issue in &page.items {
            read_issue(&api, issue, most, batch).await?;
            batch.advance(1);
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    batch.send().await?;
    batch.restore().await
}

fn organization(api: &TrackerApi) -> &str {
    &api.parts[0]
}

fn project(api: &TrackerApi) -> &str {
    &api.parts[1]
}

async fn read_issue(api: &TrackerApi, issue: &Value, most: usize, batch: &mut ImportBatch<'_>) -> anyhow::Result<()> {
    let Some(id) = text(issue, "id") else {
        batch.fail("an issue", "it has no id");
        return Ok(());
    };
    let name = harmless(text(issue, "shortId").unwrap_or(id)).into_owned();
    let (mut left, mut cursor, mut newest) = (most, None, None);
    while left > 0 {
        let page = events(api, id, cursor.as_deref()).await?;
        for listed in page.items.iter().take(left) {
            match occurrence(api, listed).await? {
                Ok(occurrence) => {
                    newest.get_or_insert(occurrence.event_id);
                    let origin = format!("{name}, event {}", occurrence.event_id);
                    batch.add(origin, project(api), &occurrence).await?;
                }
                Err(why) => batch.fail(&name, &why),
            }
        }
        left = left.saturating_sub(page.items.len());
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let Some(newest) = newest else {
        batch.fail(&name, "none of its events is left");
        return Ok(());
    };
    let notes = match api.page(&["issues", id, "comments"], &[], None).await {
        Ok(page) => page.items,
        // GlitchTip and older versions may not have comments, or not for this token.
        Err(_) => Vec::new(),
    };
    batch.keep(name.clone(), project(api).to_owned(), state(issue, id, &name, newest, &notes).line());
    Ok(())
}

/// Returns a page of an issue's events.
async fn events(api: &TrackerApi, issue: &str, cursor: Option<&str>) -> anyhow::Result<Page> {
    let query = [("full", "true"), ("limit", PAGE)];
    let known = ["organizations", organization(api), "issues", issue, "events"];
    match api.page(&known, &query, cursor).await {
        Ok(page) => Ok(page),
        // Older Sentrys and GlitchTip have it without the organisation.
        Err(_) => api.page(&known[2..], &query, cursor).await,
    }
}

/// Converts an event of a list. If the list does not have it whole, it is read alone.
async fn occurrence(api: &TrackerApi, listed: &Value) -> anyhow::Result<Result<Occurrence, String>> {
    let id = text(listed, "eventID").or(text(listed, "id")).unwrap_or_default();
    let event_id = match EventId::parse(id) {
        Ok(event_id) => event_id,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let alone = match listed["entries"].is_array() {
        true => None,
        false => api.object(&["projects", organization(api), project(api), "events", id]).await?,
    };
    let whole = alone.as_ref().unwrap_or(listed);
    let received = text(whole, "dateReceived").or(text(whole, "dateCreated"));
    let Some(received_at) = received.and_then(|time| Timestamp::parse(time).ok()) else {
        return Ok(Err(format!("event {event_id} has no time")));
    };
    let received = Received { event_id, received_at, sent_at: None, client_ip: None };
    Ok(Ok(normalise(event::as_sent(whole), &received)))
}

fn state(issue: &Value, id: &str, name: &str, newest: EventId, notes: &[Value]) -> IssueState {
    let (status, after) = match text(issue, "status") {
        Some("resolved") => ("resolved", text(&issue["statusDetails"], "inRelease")),
        Some("ignored" | "muted") => ("muted", None),
        _ => ("unresolved", None),
    };
    let assigned = &issue["assignedTo"];
    let assignee = text(assigned, "email").or(text(assigned, "name")).or(text(assigned, "slug"));
    let comment = |note: &Value| {
        Some(Comment {
            at: Timestamp::parse(text(note, "dateCreated")?).ok()?,
            user: text(&note["user"], "name").map(str::to_owned),
            text: text(&note["data"], "text")?.to_owned(),
        })
    };
    IssueState {
        tracker: "sentry",
        id: id.to_owned(),
        name: name.to_owned(),
        link: text(issue, "permalink").map(str::to_owned),
        last_seen: text(issue, "lastSeen").and_then(|time| Timestamp::parse(time).ok()),
        newest,
        status,
        after: after.map(str::to_owned),
        assignee: assignee.map(str::to_owned),
        comments: notes.iter().filter_map(comment).collect(),
    }
}
