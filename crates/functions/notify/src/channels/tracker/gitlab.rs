//! Issues in GitLab, through its REST API (gitlab.com or a self-managed server).

use async_trait::async_trait;
use http::{HeaderValue, Method, StatusCode, header};
use rules::target;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{IssueChange, MAX_ISSUES_BYTES, TrackedIssue, Tracker, has_marker};
use crate::channels::exchange::Exchange;
use crate::channels::{Issue, SendError};
use crate::guard::{Answer, Outgoing};

const DEFAULT_SERVER: &str = "https://gitlab.com";

/// The issues of one project.
pub(in crate::channels) struct GitLab<'a> {
    exchange: &'a Exchange<'a>,
    target: &'a target::GitLab,
    server: Url,
}

/// The fields of an issue that are used.
#[derive(Deserialize)]
struct IssueResponse {
    iid: u64,
    web_url: String,
    state: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    user_notes_count: u64,
    /// The issue that it was moved to, in another project.
    #[serde(default)]
    moved_to_id: Option<u64>,
}

impl From<IssueResponse> for TrackedIssue {
    fn from(entry: IssueResponse) -> Self {
        Self {
            issue: Issue { number: entry.iid, url: entry.web_url },
            open: entry.state == "opened",
            body: entry.description.unwrap_or_default(),
            comments: entry.user_notes_count,
        }
    }
}

impl<'a> GitLab<'a> {
    pub(in crate::channels) fn new(exchange: &'a Exchange<'a>, target: &'a target::GitLab) -> Result<Self, SendError> {
        let server = target.endpoint.as_deref().unwrap_or(DEFAULT_SERVER);
        // Accept the API's URL in place of the server's.
        let server = server.trim_end_matches('/').trim_end_matches("/api/v4");
        let server = Url::parse(server).map_err(|_| exchange.permanent("cannot be called: `endpoint` is not a URL"))?;
        if target.owner.is_empty() || target.repo.is_empty() {
            return Err(exchange.permanent("cannot be called: `owner` and `repo` must name a project"));
        }
        Ok(Self { exchange, target, server })
    }

    /// Returns the URL of a resource among the project's issues. The project's full path is one segment, with its
    /// slashes escaped.
    fn address(&self, parts: &[&str]) -> Result<Url, SendError> {
        let project = format!("{}/{}", self.target.owner.trim_matches('/'), self.target.repo);
        let mut url = self.server.clone();
        match url.path_segments_mut() {
            Ok(mut path) => path.pop_if_empty().extend(["api", "v4", "projects", &project, "issues"]).extend(parts),
            Err(()) => return Err(self.exchange.permanent("cannot be called: `endpoint` is not a URL")),
        };
        Ok(url)
    }

    async fn send(&self, method: Method, url: &Url, body: Option<Value>, limit: usize) -> Result<Answer, SendError> {
        let mut outgoing = Outgoing { limit, ..Outgoing::new(method, url.as_str()) };
        let token = self.exchange.secret_header(self.target.personal_access_token.reveal())?;
        outgoing.headers.insert("private-token", token);
        outgoing.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(body) = body {
            outgoing.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            outgoing.body = body.to_string().into_bytes();
        }
        self.exchange.send(outgoing).await
    }

    /// Parses the JSON of a successful answer.
    fn read<T: for<'de> Deserialize<'de>>(&self, answer: &Answer) -> Result<T, SendError> {
        if !answer.status.is_success() {
            return Err(self.classify(answer));
        }
        serde_json::from_value(self.exchange.json(answer)?)
            .map_err(|error| self.exchange.transient(None, &format!("answered {} with {error}", answer.status)))
    }

    fn classify(&self, answer: &Answer) -> SendError {
        let said = self.exchange.describe(answer);
        match answer.status {
            StatusCode::UNAUTHORIZED => self.exchange.permanent(&format!("{said}: set a valid token")),
            StatusCode::FORBIDDEN => self.exchange.permanent(&format!(
                "{said}: the token needs the scope `api`, and its user permission to write issues"
            )),
            StatusCode::NOT_FOUND => self
                .exchange
                .permanent(&format!("{said}: the project does not exist, or the token has no access to it")),
            _ => self.exchange.classify(answer),
        }
    }

    /// Sends a change. Only the status of the answer matters.
    async fn write(&self, method: Method, url: Url, body: Value) -> Result<(), SendError> {
        let answer = self.send(method, &url, Some(body), Outgoing::DEFAULT_MAX_ANSWER_BYTES).await?;
        if answer.status.is_success() { Ok(()) } else { Err(self.classify(&answer)) }
    }
}

#[async_trait]
impl Tracker for GitLab<'_> {
    /// GitLab's limits are 1,048,576 characters for an issue and 1,000,000 for a comment. GitHub's limit is used
    /// instead: nobody reads more.
    const MAX_BODY_BYTES: usize = 65_000;

    async fn get(&self, number: u64) -> Result<Option<TrackedIssue>, SendError> {
        let url = self.address(&[&number.to_string()])?;
        let answer = self.send(Method::GET, &url, None, MAX_ISSUES_BYTES).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        // An issue that was moved to another project remains here, closed.
        self.read::<IssueResponse>(&answer).map(|entry| entry.moved_to_id.is_none().then(|| entry.into()))
    }

    /// Searches in the descriptions of issues. Unless GitLab's advanced search is used, this searches the database
    /// itself. An issue is missed if somebody removed the marker from its text.
    async fn find(&self, marker: &str, word: &str) -> Result<Option<TrackedIssue>, SendError> {
        let mut url = self.address(&[])?;
        url.query_pairs_mut().extend_pairs([
            ("search", word),
            ("in", "description"),
            ("scope", "all"),
            ("state", "all"),
            ("per_page", "20"),
        ]);
        let answer = self.send(Method::GET, &url, None, MAX_ISSUES_BYTES).await?;
        let entries: Vec<IssueResponse> = self.read(&answer)?;
        let here = entries.into_iter().filter(|entry| entry.moved_to_id.is_none()).map(TrackedIssue::from);
        Ok(here.filter(|found| has_marker(&found.body, marker)).min_by_key(|found| found.issue.number))
    }

    async fn create(&self, title: &str, body: &str) -> Result<Issue, SendError> {
        let mut issue = json!({ "title": title, "description": body });
        if !self.target.labels.is_empty() {
            issue["labels"] = self.target.labels.join(",").into();
        }
        let answer = self.send(Method::POST, &self.address(&[])?, Some(issue), MAX_ISSUES_BYTES).await?;
        self.read::<IssueResponse>(&answer).map(|entry| TrackedIssue::from(entry).issue)
    }

    async fn change(&self, number: u64, change: IssueChange<'_>) -> Result<(), SendError> {
        let mut body = json!({});
        if change.reopen {
            body["state_event"] = "reopen".into();
        }
        if let Some((title, text)) = change.rewrite {
            body["title"] = title.into();
            body["description"] = text.into();
        }
        self.write(Method::PUT, self.address(&[&number.to_string()])?, body).await
    }

    async fn comment(&self, number: u64, body: &str) -> Result<(), SendError> {
        let url = self.address(&[&number.to_string(), "notes"])?;
        self.write(Method::POST, url, json!({ "body": body })).await
    }

    async fn has_comment(&self, number: u64, marker: &str) -> Result<bool, SendError> {
        #[derive(Deserialize)]
        struct Note {
            #[serde(default)]
            body: String,
        }
        let mut url = self.address(&[&number.to_string(), "notes"])?;
        url.query_pairs_mut().extend_pairs([("sort", "desc"), ("order_by", "created_at"), ("per_page", "50")]);
        let answer = self.send(Method::GET, &url, None, MAX_ISSUES_BYTES).await?;
        let notes: Vec<Note> = self.read(&answer)?;
        Ok(notes.iter().any(|note| has_marker(&note.body, marker)))
    }
}
