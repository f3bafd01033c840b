//! Issues in GitHub, through its REST API (github.com or GitHub Enterprise Server).

use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use rules::target;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{IssueChange, MAX_ISSUES_BYTES, TrackedIssue, Tracker, has_marker};
use crate::channels::exchange::Exchange;
use crate::channels::{Issue, SendError};
use crate::guard::{Answer, Outgoing};

const DEFAULT_API: &str = "https://api.github.com";
/// The pause after a rate limit for which GitHub names no time. GitHub's documentation asks for at least a minute.
const DEFAULT_PAUSE: Duration = Duration::from_secs(60);
/// How many of the newest issues are read, for those that the search index does not contain yet.
const NEWEST_COUNT: &str = "30";

/// The issues of one repository.
pub(in crate::channels) struct GitHub<'a> {
    exchange: &'a Exchange<'a>,
    target: &'a target::GitHub,
    api: Url,
}

/// The fields of an issue that are used.
#[derive(Deserialize)]
struct IssueResponse {
    number: u64,
    html_url: String,
    state: String,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    comments: u64,
    /// Pull requests are listed among issues.
    #[serde(default)]
    pull_request: Option<Value>,
}

impl From<IssueResponse> for TrackedIssue {
    fn from(entry: IssueResponse) -> Self {
        Self {
            issue: Issue { number: entry.number, url: entry.html_url },
            open: entry.state == "open",
            body: entry.body.unwrap_or_default(),
            comments: entry.comments,
        }
    }
}

impl<'a> GitHub<'a> {
    pub(in crate::channels) fn new(exchange: &'a Exchange<'a>, target: &'a target::GitHub) -> Result<Self, SendError> {
        let api = target.endpoint.as_deref().unwrap_or(DEFAULT_API);
        let api = Url::parse(api).map_err(|_| exchange.permanent("cannot be called: `endpoint` is not a URL"))?;
        if [&target.owner, &target.repo].iter().any(|part| matches!(part.as_str(), "" | "." | "..")) {
            return Err(exchange.permanent("cannot be called: `owner` and `repo` must name a repository"));
        }
        Ok(Self { exchange, target, api })
    }

    /// Returns the URL of a resource in the repository.
    fn address(&self, parts: &[&str]) -> Result<Url, SendError> {
        let repository = ["repos", &self.target.owner, &self.target.repo];
        self.at(&[&repository, parts].concat())
    }

    fn at(&self, parts: &[&str]) -> Result<Url, SendError> {
        let mut url = self.api.clone();
        match url.path_segments_mut() {
            Ok(mut path) => path.pop_if_empty().extend(parts),
            Err(()) => return Err(self.exchange.permanent("cannot be called: `endpoint` is not a URL")),
        };
        Ok(url)
    }

    async fn send(&self, method: Method, url: &Url, body: Option<Value>, limit: usize) -> Result<Answer, SendError> {
        let mut outgoing = Outgoing { limit, ..Outgoing::new(method, url.as_str()) };
        outgoing.headers = self.headers()?;
        if let Some(body) = body {
            outgoing.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            outgoing.body = body.to_string().into_bytes();
        }
        self.exchange.send(outgoing).await
    }

    fn headers(&self) -> Result<HeaderMap, SendError> {
        let token = self.exchange.secret_header(&format!("Bearer {}", self.target.user_token.reveal()))?;
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, token);
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/vnd.github+json"));
        headers.insert("x-github-api-version", HeaderValue::from_static("2022-11-28"));
        Ok(headers)
    }

    /// Parses the JSON of a successful answer.
    fn read<T: for<'de> Deserialize<'de>>(&self, answer: &Answer) -> Result<T, SendError> {
        if !answer.status.is_success() {
            return Err(self.classify(answer));
        }
        serde_json::from_value(self.exchange.json(answer)?)
            .map_err(|error| self.exchange.transient(None, &format!("answered {} with {error}", answer.status)))
    }

    /// Classifies an answer that is not a success. GitHub uses 403 as well as 429 for rate limits.
    fn classify(&self, answer: &Answer) -> SendError {
        let header = |name: &str| answer.headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
        let said = self.exchange.describe(answer);
        let limits = matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS);
        if limits {
            if let Some(after) = self.exchange.retry_after(&answer.headers) {
                return self.exchange.transient(Some(after), &said);
            }
            if header("x-ratelimit-remaining") == Some(0) {
                let reset = header("x-ratelimit-reset").map(|second| self.exchange.until(second));
                return self.exchange.transient(Some(reset.unwrap_or(DEFAULT_PAUSE)), &said);
            }
            if answer.status == StatusCode::TOO_MANY_REQUESTS || said.to_ascii_lowercase().contains("rate limit") {
                return self.exchange.transient(Some(DEFAULT_PAUSE), &said);
            }
        }
        match answer.status {
            StatusCode::UNAUTHORIZED => self.exchange.permanent(&format!("{said}: set a valid token")),
            StatusCode::FORBIDDEN => {
                self.exchange.permanent(&format!("{said}: the token needs permission to write issues"))
            }
            StatusCode::NOT_FOUND => self
                .exchange
                .permanent(&format!("{said}: the repository does not exist, or the token has no access to it")),
            StatusCode::GONE => self.exchange.permanent(&format!("{said}: issues are disabled in the repository")),
            _ => self.exchange.classify(answer),
        }
    }

    /// Lists the newest issues. Unlike a search, the list is complete.
    async fn newest(&self) -> Result<Vec<IssueResponse>, SendError> {
        let mut url = self.address(&["issues"])?;
        url.query_pairs_mut().extend_pairs([
            ("state", "all"),
            ("sort", "created"),
            ("direction", "desc"),
            ("per_page", NEWEST_COUNT),
        ]);
        let answer = self.send(Method::GET, &url, None, MAX_ISSUES_BYTES).await?;
        self.read(&answer)
    }

    async fn search(&self, word: &str) -> Result<Vec<IssueResponse>, SendError> {
        #[derive(Deserialize)]
        struct Results {
            items: Vec<IssueResponse>,
        }
        let mut url = self.at(&["search", "issues"])?;
        let query = format!("{word} in:body is:issue repo:{}/{}", self.target.owner, self.target.repo);
        url.query_pairs_mut().append_pair("q", &query).append_pair("per_page", "10");
        let answer = self.send(Method::GET, &url, None, MAX_ISSUES_BYTES).await?;
        // The repository cannot be searched. It may still be writable; if not, the next call says why.
        if answer.status == StatusCode::UNPROCESSABLE_ENTITY {
            return Ok(Vec::new());
        }
        Ok(self.read::<Results>(&answer)?.items)
    }
}

#[async_trait]
impl Tracker for GitHub<'_> {
    /// GitHub's limit is 65,536 characters, which it stores as bytes.
    const MAX_BODY_BYTES: usize = 65_000;

    async fn get(&self, number: u64) -> Result<Option<TrackedIssue>, SendError> {
        let url = self.address(&["issues", &number.to_string()])?;
        let answer = self.send(Method::GET, &url, None, MAX_ISSUES_BYTES).await?;
        match answer.status {
            // The issue was transferred to another repository, or deleted. If the repository does not exist either, the
            // next call says so.
            StatusCode::MOVED_PERMANENTLY | StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            _ => self.read::<IssueResponse>(&answer).map(|entry| Some(entry.into())),
        }
    }

    /// Looks among the 30 newest issues, then searches. The search index is a few seconds behind, so an issue is missed
    /// if it was created in these seconds and 30 others after it. An issue is also missed if somebody removed the
    /// marker from its text.
    async fn find(&self, marker: &str, word: &str) -> Result<Option<TrackedIssue>, SendError> {
        let marked = |entries: Vec<IssueResponse>| {
            let issues = entries.into_iter().filter(|entry| entry.pull_request.is_none()).map(TrackedIssue::from);
            // If there are several, the oldest is the original and the others are duplicates.
            issues.filter(|found| has_marker(&found.body, marker)).min_by_key(|found| found.issue.number)
        };
        match marked(self.newest().await?) {
            Some(found) => Ok(Some(found)),
            None => Ok(marked(self.search(word).await?)),
        }
    }

    async fn create(&self, title: &str, body: &str) -> Result<Issue, SendError> {
        let mut issue = json!({ "title": title, "body": body });
        if !self.target.labels.is_empty() {
            issue["labels"] = json!(self.target.labels);
        }
        let answer = self.send(Method::POST, &self.address(&["issues"])?, Some(issue), MAX_ISSUES_BYTES).await?;
        self.read::<IssueResponse>(&answer).map(|entry| TrackedIssue::from(entry).issue)
    }

    async fn change(&self, number: u64, change: IssueChange<'_>) -> Result<(), SendError> {
        let mut body = json!({});
        if change.reopen {
            body["state"] = "open".into();
        }
        if let Some((title, text)) = change.rewrite {
            body["title"] = title.into();
            body["body"] = text.into();
        }
        let url = self.address(&["issues", &number.to_string()])?;
        let answer = self.send(Method::PATCH, &url, Some(body), Outgoing::DEFAULT_MAX_ANSWER_BYTES).await?;
        if answer.status.is_success() { Ok(()) } else { Err(self.classify(&answer)) }
    }

    async fn comment(&self, number: u64, body: &str) -> Result<(), SendError> {
        let url = self.address(&["issues", &number.to_string(), "comments"])?;
        let answer =
            self.send(Method::POST, &url, Some(json!({ "body": body })), Outgoing::DEFAULT_MAX_ANSWER_BYTES).await?;
        if answer.status.is_success() { Ok(()) } else { Err(self.classify(&answer)) }
    }

    /// Comments are listed oldest first. Only those of the last two days are requested, because a message is retried
    /// for one day.
    async fn has_comment(&self, number: u64, marker: &str) -> Result<bool, SendError> {
        #[derive(Deserialize)]
        struct Comment {
            #[serde(default)]
            body: Option<String>,
        }
        let mut url = self.address(&["issues", &number.to_string(), "comments"])?;
        let since = self.exchange.now().plus_seconds(-2 * 86_400).seconds();
        let since = jiff::Timestamp::from_second(since).unwrap_or_default().to_string();
        url.query_pairs_mut().append_pair("since", &since).append_pair("per_page", "100");
        let answer = self.send(Method::GET, &url, None, MAX_ISSUES_BYTES).await?;
        let comments: Vec<Comment> = self.read(&answer)?;
        Ok(comments.iter().any(|comment| has_marker(comment.body.as_deref().unwrap_or_default(), marker)))
    }
}
