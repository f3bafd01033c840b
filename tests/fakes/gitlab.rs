//! A fake of the issues part of GitLab's REST API.

#![expect(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot go on panics")]

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{FakeServer, Received, Reply};

/// The token that may write to `acme/web/shop`.
pub const GITLAB_TOKEN: &str = "glpat-aBcD1234eFgH5678iJkL";

struct Kept {
    state: &'static str,
    deleted: bool,
    moved: bool,
    title: String,
    description: String,
    labels: Vec<String>,
    notes: Vec<String>,
}

/// GitLab with the project `acme/web/shop`.
pub struct GitLab {
    pub fake: FakeServer,
    issues: Arc<Mutex<Vec<Kept>>>,
}

impl GitLab {
    /// Starts a server with an empty project.
    pub async fn start() -> Self {
        let issues = Arc::new(Mutex::new(Vec::new()));
        let service = issues.clone();
        let fake = FakeServer::start(move |received| respond(&mut service.lock().unwrap(), received)).await;
        Self { fake, issues }
    }

    /// Opens an issue with this text, as another user.
    pub fn plant(&self, description: &str) {
        self.issues.lock().unwrap().push(Kept {
            state: "opened",
            deleted: false,
            moved: false,
            title: "Something else".to_owned(),
            description: description.to_owned(),
            labels: Vec::new(),
            notes: Vec::new(),
        });
    }

    /// Closes an issue, as another user.
    pub fn close(&self, iid: usize) {
        self.issues.lock().unwrap()[iid - 1].state = "closed";
    }

    /// Deletes an issue, as another user.
    pub fn delete(&self, iid: usize) {
        self.issues.lock().unwrap()[iid - 1].deleted = true;
    }

    /// Moves an issue to another project, as another user. A closed issue stays behind.
    pub fn transfer(&self, iid: usize) {
        let kept = &mut self.issues.lock().unwrap()[iid - 1];
        (kept.state, kept.moved) = ("closed", true);
    }

    /// Returns the issues as people see them: state, title, labels, number of notes.
    pub fn seen(&self) -> Vec<String> {
        let issues = self.issues.lock().unwrap();
        let shown = issues.iter().map(|kept| {
            let gone = if kept.deleted { "deleted " } else { "" };
            format!("{gone}{} {} {:?} comments={}", kept.state, kept.title, kept.labels, kept.notes.len())
        });
        shown.collect()
    }

    /// Returns an issue's text.
    pub fn body(&self, iid: usize) -> String {
        self.issues.lock().unwrap()[iid - 1].description.clone()
    }
}

fn respond(issues: &mut Vec<Kept>, received: &Received) -> Reply {
    if received.header("private-token") != GITLAB_TOKEN {
        return Reply::json(401, &json!({ "message": "401 Unauthorized" }));
    }
    let parts: Vec<_> = received.path.trim_start_matches('/').split('/').collect();
    let ["api", "v4", "projects", "acme%2Fweb%2Fshop", "issues", rest @ ..] = parts.as_slice() else {
        return Reply::json(404, &json!({ "message": "404 Project Not Found" }));
    };
    let body = received.json();
    match (received.method.as_str(), rest) {
        ("GET", []) => search(issues, received),
        ("POST", []) => create(issues, &body),
        (method, [iid, rest @ ..]) => {
            let iid: usize = iid.parse().unwrap();
            match issues.get_mut(iid - 1).filter(|kept| !kept.deleted) {
                Some(kept) => one(kept, iid, method, rest, &body),
                None => Reply::json(404, &json!({ "message": "404 Not found" })),
            }
        }
        _ => Reply::json(405, &json!({ "error": "405 Not Allowed" })),
    }
}

fn search(issues: &[Kept], received: &Received) -> Reply {
    let asked = ["in", "scope", "state"].map(|name| received.query(name));
    assert_eq!(asked, ["description", "all", "all"]);
    let there = (1..).zip(issues).filter(|(_, kept)| !kept.deleted);
    let found = there.filter(|(_, kept)| kept.description.contains(received.query("search")));
    Reply::json(200, &found.map(|(iid, kept)| shown(iid, kept)).collect())
}

fn create(issues: &mut Vec<Kept>, body: &Value) -> Reply {
    let (title, text) = (body["title"].as_str().unwrap_or_default(), body["description"].as_str().unwrap_or_default());
    if title.is_empty() || title.chars().count() > 255 || text.chars().count() > 1_048_576 {
        return Reply::json(400, &json!({ "message": { "title": ["is too long (maximum is 255 characters)"] } }));
    }
    let labels = body["labels"].as_str().unwrap_or_default();
    issues.push(Kept {
        state: "opened",
        deleted: false,
        moved: false,
        title: title.to_owned(),
        description: text.to_owned(),
        labels: labels.split(',').filter(|label| !label.is_empty()).map(str::to_owned).collect(),
        notes: Vec::new(),
    });
    Reply::json(201, &shown(issues.len(), issues.last().unwrap()))
}

fn one(kept: &mut Kept, iid: usize, method: &str, rest: &[&str], body: &Value) -> Reply {
    match (method, rest) {
        ("GET", []) => Reply::json(200, &shown(iid, kept)),
        ("PUT", []) => {
            let known = ["state_event", "title", "description"];
            assert!(body.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{body}");
            match body["state_event"].as_str() {
                Some("reopen") => kept.state = "opened",
                Some(_) => return Reply::json(400, &json!({ "error": "state_event does not have a valid value" })),
                None => {}
            }
            kept.title = body["title"].as_str().unwrap_or(&kept.title).to_owned();
            kept.description = body["description"].as_str().unwrap_or(&kept.description).to_owned();
            Reply::json(200, &shown(iid, kept))
        }
        ("GET", ["notes"]) => Reply::json(200, &kept.notes.iter().rev().map(|note| json!({ "body": note })).collect()),
        ("POST", ["notes"]) => match body["body"].as_str().filter(|text| !text.is_empty()) {
            Some(text) => {
                kept.notes.push(text.to_owned());
                Reply::json(201, &json!({ "id": 1, "body": text }))
            }
            None => Reply::json(400, &json!({ "error": "body is missing" })),
        },
        _ => Reply::json(404, &json!({ "message": "404 Not found" })),
    }
}

fn shown(iid: usize, kept: &Kept) -> Value {
    json!({
        "id": 1_000 + iid,
        "iid": iid,
        "web_url": format!("https://gitlab.com/acme/web/shop/-/issues/{iid}"),
        "state": kept.state,
        "title": kept.title,
        "description": kept.description,
        "labels": kept.labels,
        "user_notes_count": kept.notes.len(),
        "moved_to_id": kept.moved.then_some(77),
    })
}
