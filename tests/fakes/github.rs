//! A fake of the issues part of GitHub's REST API.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot go on panics")]

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{FakeServer, Received, Reply};

/// The token that may write to `acme/shop`.
pub const GITHUB_TOKEN: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

/// The state of an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Open,
    Closed,
    Deleted,
    Transferred,
}

struct Kept {
    fate: Fate,
    title: String,
    body: String,
    labels: Value,
    comments: Vec<String>,
    /// Whether the search finds it.
    indexed: bool,
}

/// GitHub with the repository `acme/shop`, at `/api/v3` as on GitHub Enterprise Server.
pub struct GitHub {
    pub fake: FakeServer,
    issues: Arc<Mutex<Vec<Kept>>>,
}

impl GitHub {
    /// Starts a server with an empty repository.
    pub async fn start() -> Self {
        let issues = Arc::new(Mutex::new(Vec::new()));
        let service = issues.clone();
        let fake = FakeServer::start(move |received| respond(&mut service.lock().unwrap(), received)).await;
        Self { fake, issues }
    }

    /// Returns the URL of the API.
    pub fn endpoint(&self) -> String {
        format!("{}/api/v3", self.fake.url())
    }

    /// Closes an issue, as another user.
    pub fn close(&self, number: usize) {
        self.issues.lock().unwrap()[number - 1].fate = Fate::Closed;
    }

    /// Deletes an issue, as another user.
    pub fn delete(&self, number: usize) {
        self.issues.lock().unwrap()[number - 1].fate = Fate::Deleted;
    }

    /// Transfers an issue to another repository, as another user.
    pub fn transfer(&self, number: usize) {
        self.issues.lock().unwrap()[number - 1].fate = Fate::Transferred;
    }

    /// Makes the search find all issues.
    pub fn index(&self) {
        self.issues.lock().unwrap().iter_mut().for_each(|kept| kept.indexed = true);
    }

    /// Creates `count` issues, as another user.
    pub fn others(&self, count: usize) {
        let mut issues = self.issues.lock().unwrap();
        issues.extend((0..count).map(|_| Kept {
            fate: Fate::Open,
            title: "Something else".to_owned(),
            body: "by hand".to_owned(),
            labels: json!([]),
            comments: Vec::new(),
            indexed: true,
        }));
    }

    /// Opens an issue with this text, as another user.
    pub fn plant(&self, body: &str) {
        self.others(1);
        let mut issues = self.issues.lock().unwrap();
        issues.last_mut().unwrap().body = body.to_owned();
    }

    /// Returns the issues as people see them: state, title, labels, number of comments.
    pub fn seen(&self) -> Vec<String> {
        let issues = self.issues.lock().unwrap();
        let shown = issues
            .iter()
            .map(|kept| format!("{:?} {} {} comments={}", kept.fate, kept.title, kept.labels, kept.comments.len()));
        shown.collect()
    }

    /// Returns an issue's text.
    pub fn body(&self, number: usize) -> String {
        self.issues.lock().unwrap()[number - 1].body.clone()
    }

    /// Returns an issue's newest comment.
    pub fn comment(&self, number: usize) -> String {
        self.issues.lock().unwrap()[number - 1].comments.last().unwrap().clone()
    }
}

fn respond(issues: &mut Vec<Kept>, received: &Received) -> Reply {
    if received.header("user-agent").is_empty() {
        return Reply::new(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
        );
    }
    if received.header("authorization") != format!("Bearer {GITHUB_TOKEN}") {
        return refusal(401, "Bad credentials");
    }
    let versioned = received.header("x-github-api-version") == "2022-11-28";
    if !versioned || received.header("accept") != "application/vnd.github+json" {
        return refusal(415, "unsupported media type or version");
    }
    let parts: Vec<_> = received.path.trim_start_matches('/').split('/').collect();
    match (received.method.as_str(), parts.as_slice()) {
        ("GET", ["api", "v3", "search", "issues"]) => search(issues, received),
        (_, ["api", "v3", "repos", owner, repo, ..]) if (*owner, *repo) != ("acme", "shop") => {
            refusal(404, "Not Found")
        }
        ("GET", [.., "issues"]) => list(issues, received),
        ("POST", [.., "issues"]) => create(issues, received),
        (method, [.., "issues", number]) => one(issues, method, number, received, false),
        (method, [.., "issues", number, "comments"]) => one(issues, method, number, received, true),
        _ => refusal(404, "Not Found"),
    }
}

fn list(issues: &[Kept], received: &Received) -> Reply {
    let asked = ["state", "sort", "direction"].map(|name| received.query(name));
    assert_eq!(asked, ["all", "created", "desc"], "this fake supports only one order");
    let size: usize = received.query("per_page").parse().unwrap();
    assert!((1..=100).contains(&size));
    let there = (1..).zip(issues).filter(|(_, kept)| matches!(kept.fate, Fate::Open | Fate::Closed));
    let all: Vec<_> = there.map(|(number, kept)| shown(number, kept)).collect();
    Reply::json(200, &all.into_iter().rev().take(size).collect())
}

fn search(issues: &[Kept], received: &Received) -> Reply {
    let words: Vec<_> = received.query("q").split(' ').collect();
    if !words.contains(&"is:issue") || !words.contains(&"repo:acme/shop") {
        return refusal(422, "Validation Failed");
    }
    let word = words.iter().find(|word| !word.contains(':')).unwrap();
    let found: Vec<_> = (1..)
        .zip(issues)
        .filter(|(_, kept)| kept.indexed && matches!(kept.fate, Fate::Open | Fate::Closed) && kept.body.contains(*word))
        .map(|(number, kept)| shown(number, kept))
        .collect();
    Reply::json(200, &json!({ "total_count": found.len(), "incomplete_results": false, "items": found }))
}

fn create(issues: &mut Vec<Kept>, received: &Received) -> Reply {
    let body = received.json();
    let (title, text) = (body["title"].as_str().unwrap_or_default(), body["body"].as_str().unwrap_or_default());
    if let Err(refusal) = texts(title, text) {
        return refusal;
    }
    issues.push(Kept {
        fate: Fate::Open,
        title: title.to_owned(),
        body: text.to_owned(),
        labels: body.get("labels").cloned().unwrap_or(json!([])),
        comments: Vec::new(),
        indexed: false,
    });
    Reply::json(201, &shown(issues.len(), issues.last().unwrap()))
}

fn texts(title: &str, text: &str) -> Result<(), Reply> {
    let invalid = |field: &str, message: &str| {
        let errors = json!([{ "resource": "Issue", "field": field, "code": "custom", "message": message }]);
        Err(Reply::json(422, &json!({ "message": "Validation Failed", "errors": errors })))
    };
    match () {
        () if title.is_empty() => invalid("title", "title can't be blank"),
        () if title.chars().count() > 256 => invalid("title", "title is too long (maximum is 256 characters)"),
        () if text.len() > 65_536 => invalid("body", "body is too long (maximum is 65536 characters)"),
        () => Ok(()),
    }
}

fn one(issues: &mut [Kept], method: &str, number: &str, received: &Received, comments: bool) -> Reply {
    let number: usize = number.parse().unwrap();
    let Some(kept) = issues.get_mut(number - 1) else { return refusal(404, "Not Found") };
    match kept.fate {
        Fate::Deleted => return refusal(410, "This issue was deleted"),
        Fate::Transferred => {
            let moved =
                json!({ "message": "Moved Permanently", "url": "https://api.github.com/repositories/9/issues/1" });
            return Reply::json(301, &moved).header("location", "https://api.github.com/repositories/9/issues/1");
        }
        Fate::Open | Fate::Closed => {}
    }
    let body = received.json();
    match (method, comments) {
        ("GET", false) => Reply::json(200, &shown(number, kept)),
        ("PATCH", false) => {
            let known = ["state", "title", "body"];
            assert!(body.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{body}");
            let (title, text) = (body["title"].as_str(), body["body"].as_str());
            if let Err(refusal) = texts(title.unwrap_or("kept"), text.unwrap_or_default()) {
                return refusal;
            }
            match body["state"].as_str() {
                Some("open") => kept.fate = Fate::Open,
                Some("closed") => kept.fate = Fate::Closed,
                Some(_) => return refusal(422, "Validation Failed"),
                None => {}
            }
            kept.title = title.unwrap_or(&kept.title).to_owned();
            kept.body = text.unwrap_or(&kept.body).to_owned();
            Reply::json(200, &shown(number, kept))
        }
        ("GET", true) => {
            assert!(received.query("since").ends_with('Z'), "an ISO 8601 time");
            Reply::json(200, &kept.comments.iter().map(|comment| json!({ "body": comment })).collect())
        }
        ("POST", true) => {
            let text = body["body"].as_str().unwrap_or_default();
            if text.is_empty() || text.len() > 65_536 {
                return refusal(422, "Validation Failed");
            }
            kept.comments.push(text.to_owned());
            Reply::json(201, &json!({ "id": 1, "body": text }))
        }
        _ => refusal(404, "Not Found"),
    }
}

fn shown(number: usize, kept: &Kept) -> Value {
    json!({
        "number": number,
        "html_url": format!("https://github.com/acme/shop/issues/{number}"),
        "state": if kept.fate == Fate::Closed { "closed" } else { "open" },
        "title": kept.title,
        "body": kept.body,
        "labels": kept.labels,
        "comments": kept.comments.len(),
    })
}

fn refusal(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "message": message, "documentation_url": "https://docs.github.com/rest" }))
}
