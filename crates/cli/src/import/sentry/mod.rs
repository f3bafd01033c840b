//! Reads a project of Sentry or GlitchTip by the web API: its issues, their newest events, status, assignee and comments.

mod api;
mod event;

use anyhow::{Context, bail};
use api::SentryApi;
use model::error::history::EntryId;
use model::id::EventId;
use model::time::Timestamp;
use protocol::sentry::{Received, normalise};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::batch::{ImportBatch, text};
use crate::progress::bar;
use crate::text::harmless;

/// The variable that sentry-cli reads its token from, too.
const TOKEN: &str = "SENTRY_AUTH_TOKEN";
/// Number of issues or events on a page: Sentry's maximum.
const PAGE: &str = "100";
/// Maximum length of an imported comment, in bytes.
const MAX_COMMENT: usize = 10_000;

/// Imports the project at `address`, with up to `most` events of each issue, the newest first.
pub(super) async fn read(address: &str, most: usize, batch: &mut ImportBatch<'_>) -> anyhow::Result<()> {
    let token = std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
    let token = token.with_context(|| {
        format!("{TOKEN} is not set: set it to a token with the scopes project:read and event:read")
    })?;
    let api = SentryApi::new(address, token)?;
    let issues = ["projects", api.organization.as_str(), api.project.as_str(), "issues"];
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

async fn read_issue(api: &SentryApi, issue: &Value, most: usize, batch: &mut ImportBatch<'_>) -> anyhow::Result<()> {
    let Some(id) = text(issue, "id") else {
        batch.fail("an issue", "it has no id");
        return Ok(());
    };
    let name = harmless(text(issue, "shortId").unwrap_or(id));
    let (mut left, mut cursor, mut newest) = (most, None, None);
    while left > 0 {
        let page = events(api, id, cursor.as_deref()).await?;
        for listed in page.items.iter().take(left) {
            match occurrence(api, listed).await? {
                Ok(occurrence) => {
                    newest.get_or_insert(occurrence.event_id);
                    let origin = format!("{name}, event {}", occurrence.event_id);
                    batch.add(origin, &api.project, &occurrence).await?;
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
    batch.keep(name.clone(), api.project.clone(), state(issue, id, &name, newest, &notes));
    Ok(())
}

/// Returns a page of an issue's events.
async fn events(api: &SentryApi, issue: &str, cursor: Option<&str>) -> anyhow::Result<api::Page> {
    let query = [("full", "true"), ("limit", PAGE)];
    let known = ["organizations", api.organization.as_str(), "issues", issue, "events"];
    match api.page(&known, &query, cursor).await {
        Ok(page) => Ok(page),
        // Older Sentrys and GlitchTip have it without the organisation.
        Err(_) => api.page(&known[2..], &query, cursor).await,
    }
}

/// Converts an event of a list. If the list does not have it whole, it is read alone.
async fn occurrence(api: &SentryApi, listed: &Value) -> anyhow::Result<Result<model::occurrence::Occurrence, String>> {
    let id = text(listed, "eventID").or(text(listed, "id")).unwrap_or_default();
    let event_id = match EventId::parse(id) {
        Ok(event_id) => event_id,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let alone = match listed["entries"].is_array() {
        true => None,
        false => api.object(&["projects", api.organization.as_str(), api.project.as_str(), "events", id]).await?,
    };
    let whole = alone.as_ref().unwrap_or(listed);
    let received = text(whole, "dateReceived").or(text(whole, "dateCreated"));
    let Some(received_at) = received.and_then(|time| Timestamp::parse(time).ok()) else {
        return Ok(Err(format!("event {event_id} has no time")));
    };
    let received = Received { event_id, received_at, sent_at: None, client_ip: None };
    Ok(Ok(normalise(event::as_sent(whole), &received)))
}

/// Writes what people set on an issue as `faultline export` does.
fn state(issue: &Value, id: &str, name: &str, newest: EventId, notes: &[Value]) -> Value {
    let at = text(issue, "lastSeen").and_then(|time| Timestamp::parse(time).ok());
    let at = at.unwrap_or_else(|| Timestamp::from_millis(0));
    let entry = |number: u16, at: Timestamp, user: Option<&str>, text: &str| {
        // The same each time, so that an import can be repeated.
        let hash = Sha256::digest(format!("sentry:{id}:{number}:{text}"));
        let random = u128::from_be_bytes(hash[..16].try_into().expect("16 of 32 bytes"));
        json!({
            "id": EntryId::new(at, number, random).to_string(),
            "at": at,
            "by": { "kind": "hook", "service": "sentry", "user": user },
            "action": "commented",
            "text": &text[..text.floor_char_boundary(MAX_COMMENT)],
        })
    };
    let mut history: Vec<_> = notes
        .iter()
        .enumerate()
        .filter_map(|(number, note)| {
            let at = Timestamp::parse(text(note, "dateCreated")?).ok()?;
            let said = text(&note["data"], "text")?;
            Some(entry(number as u16, at, text(&note["user"], "name"), said))
        })
        .collect();
    let link = text(issue, "permalink").filter(|link| link.starts_with("http"));
    let place = link.map(|link| format!(": {link}")).unwrap_or_default();
    history.push(entry(u16::MAX, at, None, &format!("Imported from {name}{place}")));
    let (status, after) = match text(issue, "status") {
        Some("resolved") => ("resolved", text(&issue["statusDetails"], "inRelease")),
        Some("ignored" | "muted") => ("muted", None),
        _ => ("unresolved", None),
    };
    let assigned = &issue["assignedTo"];
    let assignee = text(assigned, "email").or(text(assigned, "name")).or(text(assigned, "slug"));
    json!({
        "fingerprint": null,
        "eventId": newest.to_string(),
        "merged": [],
        "state": { "status": status, "after": after, "assignee": assignee },
        "history": history,
    })
}

/// Reads the option for the number of events of each issue.
pub(super) fn limit(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=100_000) => Ok(number),
        _ => Err(format!("`{text}` is not a number from 1 to 100,000")),
    }
}
