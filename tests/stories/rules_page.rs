//! The page of a project's rules: who may see it, and its forms.

use std::sync::Arc;

use axum::body::Body;
use embedded::Engines;
use faultline_tests::fakes::{self, Reply};
use faultline_tests::{ADMIN, Faultline};
use http::Method;
use serde_json::{Value, json};
use server::system::Resources;

use crate::browser::{Browser, Seen, key};

const PAGE: &str = "/projects/sample/rules";
const FORM: &str = "/pages/projects/sample/rules";

/// Submits a form of the page, with its token.
async fn submit(browser: &Browser<'_>, fields: &[(&str, &str)]) -> Seen {
    let token = browser.open("/").await.token();
    browser.submit(FORM, &[fields, &[("token", token.as_str())]].concat()).await
}

async fn listed(faultline: &Faultline) -> Value {
    faultline.call(Method::GET, PAGE, ADMIN, Body::empty()).await.body["data"]["rules"].clone()
}

async fn put(faultline: &Faultline, rules: Value) {
    let set = faultline.call(Method::PUT, PAGE, ADMIN, json!({ "rules": rules }).to_string()).await;
    assert_eq!(set.status, 200, "{}", set.body);
}

fn webhook(endpoint: &str) -> Value {
    json!({ "type": "webhook", "endpoint": endpoint })
}

/// Returns the version in the form of the document.
fn version(seen: &Seen) -> String {
    let (_, form) = seen.text.split_once("id=\"json\"").unwrap();
    let (_, rest) = form.split_once("name=\"version\" value=\"").unwrap();
    rest.split('"').next().unwrap().replace("&#34;", "\"")
}

/// The status that each kind of visitor gets: not signed in, a read key of the project, a read key of another project,
/// an admin key of the project, the operator.
const TABLE: &str = "
GET     303 403 403 200 200
add     303 403 403 303 303
try     303 403 403 200 200
test    303 403 403 200 200
save    303 403 403 303 303
delete  303 403 403 303 303
retry   303 403 403 303 303
other   303 403 403 303 303
";

#[tokio::test]
async fn every_form_and_every_visitor() {
    let (_standin, url) = fakes::webhook().await;
    for row in TABLE.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).filter(|row| row.len() == 6) {
        let faultline = Faultline::new().await;
        put(&faultline, json!([{ "id": "team", "to": [webhook(&url)] }])).await;
        faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
        let mut visitors = vec![Browser::new(&faultline)];
        for (role, project) in [("read", "sample"), ("read", "other"), ("admin", "sample")] {
            visitors.push(Browser::signed_in(&faultline, &key(&faultline, role, json!(project)).await.0).await);
        }
        visitors.push(Browser::signed_in(&faultline, ADMIN).await);
        let document = json!({ "rules": [{ "id": "team", "to": [webhook(&url)] }] }).to_string();
        let mut statuses = Vec::new();
        for visitor in &visitors {
            let seen = match row[0] {
                "GET" => visitor.open(PAGE).await,
                _ if statuses.is_empty() => visitor.submit(FORM, &[("do", row[0])]).await,
                form => {
                    let fields = [("do", form), ("kind", "webhook"), ("webhook.endpoint", &url), ("rule", "team")];
                    submit(
                        visitor,
                        &[&fields[..], &[("version", "*"), ("document", &document), ("sure", "yes")]].concat(),
                    )
                    .await
                }
            };
            statuses.push(seen.status.to_string());
        }
        assert_eq!(statuses, row[1..], "{}", row[0]);
    }
}

/// A visitor who may not see rules gets the same page as elsewhere, and no link to the rules.
#[tokio::test]
async fn a_reader_may_not_see_the_rules() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, &key(&faultline, "read", json!("sample")).await.0).await;
    let seen = browser.open(PAGE).await;
    assert!(seen.text.contains("Not allowed") && seen.text.contains("use an admin key"), "{}", seen.text);
    let errors = browser.open("/projects/sample/errors").await.text;
    assert!(!errors.contains(&format!("href=\"{PAGE}\"")));
    let admin = Browser::signed_in(&faultline, ADMIN).await;
    assert!(admin.open("/projects/sample/errors").await.text.contains(&format!("href=\"{PAGE}\"")));
}

#[tokio::test]
async fn an_added_rule_is_in_the_api() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    assert!(browser.open(PAGE).await.text.contains("No rules yet"));
    let fields = [
        ("do", "add"),
        ("name", "Team chat"),
        ("on", "first"),
        ("on", "threshold"),
        ("threshold", "30"),
        ("interval", ""),
        ("environments", "production, staging"),
        ("levels", "error"),
        ("kind", "github"),
        ("github.owner", "acme"),
        ("github.repo", "shop"),
        ("github.userToken", "T0SECRET"),
        ("github.labels", "bug, from production"),
        ("github.if_exist", "reopen"),
        // A field of another kind than the chosen one.
        ("slack.endpoint", "https://hooks.slack.com/services/x"),
    ];
    let done = submit(&browser, &fields).await;
    assert_eq!((done.status, done.location()), (303, "/projects/sample/rules?done=added#main"), "{}", done.text);
    let rule = json!({ "id": "team-chat", "name": "Team chat", "on": ["first", "threshold"], "threshold": 30,
        "environments": ["production", "staging"], "levels": ["error"],
        "to": [{ "type": "github", "owner": "acme", "repo": "shop", "userToken": "[sealed]",
            "labels": ["bug", "from production"], "if_exist": "reopen" }] });
    assert_eq!(listed(&faultline).await, json!([rule]));
    let page = browser.open("/projects/sample/rules?done=added").await.text;
    for shown in ["Rule added", "an error is new", "30 times", "environment production or staging", "sealed"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(!page.contains("T0SECRET"));
}

/// A refusal is shown next to the form, which keeps what was typed. Nothing is stored.
#[tokio::test]
async fn a_refused_rule_is_shown_as_it_was_typed() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let typed = [("name", "Mine"), ("on", "limited"), ("kind", "slack"), ("slack.channel", "#a<b")];
    let slack = ("slack.endpoint", "https://hooks.slack.com/services/x");
    for (form, said, wrong) in [
        (vec![("do", "add")], "“Webhook URL” is missing", "slack.endpoint"),
        (vec![("do", "try")], "“Webhook URL” is missing", "slack.endpoint"),
        (
            vec![("do", "add"), slack, ("threshold", "many")],
            "“An error is seen often from” is a string: send a whole number",
            "threshold",
        ),
        (vec![("do", "add"), ("slack.endpoint", "[sealed]")], "stands for a stored secret", "slack.endpoint"),
    ] {
        let seen = submit(&browser, &[&typed[..], &form].concat()).await;
        assert_eq!(seen.status, 400, "{}", seen.text);
        assert!(seen.text.contains("role=\"alert\"") && seen.text.contains(said), "{}", seen.text);
        let field = seen.text.lines().find(|line| line.contains("aria-invalid")).unwrap();
        assert!(field.contains(&format!("name=\"{wrong}\"")), "{field}");
        for kept in ["value=\"Mine\"", "value=\"limited\" checked", "value=\"#a&#60;b\""] {
            assert!(seen.text.contains(kept), "{kept}: {}", seen.text);
        }
        assert!(!seen.text.contains("value=\"first\" checked"));
    }
    assert_eq!(listed(&faultline).await, json!([]));
}

/// A rule's secret survives changes to other rules, and the page shows what destinations answer to a test.
#[tokio::test]
async fn a_test_shows_what_each_destination_answered() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let ((good, good_url), (bad, bad_url)) = (fakes::webhook().await, fakes::slack().await);
    let to = json!([webhook(&good_url), { "type": "slack", "endpoint": bad_url }]);
    put(&faultline, json!([{ "id": "team", "to": to }])).await;
    submit(&browser, &[("do", "add"), ("kind", "discord"), ("discord.endpoint", "https://discord.com/x")]).await;
    assert_eq!(listed(&faultline).await.as_array().unwrap().len(), 2);

    bad.plan(Reply::new(404, "<script>alert(1)</script>"));
    let seen = submit(&browser, &[("do", "test"), ("rule", "team")]).await;
    assert_eq!((good.received().len(), bad.received().len()), (1, 1));
    assert!(seen.text.contains("✓ sent, in") && seen.text.contains("✗ "), "{}", seen.text);
    assert!(seen.text.contains("404") && !seen.text.contains("<script>alert"), "{}", seen.text);

    let gone = submit(&browser, &[("do", "test"), ("rule", "gone")]).await;
    assert_eq!(gone.status, 404);
    assert!(gone.text.contains("note bad") && gone.text.contains("no rule"), "{}", gone.text);

    // A destination can be tested from the form before it is in a rule.
    let fields = [("do", "try"), ("name", "Mine"), ("kind", "webhook"), ("webhook.endpoint", &good_url)];
    let seen = submit(&browser, &fields).await;
    assert!(seen.text.contains("Test result:") && seen.text.contains("value=\"Mine\""), "{}", seen.text);
    assert_eq!((good.received().len(), listed(&faultline).await.as_array().unwrap().len()), (1, 2));
}

#[tokio::test]
async fn hostile_rules_do_no_harm() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let script = "\"><script>alert(1)</script>\u{202e}";
    let slack = json!({ "type": "slack", "endpoint": "https://hooks.slack.com/x", "channel": script });
    let link = "https://a.example/\"><script>alert(1)</script>";
    put(
        &faultline,
        json!([{ "name": script, "environments": [script], "title": script, "linkTemplate": link, "to": [slack] }]),
    )
    .await;
    let page = browser.open(PAGE).await.text;
    assert!(!page.contains("<script>alert"), "{page}");
    let (rules, _) = page.split_once("id=\"add\"").unwrap();
    assert!(rules.contains("[U+202E]") && !rules.contains('\u{202e}'), "{rules}");
}

#[tokio::test]
async fn a_form_of_another_site_changes_no_rules() {
    let faultline = Faultline::new().await;
    put(&faultline, json!([{ "id": "team", "to": [webhook("https://hooks.slack.com/x")] }])).await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let other = Browser::signed_in(&faultline, ADMIN).await.open("/").await.token();
    for token in ["", "x", other.as_str()] {
        let fields = [("do", "delete"), ("rule", "team"), ("version", "*"), ("token", token), ("sure", "yes")];
        assert_eq!(browser.submit(FORM, &fields).await.status, 403);
    }
    assert_eq!(listed(&faultline).await.as_array().unwrap().len(), 1);
}

/// If somebody else changed the rules, saving is refused with an explanation, and overwrites nothing, also at the
/// second attempt.
#[tokio::test]
async fn a_change_that_was_not_seen_is_not_undone() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    put(&faultline, json!([{ "id": "team", "to": [webhook("https://hooks.slack.com/a")] }])).await;
    let seen_at = version(&browser.open(PAGE).await);
    let document = json!({ "rules": [] }).to_string();
    put(&faultline, json!([{ "id": "theirs", "to": [webhook("https://hooks.slack.com/b")] }])).await;

    let mut seen_version = seen_at.clone();
    for _ in 0..2 {
        let fields = [("do", "save"), ("version", seen_version.as_str()), ("document", &document)];
        let seen = submit(&browser, &fields).await;
        assert_eq!(seen.status, 409);
        assert!(seen.text.contains("Somebody else changed the rules"), "{}", seen.text);
        assert!(seen.text.contains("theirs") && seen.text.contains("&#34;rules&#34;:[]"), "{}", seen.text);
        seen_version = version(&seen);
    }
    let seen = submit(&browser, &[("do", "delete"), ("rule", "theirs"), ("version", &seen_at), ("sure", "yes")]).await;
    assert_eq!(seen.status, 409);
    assert!(seen.text.contains("nothing was deleted"), "{}", seen.text);
    assert_eq!(listed(&faultline).await[0]["id"], "theirs");

    let seen_at = version(&browser.open(PAGE).await);
    let seen = submit(&browser, &[("do", "delete"), ("rule", "theirs"), ("version", &seen_at), ("sure", "yes")]).await;
    assert_eq!((seen.status, seen.location()), (303, "/projects/sample/rules?done=deleted#main"));
    assert_eq!(listed(&faultline).await, json!([]));
}

/// Saving the shown document keeps the secrets. A mistake is shown with its place.
#[tokio::test]
async fn the_document_can_be_changed_as_json() {
    let faultline = Faultline::new().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let (fake, url) = fakes::webhook().await;
    put(&faultline, json!([{ "id": "team", "to": [webhook(&url)] }])).await;
    let seen_at = version(&browser.open(PAGE).await);
    let save =
        async |document: &str| submit(&browser, &[("do", "save"), ("version", &seen_at), ("document", document)]).await;

    let seen = save("{\"rules\": [}").await;
    assert_eq!(seen.status, 400);
    assert!(seen.text.contains("not JSON") && seen.text.contains("line 1 column"), "{}", seen.text);
    let seen = save(r#"{"rules":[{"to":[{"type":"pigeon"}]}]}"#).await;
    assert!(seen.status == 400 && seen.text.contains("At rules.0.to.0.type"), "{}", seen.text);
    assert!(seen.text.contains("pigeon") && seen.text.contains("<details open>"), "{}", seen.text);

    // Nearly the longest possible document, which is three times as long in a form.
    let releases: Vec<_> = (0..50).map(|number| format!("{number}-{}", "\"".repeat(190))).collect();
    let rule = |id: &str, endpoint: &str| json!({ "id": id, "releases": releases, "to": [webhook(endpoint)] });
    let rules =
        [rule("team", "[sealed]"), rule("b", "https://hooks.slack.com/b"), rule("c", "https://hooks.slack.com/c")];
    let seen = save(&json!({ "rules": rules }).to_string()).await;
    assert_eq!(seen.status, 303, "{}", seen.text);
    assert_eq!(seen.location(), "/projects/sample/rules?done=changed#main");
    submit(&browser, &[("do", "test"), ("rule", "team")]).await;
    assert_eq!(fake.received().len(), 1, "the address is unchanged");
}

#[tokio::test]
async fn without_a_sealing_key_the_page_says_how_to_deploy_one() {
    let engines = Engines::memory().unwrap();
    let resources = Resources { sealer: None, ..Resources::make(&engines).await.unwrap() };
    let faultline = Faultline::builder().engines(engines).resources(resources).start().await;
    let browser = Browser::signed_in(&faultline, ADMIN).await;
    let seen = browser.open(PAGE).await;
    assert_eq!(seen.status, 501);
    assert!(
        seen.text.contains("Not available in this deployment") && seen.text.contains("SealingKey=create"),
        "{}",
        seen.text
    );
}

/// A failed notification is shown on the rules page at its rule, on the health page and in both APIs. A button sends it
/// again.
#[tokio::test]
async fn a_failed_notification_is_shown_and_can_be_sent_again() {
    let faultline = Faultline::builder().notifier(channels()).start().await;
    let (fake, url) = fakes::webhook().await;
    put(&faultline, json!([{ "id": "team", "name": "Team hook", "to": [webhook(&url)] }])).await;
    fake.plan(Reply::new(404, "no_service"));
    faultline.post_message("m").await;
    assert_eq!(faultline.process().await, 0);
    faultline.notify().await;
    assert_eq!(fake.received().len(), 1);

    let failed = faultline.get("/dead-notices").await["deadNotices"][0].clone();
    let words = ["projectName", "rule", "ruleName", "target"].map(|key| failed[key].as_str().unwrap().to_owned());
    assert_eq!(words, ["sample", "team", "Team hook", "webhook"]);
    assert!(failed["reason"].as_str().unwrap().contains("404"), "{failed}");
    assert_eq!(faultline.get("/projects/sample/rules/failed").await["deadNotices"][0], failed);
    assert_eq!(faultline.get("/operations").await["failedNotices"][0], failed);

    let admin = Browser::signed_in(&faultline, &key(&faultline, "admin", json!("sample")).await.0).await;
    let page = admin.open(PAGE).await.text;
    for text in
        ["Failed notifications", "no_service", "Team hook", "1 notification of this rule could not be delivered"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    let operator = Browser::signed_in(&faultline, ADMIN).await;
    let health = operator.open("/operations").await.text;
    assert!(health.contains("no_service") && health.contains("action=\"/pages/projects/sample/rules\""), "{health}");

    let id = failed["id"].as_str().unwrap();
    assert_eq!(submit(&admin, &[("do", "retry"), ("id", id)]).await.status, 303);
    assert_eq!(fake.received().len(), 1, "sent again");
    assert_eq!(faultline.get("/dead-notices").await["deadNotices"], json!([]));
    assert!(!admin.open(PAGE).await.text.contains("Failed notifications"));
}

/// Returns channels that can reach fakes.
fn channels() -> Arc<notify::channels::Channels> {
    let destinations = notify::guard::Destinations::parse("").unwrap().and_loopback();
    let client = notify::guard::Client::new(destinations, notify::guard::Timeouts::default());
    Arc::new(notify::channels::Channels::new(client, None, Arc::new(faultline_tests::TestClock::default())))
}
