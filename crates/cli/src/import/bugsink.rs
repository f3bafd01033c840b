//! Reads a project of Bugsink by its canonical API: its issues with their newest events and status. The API returns an
//! event as the SDK sent it.

use model::id::EventId;
use model::occurrence::Occurrence;
use model::time::Timestamp;
use protocol::sentry::{Received, normalise};
use serde_json::Value;

use super::batch::text;
use super::issue_state::IssueState;
use super::issues::IssueSource;
use super::tracker_api::{Page, Tracker, TrackerApi};

static BUGSINK: Tracker = Tracker {
    form: "https://bugsink.example/PROJECT-NUMBER",
    token: "BUGSINK_TOKEN",
    scopes: "the right to read issues and events",
    prefix: &["api", "canonical", "0"],
    parts: 1,
};

/// A project of Bugsink, and the project here that it is imported into.
pub(super) struct BugsinkProject {
    api: TrackerApi,
    into: String,
}

impl BugsinkProject {
    /// Creates a reader of the project at `address`, with the token in the environment.
    pub(super) fn new(address: &str, into: &str) -> anyhow::Result<Self> {
        Ok(Self { api: TrackerApi::new(&BUGSINK, address)?, into: into.to_owned() })
    }
}

impl IssueSource for BugsinkProject {
    const NAME: &'static str = "friendly_id";

    fn project(&self) -> &str {
        &self.into
    }

    async fn issues(&self, cursor: Option<&str>) -> anyhow::Result<Page> {
        self.api.page(&["issues"], &[("project", &self.api.parts[0])], cursor).await
    }

    async fn events(&mut self, issue: &str, cursor: Option<&str>) -> anyhow::Result<Page> {
        self.api.page(&["events"], &[("issue", issue)], cursor).await
    }

    /// The list has no data of events.
    async fn occurrence(&self, listed: &Value) -> anyhow::Result<Result<Occurrence, String>> {
        let whole = match text(listed, "id") {
            Some(id) => self.api.object(&["events", id]).await?,
            None => None,
        };
        Ok(whole.as_ref().map_or_else(|| Err("an event is gone".to_owned()), occurrence))
    }

    /// The API returns neither comments nor an assignee.
    async fn state(&self, issue: &Value, id: &str, name: &str, newest: EventId) -> anyhow::Result<IssueState> {
        let status = match (&issue["is_resolved"], &issue["is_muted"]) {
            (Value::Bool(true), _) => "resolved",
            (_, Value::Bool(true)) => "muted",
            _ => "unresolved",
        };
        Ok(IssueState {
            tracker: "bugsink",
            id: id.to_owned(),
            name: name.to_owned(),
            link: None,
            last_seen: text(issue, "last_seen").and_then(|time| Timestamp::parse(time).ok()),
            newest,
            status,
            after: None,
            assignee: None,
            comments: Vec::new(),
        })
    }
}

fn occurrence(event: &Value) -> Result<Occurrence, String> {
    let event_id = EventId::parse(text(event, "event_id").unwrap_or_default()).map_err(|error| error.to_string())?;
    let received = text(event, "ingested_at").or(text(event, "timestamp"));
    let received_at = received.and_then(|time| Timestamp::parse(time).ok());
    let received_at = received_at.ok_or_else(|| format!("event {event_id} has no time"))?;
    let Value::Object(sent) = event["data"].clone() else { return Err(format!("event {event_id} has no data")) };
    Ok(normalise(sent, &Received { event_id, received_at, sent_at: None, client_ip: None }))
}
