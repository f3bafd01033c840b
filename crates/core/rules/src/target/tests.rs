use serde_json::{Value, json};

use super::{IfExist, Target};

#[track_caller]
fn refused(target: Value, path: &str, says: &str) {
    let refusal = Target::parse(&target).unwrap_err();
    assert_eq!(refusal.path.join("."), path, "{refusal}");
    assert!(refusal.message.contains(says), "{refusal}");
}

/// `base` with `value` at `key`.
fn with(base: &Value, key: &str, value: Value) -> Value {
    let mut target = base.clone();
    target[key] = value;
    target
}

fn slack() -> Value {
    json!({ "type": "slack", "endpoint": "https://hooks.slack.com/services/T/B/x" })
}

fn github() -> Value {
    json!({ "type": "github", "userToken": "ghp_x", "owner": "o", "repo": "r.js" })
}

fn gitlab() -> Value {
    json!({ "type": "gitlab", "personalAccessToken": "glpat-x", "owner": "group/sub-group", "repo": "r" })
}

fn mail(address: &str) -> Value {
    json!({ "type": "email", "to": ["ok@example.org", address] })
}

#[test]
fn both_spellings_of_v1_s_fields_are_read() {
    let spelt = |emoji: &str, url: &str| {
        let target = with(&with(&slack(), emoji, json!(":x:")), url, json!("https://e.org/i.png"));
        Target::parse(&target).unwrap()
    };
    assert_eq!(spelt("iconEmoji", "iconUrl"), spelt("icon_emoji", "icon_url"));
    let Target::Slack(read) = spelt("icon_emoji", "iconUrl") else { panic!("a Slack channel") };
    assert_eq!((read.icon_emoji.as_deref(), read.icon_url.as_deref()), (Some(":x:"), Some("https://e.org/i.png")));

    for (word, expected) in [
        ("reopen-and-comment", IfExist::ReopenAndComment),
        ("reopen-and-commend", IfExist::ReopenAndComment),
        ("reopen", IfExist::Reopen),
        ("reopen-and-update", IfExist::ReopenAndUpdate),
        ("comment", IfExist::Comment),
        ("none", IfExist::None),
    ] {
        for (base, key) in [(github(), "if_exist"), (gitlab(), "ifExist")] {
            let if_exist = match Target::parse(&with(&base, key, json!(word))).unwrap() {
                Target::GitHub(github) => github.if_exist,
                Target::GitLab(gitlab) => gitlab.if_exist,
                other => panic!("{other:?}"),
            };
            assert_eq!(if_exist, expected, "{word}");
        }
    }
}

/// These rules and serde read the same target, where both read it.
#[test]
fn every_form_is_read_with_all_its_fields() {
    for target in [
        with(&with(&slack(), "channel", json!("#a")), "username", json!("faultline")),
        with(&with(&github(), "endpoint", json!("https://ghe.example.org/api/v3")), "labels", json!(["bug", "é"])),
        with(&with(&gitlab(), "endpoint", json!("https://gitlab.example.org:8443")), "labels", json!(["bug"])),
        json!({ "type": "webhook", "endpoint": "https://example.org/x?y", "secret": "s" }),
        json!({ "type": "webhook", "endpoint": "http://127.0.0.1:8080/x" }),
        json!({ "type": "webhook", "endpoint": "https://example.org/x", "authorization": "Bearer a.b-c",
            "template": { "text": "{{summary}}", "list": [1, null] } }),
        mail("b+c@example.org"),
        json!({ "type": "discord", "endpoint": "https://discord.com/api/webhooks/1/x" }),
        json!({ "type": "teams", "endpoint": "HTTPS://example.org/x" }),
        json!({ "type": "pagerduty", "routingKey": "k", "endpoint": "https://events.eu.pagerduty.com" }),
        json!({ "type": "opsgenie", "apiKey": "k" }),
        json!({ "type": "incidentio", "endpoint": "https://api.incident.io/v2/alert_events/http/x", "token": "t" }),
    ] {
        assert_eq!(Target::parse(&target).unwrap(), serde_json::from_value(target.clone()).unwrap(), "{target}");
    }
}

#[test]
fn mistakes_are_named_with_the_way_to_fix_them() {
    refused(json!("slack"), "", "this is a string: send an object");
    refused(json!({}), "type", "`type` is missing: send one of slack, github");
    refused(
        json!({ "type": "irc" }),
        "type",
        "use one of slack, github, gitlab, webhook, email, discord, teams, pagerduty",
    );
    refused(with(&slack(), "chanel", json!("#a")), "chanel", "use type, endpoint, channel");
    refused(with(&slack(), "userToken", json!("x")), "userToken", "not a known key");
    refused(with(&slack(), "channel", json!(7)), "channel", "`channel` is a number");
    refused(with(&slack(), "iconUrl", json!("/icon.png")), "iconUrl", "not an `https://` URL");
    refused(with(&github(), "userToken", json!("a b")), "userToken", "has a space");
    refused(with(&github(), "userToken", json!("a\r\nb")), "userToken", "control character");
    refused(with(&github(), "owner", json!(null)), "owner", "`owner` is missing");
    refused(with(&github(), "labels", json!("bug")), "labels", "send a list");
    refused(with(&github(), "labels", json!(["ok", ""])), "labels.1", "1 to 255 bytes");
    refused(with(&github(), "labels", json!(vec!["x"; 21])), "labels", "at most 20");
    refused(with(&github(), "if_exist", json!("reopen-and-coment")), "if_exist", "reopen-and-comment, reopen,");
    for name in ["a/b", "..", "a?b", "a b", "é"] {
        refused(with(&github(), "owner", json!(name)), "owner", "characters other");
        refused(with(&github(), "repo", json!(name)), "repo", "characters other");
    }
    for owner in ["/g", "g/", "g//h", "g/../h", "g/h i"] {
        refused(with(&gitlab(), "owner", json!(owner)), "owner", "`group/subgroup`");
    }
    let webhook = json!({ "type": "webhook", "endpoint": "https://example.org/x" });
    for value in ["Bearer  x", " x", "Bearer é"] {
        refused(with(&webhook, "authorization", json!(value)), "authorization", "such as `Bearer TOKEN`");
    }
    refused(with(&webhook, "template", json!("{{summary}}")), "template", "not a JSON object");
    refused(with(&webhook, "template", json!({ "a": ["{{sumary}}"] })), "template.a.0", "use summary, text, link");
    refused(json!({ "type": "email", "to": [] }), "to", "`to` is missing");
    refused(json!({ "type": "email", "to": vec!["a@b"; 51] }), "to", "at most 50");
    for address in ["a", "@b", "a@", "a@b@c", "A <a@b>", "a@b,c@d", "a@b c"] {
        refused(mail(address), "to.1", "not an email address");
    }
    refused(mail("a@b\nBcc: c@d"), "to.1", "control characters");
}

#[test]
fn a_url_is_a_whole_https_url() {
    for url in [
        "hooks.slack.com/x",
        "http://hooks.slack.com/x",
        "http://127.0.0.1.example.org/",
        "http://localhost@example.org/",
        "http://127.0.0.1:80@example.org/",
        "ftp://a/b",
        "https:/a/b",
        "https:///x",
        "https://user:pass@example.org/",
        "https://example.org/a b",
        "https://",
        "é",
        "file:///etc/passwd",
        "http://127.0.0.1\\.example.org",
    ] {
        let refusal = Target::parse(&with(&slack(), "endpoint", json!(url)));
        // Browsers treat a backslash as a slash: the host before it is loopback. Checking that is the guard's task.
        assert_eq!(refusal.is_err(), !url.contains('\\'), "{url}");
        if let Err(refusal) = refusal {
            assert_eq!(refusal.path, ["endpoint"], "{url}");
            assert!(!refusal.message.contains(url) || url.len() < 3, "it may be a secret: {refusal}");
        }
    }
    for url in ["http://localhost:8080/x", "http://[::1]/x", "https://bücher.example/x", "https://example.org:8443?x=@"]
    {
        assert!(Target::parse(&with(&slack(), "endpoint", json!(url))).is_ok(), "{url}");
    }
}

/// A refusal does not repeat the value, which may be a secret in the wrong place.
#[test]
fn no_refusal_shows_a_value() {
    for base in
        [slack(), github(), gitlab(), mail("b@example.org"), json!({ "type": "webhook", "endpoint": "https://e.org" })]
    {
        for key in base.as_object().unwrap().keys() {
            for value in [json!("TOP SECRET\n"), json!(["TOP SECRET"]), json!({ "TOP SECRET": 1 }), json!("TOP SECRET")]
            {
                if let Err(refusal) = Target::parse(&with(&base, key, value)) {
                    assert!(!refusal.message.contains("TOP") && !refusal.path.concat().contains("TOP"), "{refusal:?}");
                }
            }
        }
    }
}

#[test]
fn a_destination_is_where_a_message_arrives() {
    let destination = |target: &Value| Target::parse(target).unwrap().destination();
    let same = |a: &Value, b: &Value| assert_eq!(destination(a), destination(b), "{a} {b}");
    let differ = |a: &Value, b: &Value| assert_ne!(destination(a), destination(b), "{a} {b}");
    assert!(destination(&slack()).len() == 32 && destination(&slack()).bytes().all(|byte| byte.is_ascii_hexdigit()));
    same(&slack(), &with(&slack(), "username", json!("x")));
    differ(&slack(), &with(&slack(), "channel", json!("#b")));
    differ(&slack(), &with(&slack(), "endpoint", json!("https://hooks.slack.com/y")));
    same(&github(), &with(&github(), "userToken", json!("another")));
    same(&github(), &with(&github(), "owner", json!("O")));
    same(&github(), &with(&github(), "endpoint", json!("https://api.github.com/")));
    differ(&github(), &with(&github(), "endpoint", json!("https://ghe.example.org/api/v3")));
    differ(&github(), &with(&github(), "repo", json!("other")));
    same(&gitlab(), &with(&gitlab(), "endpoint", json!("https://GitLab.com")));
    differ(&gitlab(), &with(&gitlab(), "owner", json!("group")));
    let hook = |kind: &str| json!({ "type": kind, "endpoint": "https://example.org/x" });
    differ(&hook("teams"), &hook("discord"));
    differ(&hook("teams"), &hook("webhook"));
    let pager = |key: &str| json!({ "type": "pagerduty", "routingKey": key });
    differ(&pager("a"), &pager("b"));
    same(&hook("webhook"), &with(&hook("webhook"), "secret", json!("s")));
    same(&hook("webhook"), &with(&hook("webhook"), "authorization", json!("Bearer s")));
    let chat = |number: u32| with(&hook("webhook"), "template", json!({ "chat_id": number, "text": "{{text}}" }));
    differ(&chat(1), &chat(2));
    differ(&chat(1), &hook("webhook"));
    let to = |to: &[&str]| json!({ "type": "email", "to": to });
    same(&to(&["a@x", "b@x"]), &to(&["b@x", "a@x"]));
    differ(&to(&["a@x", "b@x"]), &to(&["a@x"]));
}
