//! `faultline import` from other trackers, against a server on loopback that answers like their public APIs.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::shell::Shell;

const TOKEN: &str = "sntryu_0123456789abcdef";

/// A Sentry with one project, `acme/web`, of these issues and their events.
struct FakeSentry {
    url: String,
    /// Paths and queries of all requests.
    requests: Arc<Mutex<Vec<String>>>,
}

/// Which tracker the server is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flavour {
    Sentry,
    /// Events without the organisation in their path, without entries in the list, and no comments.
    GlitchTip,
    Bugsink,
}

impl FakeSentry {
    fn start(flavour: Flavour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/acme/web", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), flavour, &seen);
            }
        });
        Self { url, requests }
    }
}

/// Answers one request, and closes the connection.
fn serve(mut stream: TcpStream, flavour: Flavour, seen: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    while let Some(Ok(line)) = lines.next().filter(|line| line.as_ref().is_ok_and(|line| !line.is_empty())) {
        head.push(line);
    }
    let Some(target) = head.first().and_then(|line| line.split(' ').nth(1)).map(str::to_owned) else { return };
    let is_known = head.iter().any(|line| line.to_lowercase() == format!("authorization: bearer {TOKEN}"));
    let (status, link, body) = match is_known {
        true => answer(&target, flavour, seen.lock().unwrap().iter().filter(|one| **one == target).count()),
        false => (401, None, json!({ "detail": "Invalid token" })),
    };
    seen.lock().unwrap().push(target);
    let link: Option<String> = link;
    let link = link.map_or(String::new(), |link| format!("link: {link}\r\n"));
    let body = body.to_string();
    let length = body.len();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{link}retry-after: 0\r\n");
    let _ = write!(stream, "{head}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
}

/// The next page's link, as Sentry writes it.
fn next(path: &str, cursor: &str, results: bool) -> Option<String> {
    Some(format!(
        "<http://elsewhere.example{path}?cursor={cursor}>; rel=\"next\"; results=\"{results}\"; cursor=\"{cursor}\""
    ))
}

fn answer(target: &str, flavour: Flavour, before: usize) -> (u16, Option<String>, Value) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let is_second = query.contains("cursor=2");
    let missing = (404, None, json!({ "detail": "The requested resource does not exist" }));
    match path {
        "/api/canonical/0/issues/" | "/api/canonical/0/events/" if flavour == Flavour::Bugsink => {
            (200, None, bugsink_page(path, query))
        }
        path if flavour == Flavour::Bugsink => match path.strip_prefix("/api/canonical/0/events/") {
            Some(id) => (200, None, bugsink_event(id[..1].parse().unwrap(), true)),
            None => missing,
        },
        "/api/0/projects/acme/web/issues/" if !query.contains("query=&") => (200, None, json!([])),
        // It is overloaded the first time.
        "/api/0/projects/acme/web/issues/" if before == 0 && !is_second => {
            (429, None, json!({ "detail": "slow down" }))
        }
        "/api/0/projects/acme/web/issues/" if is_second => {
            (200, next(path, "3", false), json!([issue("12", "resolved"), issue("13", "unresolved")]))
        }
        "/api/0/projects/acme/web/issues/" => (200, next(path, "2", true), json!([issue("11", "ignored")])),
        "/api/0/organizations/acme/issues/11/events/" if flavour == Flavour::GlitchTip => missing,
        "/api/0/organizations/acme/issues/12/events/" if flavour == Flavour::GlitchTip => missing,
        "/api/0/organizations/acme/issues/11/events/" | "/api/0/issues/11/events/" => match is_second {
            true => (200, next(path, "3", false), json!([event(flavour, 1), event(flavour, 2)])),
            false => (200, next(path, "2", true), json!([event(flavour, 3)])),
        },
        "/api/0/organizations/acme/issues/12/events/" | "/api/0/issues/12/events/" => {
            (200, None, json!([event(flavour, 4), { "eventID": "nonsense" }]))
        }
        "/api/0/organizations/acme/issues/13/events/" | "/api/0/issues/13/events/" => (200, None, json!([])),
        "/api/0/issues/11/comments/" if flavour == Flavour::Sentry => (
            200,
            None,
            json!([{ "id": "1", "dateCreated": "2026-10-02T10:00:00Z", "user": { "name": "Ada" },
                "data": { "text": "we know" } }]),
        ),
        path => match path.strip_prefix("/api/0/projects/acme/web/events/") {
            Some(id) => (200, None, event(Flavour::Sentry, id[..2].parse().unwrap())),
            None => missing,
        },
    }
}

fn issue(id: &str, status: &str) -> Value {
    json!({ "id": id, "shortId": format!("WEB-{id}"), "status": status, "lastSeen": "2026-10-03T10:00:00Z",
        "permalink": format!("https://sentry.example/issues/{id}/"),
        "assignedTo": { "type": "user", "name": "Ada", "email": "ada@acme.example" }, "statusDetails": {} })
}

/// Event 4 belongs to another issue than the others.
fn event(flavour: Flavour, number: u8) -> Value {
    let id = format!("{number:02}").repeat(16);
    if flavour == Flavour::GlitchTip {
        return json!({ "eventID": id, "dateCreated": "2026-10-01T10:00:00Z" });
    }
    let kind = if number == 4 { "OtherError" } else { "CartError" };
    json!({ "eventID": id, "dateCreated": format!("2026-10-01T10:00:0{number}Z"), "dateReceived": "2026-10-01T10:00:09Z",
        "platform": "python", "tags": [{ "key": "environment", "value": "production" }, { "key": "k", "value": "v" }],
        "release": { "version": "web@1.0" }, "user": { "id": "7" },
        "entries": [{ "type": "exception", "data": { "values": [{ "type": kind, "value": "no items", "stacktrace": {
            "frames": [{ "function": "pay", "filename": "cart.py", "lineNo": 7, "inApp": true,
                "vars": { "password": "hunter2-secret" }, "context": [[7, "pay()"]] }] } }] } }] })
}

fn bugsink_page(path: &str, query: &str) -> Value {
    let next = |cursor: &str| format!("http://elsewhere.example{path}?cursor={cursor}");
    match (path.ends_with("issues/"), query) {
        (true, "project=7") => json!({ "next": next("aa%3D"), "previous": null, "results": [
            { "id": "i1", "friendly_id": "WEB-1", "last_seen": "2026-10-01T10:00:00Z", "is_resolved": false, "is_muted": true },
        ] }),
        (true, "project=7&cursor=aa%3D") => json!({ "next": null, "previous": null, "results": [
            { "id": "i2", "friendly_id": "WEB-2", "last_seen": "2026-10-01T10:00:00Z", "is_resolved": true, "is_muted": false },
        ] }),
        (false, "issue=i1") => json!({ "next": next("b"), "results": [bugsink_event(3, false)] }),
        (false, "issue=i1&cursor=b") => json!({ "next": null, "results": [bugsink_event(2, false)] }),
        (false, "issue=i2") => json!({ "next": null, "results": [bugsink_event(4, false)] }),
        _ => panic!("{path}?{query}"),
    }
}

/// An event as in a list or, with its data, alone.
fn bugsink_event(number: u8, is_whole: bool) -> Value {
    let sent = event(Flavour::Sentry, number);
    let mut listed = json!({ "id": number.to_string(), "event_id": sent["eventID"], "ingested_at": sent["dateReceived"],
        "timestamp": sent["dateCreated"] });
    if is_whole {
        listed["data"] = json!({ "event_id": sent["eventID"], "timestamp": sent["dateCreated"], "platform": "python",
            "exception": { "values": [{ "type": if number == 4 { "OtherError" } else { "CartError" }, "value": "v",
                "stacktrace": { "frames": [{ "function": "pay", "lineno": 7, "in_app": true }] } }] } });
    }
    listed
}

fn import(shell: &Shell, sentry: &FakeSentry, more: &[&str]) -> (Option<i32>, String) {
    let arguments = [&["import", "--from", "sentry", "--project", "copy", &sentry.url], more].concat();
    let said = shell.command(&arguments).env("SENTRY_AUTH_TOKEN", TOKEN).output().unwrap();
    let text = [&said.stdout[..], &said.stderr[..]].concat();
    (said.status.code(), String::from_utf8(text).unwrap())
}

/// Issues come with their events, status, assignee and comments. A second import changes nothing.
#[test]
fn a_project_of_sentry_is_imported() {
    for flavour in [Flavour::Sentry, Flavour::GlitchTip] {
        let shell = Shell::new();
        shell.says(&["projects", "create", "copy"]);
        let sentry = FakeSentry::start(flavour);
        for _ in 0..2 {
            let (code, said) = import(&shell, &sentry, &[]);
            assert_eq!(code, Some(1), "{said}");
            assert!(said.contains("imported 4 occurrences"), "{said}");
            assert!(said.contains("WEB-12: `nonsense` is not an event id"), "{said}");
            assert!(said.contains("WEB-13: none of its events is left"), "{said}");
        }
        let list = shell.json(&["errors", "list", "-p", "copy"]);
        let errors = list["errors"].as_array().unwrap();
        let find = |kind: &str| errors.iter().find(|error| error["type"] == kind).unwrap_or_else(|| panic!("{list}"));
        let (cart, other) = (find("CartError"), find("OtherError"));
        assert_eq!((cart["count"].as_u64(), other["count"].as_u64()), (Some(3), Some(1)), "{list}");
        assert_eq!((cart["status"].as_str(), other["status"].as_str()), (Some("muted"), Some("resolved")));
        assert_eq!(cart["assignee"], "ada@acme.example");
        assert_eq!(cart["firstSeen"].as_str().map(|at| &at[..19]), Some("2026-10-01T10:00:01"), "{cart}");
        let file = shell.path("copy.ndjson");
        shell.says(&["export", "--project", "copy", "--out", file.to_str().unwrap()]);
        let exported = std::fs::read_to_string(file).unwrap();
        for kept in ["web@1.0", "\"pay()\"", "Imported from WEB-11: https://sentry.example/issues/11/", "cart.py"] {
            assert!(exported.contains(kept), "{kept}: {exported}");
        }
        assert_eq!(exported.matches("we know").count(), usize::from(flavour == Flavour::Sentry));
        assert_eq!(exported.matches("Imported from WEB-11").count(), 1, "imported once");
        assert!(!exported.contains("hunter2"), "imported events are scrubbed");
    }
}

#[test]
fn the_number_of_events_is_limited() {
    let shell = Shell::new();
    shell.says(&["projects", "create", "copy"]);
    let sentry = FakeSentry::start(Flavour::Sentry);
    let (_, said) = import(&shell, &sentry, &["--events", "1"]);
    assert!(said.contains("imported 2 occurrences"), "{said}");
    let requests = sentry.requests.lock().unwrap();
    assert!(!requests.iter().any(|one| one.contains("issues/11/events") && one.contains("cursor")), "{requests:?}");
}

#[test]
fn a_refusal_says_what_to_do() {
    let shell = Shell::new();
    let sentry = FakeSentry::start(Flavour::Sentry);
    let with = |token: &str, address: &str| {
        let mut command = shell.command(&["import", "--from", "sentry", "--project", "sample", address]);
        let output = command.env("SENTRY_AUTH_TOKEN", token).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(with("", &sentry.url).contains("SENTRY_AUTH_TOKEN is not set"));
    let refused = with("wrong-token", &sentry.url);
    assert!(refused.contains("401") && refused.contains("token in SENTRY_AUTH_TOKEN is not valid"), "{refused}");
    assert!(!refused.contains("wrong-token"), "{refused}");
    assert!(with(TOKEN, &sentry.url.replace("web", "other")).contains("is the address right?"));
    assert!(with(TOKEN, &sentry.url.replace("/web", "")).contains("https://sentry.io/ORGANIZATION/PROJECT"));
}

#[test]
fn a_project_of_bugsink_is_imported() {
    let shell = Shell::new();
    shell.says(&["projects", "create", "copy"]);
    let bugsink = FakeSentry::start(Flavour::Bugsink);
    let address = bugsink.url.replace("acme/web", "7");
    let import = |more: &[&str]| {
        let arguments = [&["import", "--from", "bugsink", &address], more].concat();
        let said = shell.command(&arguments).env("BUGSINK_TOKEN", TOKEN).output().unwrap();
        let text = [&said.stdout[..], &said.stderr[..]].concat();
        (said.status.code(), String::from_utf8(text).unwrap())
    };
    for _ in 0..2 {
        let (code, said) = import(&["--project", "copy"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("imported 3 occurrences"), "{said}");
    }
    let list = shell.json(&["errors", "list", "-p", "copy"]);
    let errors = list["errors"].as_array().unwrap();
    let mut found: Vec<_> = errors
        .iter()
        .map(|error| (error["type"].as_str(), error["status"].as_str(), error["count"].as_u64()))
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [(Some("CartError"), Some("muted"), Some(2)), (Some("OtherError"), Some("resolved"), Some(1))],
        "{list}"
    );
    let (code, said) = import(&[]);
    assert!(code == Some(1) && said.contains("--project is missing"), "{said}");
}
