//! Reads a project of Bugsink by its canonical API: its issues with their newest events and status. The API returns an
//! event as the SDK sent it.

use model::id::EventId;
use model::occurrence::Occurrence;
use model::time::Timestamp;
use protocol::sentry::{Received, normalise};
use serde_json::Value;

use super::batch::{ImportBatch, text};
use super::issue_state::IssueState;
use super::tracker_api::{Tracker, TrackerApi};
use crate::progress::bar;
use crate::text::harmless;

static BUGSINK: Tracker = Tracker {
    form: "https://bugsink.example/PROJECT-NUMBER",
    token: "BUGSINK_TOKEN",
    scopes: "the right to read issues and events",
    prefix: &["api", "canonical", "0"],
    parts: 1,
};

/// Imports the project at `address`, with up to `most` events of each issue, the newest first, into `into`.
pub(super) async fn read(address: &str, into: &str, most: usize, batch: &mut ImportBatch<'_>) -> anyhow::Result<()> {
    let api = TrackerApi::new(&BUGSINK, address)?;
    let mut cursor = None;
    batch.shows(bar(0, "issues"));
    loop {
        let page = api.page(&["issues"], &[("project", &api.parts[0])], cursor.as_deref()).await?;
        for issue in &page.items {
            read_issue(&api, into, issue, most, batch).await?;
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

async fn read_issue(
    api: &TrackerApi,
    into: &str,
    issue: &Value,
    most: usize,
    batch: &mut ImportBatch<'_>,
) -> anyhow::Result<()> {
    let Some(id) = text(issue, "id") else {
        batch.fail("an issue", "it has no id");
        return Ok(());
    };
    let name = harmless(text(issue, "friendly_id").unwrap_or(id)).into_owned();
    let (mut left, mut cursor, mut newest) = (most, None, None);
    while left > 0 {
        // The newest come first.
        let page = api.page(&["events"], &[("issue", id)], cursor.as_deref()).await?;
        for listed in page.items.iter().take(left) {
            // The list has no data of events.
            let whole = match text(listed, "id") {
                Some(id) => api.object(&["events", id]).await?,
                None => None,
            };
            match whole.as_ref().map_or_else(|| Err("an event is gone".to_owned()), occurrence) {
                Ok(occurrence) => {
                    newest.get_or_insert(occurrence.event_id);
                    let origin = format!("{name}, event {}", occurrence.event_id);
                    batch.add(origin, into, &occurrence).await?;
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
    let status = match (&issue["is_resolved"], &issue["is_muted"]) {
        (Value::Bool(true), _) => "resolved",
        (_, Value::Bool(true)) => "muted",
        _ => "unresolved",
    };
    let state = IssueState {
        tracker: "bugsink",
        id: id.to_owned(),
        name: name.clone(),
        link: None,
        last_seen: text(issue, "last_seen").and_then(|time| Timestamp::parse(time).ok()),
        newest,
        status,
        after: None,
        assignee: None,
        comments: Vec::new(),
    };
    batch.keep(name, into.to_owned(), state.line());
    Ok(())
}

fn occurrence(event: &Value) -> Result<Occurrence, String> {
    let event_id = EventId::parse(text(event, "event_id").unwrap_or_default()).map_err(|error| error.to_string())?;
    let received = text(event, "ingested_at").or(text(event, "timestamp"));
    let received_at = received.and_then(|time| Timestamp::parse(time).ok());
    let received_at = received_at.ok_or_else(|| format!("event {event_id} has no time"))?;
    let Value::Object(sent) = event["data"].clone() else { return Err(format!("event {event_id} has no data")) };
    Ok(normalise(sent, &Received { event_id, received_at, sent_at: None, client_ip: None }))
}
