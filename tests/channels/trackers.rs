//! Issues in GitHub and GitLab, for every `if_exist` and every state that an issue can be in.

use faultline_tests::fakes::{GITHUB_TOKEN, GITLAB_TOKEN, GitHub, GitLab, Received};
use notify::channels::{Issue, SendError};
use rules::{Message, Overflow, Target};
use serde_json::json;

use super::notifications::{again, hostile, limited, one, python, sample, several, v1, v1_occurrence};
use super::{channels, target};

const FORMS: [&str; 5] = ["reopen-and-comment", "reopen", "reopen-and-update", "comment", "none"];

fn github(endpoint: String, if_exist: &str) -> Target {
    target(json!({
        "type": "github",
        "userToken": GITHUB_TOKEN,
        "owner": "acme",
        "repo": "shop",
        "endpoint": endpoint,
        "labels": ["bug", "faultline"],
        "if_exist": if_exist,
    }))
}

fn gitlab(endpoint: String, if_exist: &str) -> Target {
    target(json!({
        "type": "gitlab",
        "personalAccessToken": GITLAB_TOKEN,
        "owner": "acme/web",
        "repo": "shop",
        "endpoint": endpoint,
        "labels": ["bug", "faultline"],
        "if_exist": if_exist,
    }))
}

async fn send(target: &Target, message: Message, known: Option<&Issue>) -> Option<Issue> {
    channels().send(target, &message, known).await.unwrap()
}

/// Returns an issue's text without the signature of its mark, which depends on the fake server's port.
fn unsigned(body: &str) -> String {
    let line = |line: &str| match line.strip_prefix("<!-- faultline:").and_then(|mark| mark.strip_suffix(" -->")) {
        Some(mark) => {
            let (mark, signature) = mark.rsplit_once('/').unwrap();
            assert!(signature.len() == 32 && signature.bytes().all(|byte| byte.is_ascii_hexdigit()), "{signature}");
            format!("<!-- faultline:{mark}/SIGNATURE -->\n")
        }
        None => format!("{line}\n"),
    };
    body.lines().map(line).collect()
}

/// Returns the requests, one line each.
fn asked(received: &[Received]) -> Vec<String> {
    received
        .iter()
        .map(|request| {
            request.line().replace("/api/v3/repos/acme/shop", "").replace("/api/v4/projects/acme%2Fweb%2Fshop", "")
        })
        .collect()
}

#[tokio::test]
async fn the_first_message_creates_an_issue() {
    let github_server = GitHub::start().await;
    let issue = send(&github(github_server.endpoint(), "none"), one(python()), None).await.unwrap();
    assert_eq!(issue, Issue { number: 1, url: "https://github.com/acme/shop/issues/1".to_owned() });
    assert_eq!(github_server.seen(), [r#"Open [PaymentError] cannot pay ["bug","faultline"] comments=0"#]);
    insta::assert_snapshot!("github_python", unsigned(&github_server.body(1)));
    let asked = asked(&github_server.fake.received());
    assert_eq!(asked, ["GET /issues", "GET /api/v3/search/issues", "POST /issues"]);

    let gitlab_server = GitLab::start().await;
    let issue = send(&gitlab(gitlab_server.fake.url(), "none"), one(python()), None).await.unwrap();
    assert_eq!(issue, Issue { number: 1, url: "https://gitlab.com/acme/web/shop/-/issues/1".to_owned() });
    assert_eq!(gitlab_server.seen(), [r#"opened [PaymentError] cannot pay ["bug", "faultline"] comments=0"#]);
    assert_eq!(
        unsigned(&gitlab_server.body(1)),
        unsigned(&github_server.body(1)),
        "GitHub and GitLab get the same text"
    );
}

/// v1's `if_exist`, for an issue that is open, closed, deleted or transferred.
#[tokio::test]
async fn if_exist_does_what_it_says_on_github() {
    let mut table = String::new();
    for form in FORMS {
        for fate in ["open", "closed", "deleted", "transferred"] {
            let server = GitHub::start().await;
            let target = github(server.endpoint(), form);
            let first = send(&target, one(python()), None).await;
            match fate {
                "closed" => server.close(1),
                "deleted" => server.delete(1),
                "transferred" => server.transfer(1),
                _ => {}
            }
            let before = server.body(1);
            server.fake.received();
            let issue = send(&target, one(again()), first.as_ref()).await.unwrap();
            let asked = asked(&server.fake.received()).join(", ");
            let rewritten = if server.body(1) == before { "" } else { " rewritten" };
            let seen = server.seen().join("; ").replace(r#" [PaymentError] cannot pay ["bug","faultline"]"#, "");
            table += &format!("{form}, {fate}: {asked} → #{} {seen}{rewritten}\n", issue.number);
        }
    }
    insta::assert_snapshot!("github_if_exist", table);
}

#[tokio::test]
async fn if_exist_does_what_it_says_on_gitlab() {
    let mut table = String::new();
    for form in FORMS {
        for fate in ["open", "closed", "deleted", "transferred"] {
            let server = GitLab::start().await;
            let target = gitlab(server.fake.url(), form);
            let first = send(&target, one(python()), None).await;
            match fate {
                "closed" => server.close(1),
                "deleted" => server.delete(1),
                "transferred" => server.transfer(1),
                _ => {}
            }
            let before = server.body(1);
            server.fake.received();
            let issue = send(&target, one(again()), first.as_ref()).await.unwrap();
            let asked = asked(&server.fake.received()).join(", ");
            let rewritten = if server.body(1) == before { "" } else { " rewritten" };
            let seen = server.seen().join("; ").replace(r#" [PaymentError] cannot pay ["bug", "faultline"]"#, "");
            table += &format!("{form}, {fate}: {asked} → #{} {seen}{rewritten}\n", issue.number);
        }
    }
    insta::assert_snapshot!("gitlab_if_exist", table);
}

/// An issue of unknown number is found by its hidden mark: in the list of the newest issues as long as the search index
/// does not have it, and by search when many other issues were created since.
#[tokio::test]
async fn an_existing_issue_is_found_instead_of_creating_another() {
    let server = GitHub::start().await;
    let target = github(server.endpoint(), "comment");
    send(&target, one(python()), None).await;
    assert_eq!(send(&target, one(again()), None).await.unwrap().number, 1, "found in the list");
    server.others(40);
    server.index();
    assert_eq!(send(&target, one(sample()), None).await.unwrap().number, 1, "found by search");
    assert_eq!(server.seen()[0], r#"Open [PaymentError] cannot pay ["bug","faultline"] comments=2"#);
    insta::assert_snapshot!("github_comment", server.comment(1));

    let server = GitLab::start().await;
    let target = gitlab(server.fake.url(), "comment");
    send(&target, one(python()), None).await;
    assert_eq!(send(&target, one(again()), None).await.unwrap().number, 1);
    assert_eq!(server.seen(), [r#"opened [PaymentError] cannot pay ["bug", "faultline"] comments=1"#]);
}

/// Other errors and other projects have their own issues.
#[tokio::test]
async fn another_error_is_another_issue() {
    let server = GitHub::start().await;
    let target = github(server.endpoint(), "comment");
    let mut other = python();
    other.fingerprint = model::id::Fingerprint::parse(&"f0".repeat(16)).unwrap();
    let mut elsewhere = python();
    elsewhere.project = model::id::ProjectName::parse("shop-->2").unwrap();
    for (number, notification) in [(1, python()), (2, other), (3, elsewhere.clone()), (3, elsewhere)] {
        assert_eq!(send(&target, one(notification), None).await.unwrap().number, number);
    }
}

/// If an answer is lost, the message is sent again, and that creates neither a second issue nor a second comment.
#[tokio::test]
async fn a_repeated_message_changes_nothing() {
    let server = GitHub::start().await;
    let target = github(server.endpoint(), "reopen-and-comment");
    let nothing = |fake: &faultline_tests::fakes::FakeServer, calls: usize| {
        (0..calls).for_each(|_| fake.plan(faultline_tests::fakes::Reply::json(200, &json!([]))));
    };
    // The list and the search find nothing, and the answer to creating the issue is lost.
    nothing(&server.fake, 1);
    server.fake.plan(faultline_tests::fakes::Reply::json(200, &json!({ "items": [] })));
    server.fake.plan_lost();
    let failed = channels().send(&target, &one(python()), None).await.unwrap_err();
    assert!(matches!(failed, SendError::Transient { .. }), "{failed:?}");
    let issue = send(&target, one(python()), None).await.unwrap();
    assert_eq!(server.seen(), [r#"Open [PaymentError] cannot pay ["bug","faultline"] comments=0"#]);

    server.close(1);
    for call in ["GET", "PATCH", "POST"] {
        server.fake.received();
        if call == "POST" {
            let shown = json!({ "number": 1, "html_url": issue.url, "state": "open", "comments": 0 });
            server.fake.plan(faultline_tests::fakes::Reply::json(200, &shown));
            server.fake.plan_lost();
        } else if call == "PATCH" {
            let shown = json!({ "number": 1, "html_url": issue.url, "state": "closed", "comments": 0 });
            server.fake.plan(faultline_tests::fakes::Reply::json(200, &shown));
            server.fake.plan_lost();
        } else {
            server.fake.plan_lost();
        }
        let failed = channels().send(&target, &one(again()), Some(&issue)).await.unwrap_err();
        assert!(matches!(failed, SendError::Transient { .. }), "{call}: {failed:?}");
    }
    for _ in 0..2 {
        send(&target, one(again()), Some(&issue)).await;
    }
    assert_eq!(server.seen(), [r#"Open [PaymentError] cannot pay ["bug","faultline"] comments=1"#]);
}

#[tokio::test]
async fn issues_hold_hostile_text_harmlessly() {
    let (github_server, gitlab_server) = (GitHub::start().await, GitLab::start().await);
    send(&github(github_server.endpoint(), "none"), one(hostile()), None).await;
    send(&gitlab(gitlab_server.fake.url(), "none"), one(hostile()), None).await;
    let body = unsigned(&github_server.body(1));
    assert!(body == unsigned(&gitlab_server.body(1)), "GitHub and GitLab get the same text");
    assert!(body.len() <= 65_536, "{}", body.len());
    // GitLab looks for quick actions outside of fences of three backticks.
    assert!(!outside_of_threes(&body).lines().any(|line| line.starts_with('/')), "{body:.3000}");
    // Only our own two marks are HTML comments, and they are at the end.
    assert_eq!(body.matches("<!--").count(), 2);
    assert!(
        body.trim_end().ends_with(" -->")
            && body.contains("\n<!-- faultline:shop/00112233445566778899aabbccddeeff/SIGNATURE -->\n")
    );
    assert!(!plain(&body).contains(['@', '<', '*', '[', '/']), "outside of code: {}", plain(&body));
    let title = &github_server.seen()[0];
    assert!(!title.contains("@everyone") && title.contains("a@b.example"), "{title}");
    insta::assert_snapshot!("github_hostile", body.chars().take(1_800).collect::<String>());
}

/// Returns the Markdown without code blocks and spans, our own marks, and faultline's own words.
fn plain(body: &str) -> String {
    let (mut left, mut fence) = (String::new(), None::<String>);
    for line in body.lines() {
        let ticks: String = line.chars().take_while(|&c| c == '`').collect();
        match &fence {
            Some(open) if line.trim_end() == open => fence = None,
            Some(_) => {}
            None if ticks.len() >= 3 && !line[ticks.len()..].contains('`') => fence = Some(ticks),
            None if line.starts_with("<!-- faultline") || line.starts_with("**") || line.starts_with("[Open in") => {}
            None => {
                let mut rest = line;
                while let Some(start) = rest.find('`') {
                    left.push_str(&rest[..start]);
                    let run = rest[start..].chars().take_while(|&c| c == '`').count();
                    let inside = &rest[start + run..];
                    let end = spans(inside, run).unwrap_or_else(|| panic!("a span has no end: {line}"));
                    rest = &inside[end + run..];
                }
                left.push_str(rest);
                left.push('\n');
            }
        }
    }
    assert_eq!(fence, None, "a block has no end");
    left
}

/// Returns the lines outside of fences of three backticks, as seen by a reader that knows no longer fences.
fn outside_of_threes(body: &str) -> String {
    let mut inside = false;
    let outside = body.lines().filter(|line| {
        inside ^= line.starts_with("```");
        !inside
    });
    outside.collect::<Vec<_>>().join("\n")
}

/// Returns where a run of exactly `run` backticks begins.
fn spans(text: &str, run: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(start) = text[at..].find('`') {
        let length = text[at + start..].chars().take_while(|&c| c == '`').count();
        if length == run {
            return Some(at + start);
        }
        at += start + length;
    }
    None
}

/// v1's sections in v1's order. A title of more than 250 bytes is cut as in v1.
#[tokio::test]
async fn an_issue_of_a_v1_error_has_v1s_form() {
    let server = GitHub::start().await;
    let target = github(server.endpoint(), "none");
    send(&target, one(v1_occurrence()), None).await;
    insta::assert_snapshot!("github_v1", unsigned(&server.body(1)));

    let mut long = v1();
    long.fingerprint = model::id::Fingerprint::parse(&"0e".repeat(16)).unwrap();
    long.message = "é".repeat(300);
    send(&target, one(long), None).await;
    let request = server.fake.received().pop().unwrap().json();
    let title = request["title"].as_str().unwrap();
    assert!(title.len() <= 250, "{}", title.len());
    insta::assert_snapshot!(title.trim_start_matches("[_] ").trim_start_matches('é'), @"...dc001a5248");
}

#[tokio::test]
async fn a_tracker_message_is_about_one_error() {
    let server = GitHub::start().await;
    let target = github(server.endpoint(), "none");
    assert_eq!(send(&target, limited(), None).await, None);
    let failed = channels().send(&target, &several(), None).await.unwrap_err();
    assert!(matches!(failed, SendError::Permanent { .. }), "{failed:?}");
    assert!(server.fake.received().is_empty());
    // Collected notifications about one error become one issue.
    let notifications = vec![python(), again()];
    let message =
        Message::Several { token: "t".to_owned(), project: python().project, notifications, more: 0, overflow: None };
    assert_eq!(send(&target, message, None).await.unwrap().number, 1);
}

/// Somebody who may open issues plants one with a copy of our mark, without a valid signature. It is left alone.
#[tokio::test]
async fn an_issue_that_somebody_else_created_is_not_adopted() {
    let mark = |mark: &str| format!("mine\n<!-- faultline:shop/{}{mark} -->\n", python().fingerprint);
    for planted in [mark(""), mark("/00000000000000000000000000000000")] {
        let server = GitHub::start().await;
        server.plant(&planted);
        let issue = send(&github(server.endpoint(), "reopen-and-update"), one(python()), None).await.unwrap();
        assert_eq!((issue.number, server.body(1)), (2, planted.clone()));

        let server = GitLab::start().await;
        server.plant(&planted);
        let issue = send(&gitlab(server.fake.url(), "reopen-and-update"), one(python()), None).await.unwrap();
        assert_eq!((issue.number, server.body(1)), (2, planted));
    }
}

/// A title mentions nobody, references no issue, and contains no emoji.
#[tokio::test]
async fn a_title_refers_to_nothing() {
    let server = GitHub::start().await;
    let mut notification = python();
    notification.message = "fixes #1, a/b#2 !3 &4 %v1 ~bug @team :wave: a@b.example at 10:20".to_owned();
    send(&github(server.endpoint(), "none"), one(notification), None).await;
    let title = server.seen().concat();
    for mark in ["#1", "#2", "!3", "&4", "%v1", "~bug", "@team", ":wave:"] {
        assert!(!title.contains(mark), "{mark} in {title}");
    }
    assert!(title.contains("a@b.example at 10:20"), "{title}");
}

/// Messages over a rule's maximum become one issue, which is found again when the same message is repeated.
#[tokio::test]
async fn messages_over_the_maximum_become_one_issue() {
    let server = GitHub::start().await;
    let target = github(server.endpoint(), "none");
    let overflow =
        Overflow { ceiling: 5, rule: "Issues".to_owned(), link: Some("https://errors.example/list".to_owned()) };
    let notifications = vec![python(), v1()];
    let message = Message::Several {
        token: "t".to_owned(),
        project: python().project,
        notifications,
        more: 48,
        overflow: Some(overflow),
    };
    for _ in 0..2 {
        assert_eq!(send(&target, message.clone(), None).await.unwrap().number, 1);
    }
    assert_eq!(server.seen(), [r#"Open 50 more errors in shop ["bug","faultline"] comments=0"#]);
    let body = server.body(1);
    assert!(body.contains("5 issues per minute") && body.contains("(<https://errors.example/list>)"), "{body}");
}
