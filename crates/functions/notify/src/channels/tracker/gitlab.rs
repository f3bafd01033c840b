//! Issues of GitLab, by its REST API (gitlab.com, or a server of one's own).

use async_trait::async_trait;
use http::{HeaderValue, Method, StatusCode, header};
use rules::target;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Change, Found, ISSUES_LIMIT, Tracker, has_marker};
use crate::channels::exchange::Exchange;
use crate::channels::{Failed, Issue};
use crate::guard::{Answer, Outgoing};

const SERVER: &str = "https://gitlab.com";

/// One project.
pub(in crate::channels) struct GitLab<'a> {
    exchange: &'a Exchange<'a>,
    target: &'a target::GitLab,
    server: Url,
}

/// What is read of an issue.
#[derive(Deserialize)]
struct Entry {
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

impl From<Entry> for Found {
    fn from(entry: Entry) -> Self {
        Self {
            issue: Issue { number: entry.iid, url: entry.web_url },
            open: entry.state == "opened",
            body: entry.description.unwrap_or_default(),
            comments: entry.user_notes_count,
        }
    }
}

impl<'a> GitLab<'a> {
    pub(in crate::channels) fn new(exchange: &'a Exchange<'a>, target: &'a target::GitLab) -> Result<Self, Failed> {
        let server = target.endpoint.as_deref().unwrap_or(SERVER);
        // Some write the API's address where the server's is asked for.
        let server = server.trim_end_matches('/').trim_end_matches("/api/v4");
        let server = Url::parse(server).map_err(|_| exchange.never("cannot be asked: `endpoint` is not a URL"))?;
        if target.owner.is_empty() || target.repo.is_empty() {
            return Err(exchange.never("cannot be asked: `owner` and `repo` must name a project"));
        }
        Ok(Self { exchange, target, server })
    }

    /// The address of something among the project's issues. The project is one part of the path, with its slashes
    /// escaped.
    fn address(&self, parts: &[&str]) -> Result<Url, Failed> {
        let project = format!("{}/{}", self.target.owner.trim_matches('/'), self.target.repo);
        let mut url = self.server.clone();
        match url.path_segments_mut() {
            Ok(mut path) => path.pop_if_empty().extend(["api", "v4", "projects", &project, "issues"]).extend(parts),
            Err(()) => return Err(self.exchange.never("cannot be asked: `endpoint` is not a URL")),
        };
        Ok(url)
    }

    async fn send(&self, method: Method, url: &Url, body: Option<Value>, limit: usize) -> Result<Answer, Failed> {
        let mut outgoing = Outgoing { limit, ..Outgoing::new(method, url.as_str()) };
        let mut token = HeaderValue::try_from(self.target.personal_access_token.reveal())
            .map_err(|_| self.exchange.never("cannot be asked: the token has characters that no token has"))?;
        token.set_sensitive(true);
        outgoing.headers.insert("private-token", token);
        outgoing.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(body) = body {
            outgoing.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            outgoing.body = body.to_string().into_bytes();
        }
        self.exchange.send(outgoing).await
    }

    /// The JSON of a success.
    fn read<T: for<'de> Deserialize<'de>>(&self, answer: &Answer) -> Result<T, Failed> {
        if !answer.status.is_success() {
            return Err(self.failed(answer));
        }
        serde_json::from_value(self.exchange.json(answer)?)
            .map_err(|error| self.exchange.later(None, &format!("answered {} with {error}", answer.status)))
    }

    fn failed(&self, answer: &Answer) -> Failed {
        let said = self.exchange.said(answer);
        match answer.status {
            StatusCode::UNAUTHORIZED => self.exchange.never(&format!("{said}: give another token")),
            StatusCode::FORBIDDEN => self
                .exchange
                .never(&format!("{said}: the token must have the scope `api`, and its user may write issues")),
            StatusCode::NOT_FOUND => {
                self.exchange.never(&format!("{said}: there is no such project, or the token must not see it"))
            }
            _ => self.exchange.refused(answer),
        }
    }

    /// Sends a change, of whose answer only the status matters.
    async fn write(&self, method: Method, url: Url, body: Value) -> Result<(), Failed> {
        let answer = self.send(method, &url, Some(body), Outgoing::LIMIT).await?;
        if answer.status.is_success() { Ok(()) } else { Err(self.failed(&answer)) }
    }
}

#[async_trait]
impl Tracker for GitLab<'_> {
    /// 1,048,576 characters of an issue, 1,000,000 of a comment; as much as GitHub's is as much as anybody reads.
    const BODY: usize = 65_000;

    async fn get(&self, number: u64) -> Result<Option<Found>, Failed> {
        let url = self.address(&[&number.to_string()])?;
        let answer = self.send(Method::GET, &url, None, ISSUES_LIMIT).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        // One that was moved stays behind, closed.
        self.read::<Entry>(&answer).map(|entry| entry.moved_to_id.is_none().then(|| entry.into()))
    }

    /// By search in the texts of issues, which is of the database itself where it is not GitLab's advanced search: missed
    /// is an issue whose text somebody has taken the mark out of.
    async fn find(&self, marker: &str, word: &str) -> Result<Option<Found>, Failed> {
        let mut url = self.address(&[])?;
        url.query_pairs_mut().extend_pairs([
            ("search", word),
            ("in", "description"),
            ("scope", "all"),
            ("state", "all"),
            ("per_page", "20"),
        ]);
        let answer = self.send(Method::GET, &url, None, ISSUES_LIMIT).await?;
        let entries: Vec<Entry> = self.read(&answer)?;
        let here = entries.into_iter().filter(|entry| entry.moved_to_id.is_none()).map(Found::from);
        Ok(here.filter(|found| has_marker(&found.body, marker)).min_by_key(|found| found.issue.number))
    }

    async fn create(&self, title: &str, body: &str) -> Result<Issue, Failed> {
        let mut issue = json!({ "title": title, "description": body });
        if !self.target.labels.is_empty() {
            issue["labels"] = self.target.labels.join(",").into();
        }
        let answer = self.send(Method::POST, &self.address(&[])?, Some(issue), ISSUES_LIMIT).await?;
        self.read::<Entry>(&answer).map(|entry| Found::from(entry).issue)
    }

    async fn change(&self, number: u64, change: Change<'_>) -> Result<(), Failed> {
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

    async fn comment(&self, number: u64, body: &str) -> Result<(), Failed> {
        let url = self.address(&[&number.to_string(), "notes"])?;
        self.write(Method::POST, url, json!({ "body": body })).await
    }

    async fn has_comment(&self, number: u64, marker: &str) -> Result<bool, Failed> {
        #[derive(Deserialize)]
        struct Note {
            #[serde(default)]
            body: String,
        }
        let mut url = self.address(&[&number.to_string(), "notes"])?;
        url.query_pairs_mut().extend_pairs([("sort", "desc"), ("order_by", "created_at"), ("per_page", "50")]);
        let answer = self.send(Method::GET, &url, None, ISSUES_LIMIT).await?;
        let notes: Vec<Note> = self.read(&answer)?;
        Ok(notes.iter().any(|note| has_marker(&note.body, marker)))
    }
}
