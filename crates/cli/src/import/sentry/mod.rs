//! Reads a project of Sentry or GlitchTip by the web API: its issues, their newest events, status, assignee and comments.

mod event;

use model::id::EventId;
use model::occurrence::Occurrence;
use model::time::Timestamp;
use protocol::sentry::{Received, normalise};
use serde_json::Value;

use super::batch::text;
use super::issue_state::{Comment, IssueState};
use super::issues::IssueSource;
use super::tracker_api::{Page, Tracker, TrackerApi, is_forbidden, is_missing};

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

/// A project of Sentry or GlitchTip.
pub(super) struct SentryProject {
    api: TrackerApi,
    /// Whether events are found below the organisation. Older Sentrys and GlitchTip have them without it.
    is_below_organization: bool,
}

impl SentryProject {
    /// Creates a reader of the project at `address`, with the token in the environment.
    pub(super) fn new(address: &str) -> anyhow::Result<Self> {
        Ok(Self { api: TrackerApi::new(&SENTRY, address)?, is_below_organization: true })
    }

    fn organization(&self) -> &str {
        &self.api.parts[0]
    }
}

impl IssueSource for SentryProject {
    const NAME: &'static str = "shortId";

    fn project(&self) -> &str {
        &self.api.parts[1]
    }

    async fn issues(&self, cursor: Option<&str>) -> anyhow::Result<Page> {
        let path = ["projects", self.organization(), self.project(), "issues"];
        // Without an empty query, Sentry lists unresolved issues only.
        self.api.page(&path, &[("query", ""), ("limit", PAGE)], cursor).await
    }

    async fn events(&mut self, issue: &str, cursor: Option<&str>) -> anyhow::Result<Page> {
        let query = [("full", "true"), ("limit", PAGE)];
        let path = ["organizations", &self.api.parts[0], "issues", issue, "events"];
        if self.is_below_organization {
            match self.api.page(&path, &query, cursor).await {
                Err(error) if is_missing(&error) => self.is_below_organization = false,
                page => return page,
            }
        }
        self.api.page(&path[2..], &query, cursor).await
    }

    /// If the list does not have the event whole, it is read alone.
    async fn occurrence(&self, listed: &Value) -> anyhow::Result<Result<Occurrence, String>> {
        let id = text(listed, "eventID").or(text(listed, "id")).unwrap_or_default();
        let event_id = match EventId::parse(id) {
            Ok(event_id) => event_id,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let alone = match listed["entries"].is_array() {
            true => None,
            false => self.api.object(&["projects", self.organization(), self.project(), "events", id]).await?,
        };
        let whole = alone.as_ref().unwrap_or(listed);
        let received = text(whole, "dateReceived").or(text(whole, "dateCreated"));
        let Some(received_at) = received.and_then(|time| Timestamp::parse(time).ok()) else {
            return Ok(Err(format!("event {event_id} has no time")));
        };
        let received = Received { event_id, received_at, sent_at: None, client_ip: None };
        Ok(Ok(normalise(event::as_sent(whole), &received)))
    }

    async fn state(&self, issue: &Value, id: &str, name: &str, newest: EventId) -> anyhow::Result<IssueState> {
        // GlitchTip and older versions may not have comments, or not for this token.
        let comments = match self.api.page(&["issues", id, "comments"], &[], None).await {
            Ok(page) => page.items.iter().filter_map(comment).collect(),
            Err(error) if is_missing(&error) || is_forbidden(&error) => Vec::new(),
            Err(error) => return Err(error),
        };
        let (status, after) = match text(issue, "status") {
            Some("resolved") => ("resolved", text(&issue["statusDetails"], "inRelease")),
            Some("ignored" | "muted") => ("muted", None),
            _ => ("unresolved", None),
        };
        let assigned = &issue["assignedTo"];
        let assignee = text(assigned, "email").or(text(assigned, "name")).or(text(assigned, "slug"));
        Ok(IssueState {
            tracker: "sentry",
            id: id.to_owned(),
            name: name.to_owned(),
            link: text(issue, "permalink").map(str::to_owned),
            last_seen: text(issue, "lastSeen").and_then(|time| Timestamp::parse(time).ok()),
            newest,
            status,
            after: after.map(str::to_owned),
            assignee: assignee.map(str::to_owned),
            comments,
        })
    }
}

fn comment(note: &Value) -> Option<Comment> {
    Some(Comment {
        at: Timestamp::parse(text(note, "dateCreated")?).ok()?,
        user: text(&note["user"], "name").map(str::to_owned),
        text: text(&note["data"], "text")?.to_owned(),
    })
}
