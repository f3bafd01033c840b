use serde_json::{Value, json};

use super::{document, rule};
use crate::{Hooks, Rules, Secret};
use model::outcome::Reason;

#[track_caller]
fn refused(document: &Value, path: &str, says: &str) {
    let refusal = Rules::parse(document).unwrap_err();
    assert_eq!(refusal.path.join("."), path, "{refusal}");
    assert!(refusal.message.contains(says), "{refusal}");
    assert_eq!(refusal.reason, Reason::BodyInvalid);
}

/// A rule with these keys is refused because of the key at `path`.
#[track_caller]
fn rule_refused(says: Value, path: &str, message: &str) {
    refused(&document(&says), &format!("rules.0.{path}"), message);
}

#[test]
fn a_whole_document_is_read() {
    let rules = Rules::parse(&json!({
        "rules": [{
            "id": "slack-prod", "name": "Slack, production", "on": ["first", "regression", "threshold", "limited"],
            "threshold": 30, "interval": 5, "environments": ["production"], "levels": ["error"], "releases": ["*"],
            "title": "*", "collect": { "minutes": 10 },
            "quiet": { "from": "22:00", "to": "07:00", "timezone": "Europe/Berlin", "days": ["sat"] },
            "timezone": "Asia/Tokyo", "linkTemplate": "https://example.org/{project}/{message}?f={fingerprint}",
            "to": [{ "type": "email", "to": ["a@example.org"] }, { "type": "discord", "endpoint": "https://discord.com/api/webhooks/1/x" }],
        }],
        "hooks": { "github": { "secret": "g" }, "gitlab": { "secret": "l" }, "slack": { "signingSecret": "s" } },
    })).unwrap();
    let rule = &rules.rules[0];
    assert_eq!((rule.id.as_str(), rule.name.as_str(), rule.to.len()), ("slack-prod", "Slack, production", 2));
    assert_eq!(rule.timezone.as_deref(), Some("Asia/Tokyo"));
    let secret = |text: &str| Some(Secret::new(text));
    assert_eq!(rules.hooks, Hooks { github: secret("g"), gitlab: secret("l"), slack: secret("s") });
    assert_eq!(Rules::parse(&json!({})).unwrap(), Rules::default());
    let nulls = json!({ "rules": null, "hooks": { "github": null } });
    assert_eq!(Rules::parse(&nulls).unwrap(), Rules::default(), "null counts as absent");
}

#[test]
fn mistakes_are_named_with_the_way_to_fix_them() {
    refused(&json!([]), "", "send an object");
    refused(&json!({ "rule": [] }), "rule", "use rules, hooks");
    refused(&json!({ "rules": {} }), "rules", "`rules` is an object: send a list");
    refused(&json!({ "rules": [7] }), "rules.0", "this is a number: send an object");
    refused(&json!({ "rules": vec![json!({}); 51] }), "rules", "51 entries: send at most 50");
    refused(&json!({ "rules": [{}] }), "rules.0.to", "`to` is missing");
    refused(&json!({ "hooks": { "slack": { "secret": "x" } } }), "hooks.slack.secret", "use signingSecret");
    refused(&json!({ "hooks": { "github": {} } }), "hooks.github.secret", "`secret` is missing");
    refused(&json!({ "hooks": { "jira": {} } }), "hooks.jira", "use github, gitlab, slack");
    rule_refused(json!({ "treshold": 30 }), "treshold", "`treshold` is not a known key: use id, name, on, threshold");
    rule_refused(json!({ "id": "a b" }), "id", "characters other");
    rule_refused(json!({ "id": 7 }), "id", "`id` is a number: send a string");
    rule_refused(json!({ "id": "x".repeat(65) }), "id", "65 bytes: send at most 64");
    rule_refused(json!({ "name": "" }), "name", "`name` is empty");
    rule_refused(json!({ "name": "a\nb" }), "name", "control character");
    rule_refused(json!({ "on": [] }), "on", "never notify");
    rule_refused(json!({ "on": ["first", "regresion"] }), "on.1", "not one of first, regression, threshold, limited");
    rule_refused(json!({ "on": "first" }), "on", "`on` is a string: send a list");
    rule_refused(json!({ "on": [1] }), "on.0", "an entry of `on` is a number: send a string");
    rule_refused(json!({ "on": ["threshold"] }), "threshold", "`threshold` is missing, but `on` contains it");
    rule_refused(json!({ "on": ["first"], "threshold": 3 }), "threshold", "`on` does not contain it");
    rule_refused(json!({ "threshold": 0 }), "threshold", "send a whole number from 1 to");
    rule_refused(json!({ "threshold": -1 }), "threshold", "send a whole number from 1 to");
    rule_refused(json!({ "threshold": 1.5 }), "threshold", "send a whole number from 1 to");
    rule_refused(json!({ "threshold": "30" }), "threshold", "`threshold` is a string");
    rule_refused(json!({ "threshold": 3, "interval": 0 }), "interval", "send a whole number from 1 to");
    rule_refused(json!({ "interval": 5 }), "interval", "no `threshold`");
    rule_refused(json!({ "environments": "production" }), "environments", "send a list");
    rule_refused(json!({ "environments": [""] }), "environments.0", "1 to 100 bytes");
    rule_refused(json!({ "environments": vec!["e"; 51] }), "environments", "at most 50");
    rule_refused(json!({ "levels": ["bad"] }), "levels.0", "fatal, error, warning, info, debug");
    rule_refused(json!({ "releases": ["x".repeat(201)] }), "releases.0", "1 to 200 bytes");
    rule_refused(json!({ "title": ["x"] }), "title", "`title` is a list: send a string");
    rule_refused(json!({ "collect": 10 }), "collect", "send an object");
    rule_refused(json!({ "collect": {} }), "collect.minutes", "`minutes` is missing");
    rule_refused(json!({ "collect": { "minutes": 1_441 } }), "collect.minutes", "from 1 to 1440");
    rule_refused(json!({ "collect": { "hours": 1 } }), "collect.hours", "use minutes");
    rule_refused(json!({ "quiet": {} }), "quiet.from", "send `from` and `to`, or `days`");
    rule_refused(json!({ "quiet": { "from": "22:00" } }), "quiet.to", "`to` is missing");
    rule_refused(json!({ "quiet": { "to": "22:00" } }), "quiet.from", "`from` is missing");
    for time in ["24:00", "7:00", "22.00", "22:60", "+1:00", "22:00:00"] {
        rule_refused(json!({ "quiet": { "from": time, "to": "07:00" } }), "quiet.from", "send HH:MM");
    }
    rule_refused(json!({ "quiet": { "from": "22:00", "to": "22:00" } }), "quiet.to", "the same time");
    rule_refused(json!({ "quiet": { "days": ["monday"] } }), "quiet.days.0", "mon, tue, wed");
    let week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    rule_refused(json!({ "quiet": { "days": week } }), "quiet.days", "all seven");
    rule_refused(json!({ "quiet": { "days": ["sat"], "timezone": "Berlin" } }), "quiet.timezone", "an IANA name");
    rule_refused(json!({ "timezone": "Mars/Olympus" }), "timezone", "an IANA name");
    rule_refused(json!({ "linkTemplate": "ftp://example.org" }), "linkTemplate", "not an `https://` URL");
    rule_refused(json!({ "linkTemplate": "javascript:alert(1)" }), "linkTemplate", "not an `https://` URL");
    rule_refused(json!({ "linkTemplate": "https://example.org/{mesage}" }), "linkTemplate", "{project}, {message}");
    rule_refused(json!({ "linkTemplate": "https://example.org/{+message}" }), "linkTemplate", "{project}, {message}");
    rule_refused(json!({ "linkTemplate": "https://{project}.example.org/" }), "linkTemplate", "in its host");
    rule_refused(json!({ "to": {} }), "to", "`to` is an object");
    rule_refused(json!({ "to": vec![json!({}); 11] }), "to", "at most 10");
    rule_refused(json!({ "to": [{ "type": "slack" }] }), "to.0.endpoint", "`endpoint` is missing");

    let mut large = document(&json!({}));
    large["rules"][0]["name"] = json!("x".repeat(64 << 10));
    assert_eq!(Rules::parse(&large).unwrap_err().reason, Reason::BodyTooLarge);
}

#[test]
fn a_rule_without_an_id_gets_one_that_it_keeps() {
    let ids =
        |document: &Value| Rules::parse(document).unwrap().rules.into_iter().map(|rule| rule.id).collect::<Vec<_>>();
    let with = |rules: &[Value]| {
        let rules: Vec<_> = rules.iter().map(|rule| document(rule)["rules"][0].clone()).collect();
        json!({ "rules": rules })
    };
    let named =
        with(&[json!({ "name": "Slack, Prod!" }), json!({ "id": "slack-prod" }), json!({ "name": "slack prod" })]);
    assert_eq!(ids(&named), ["slack-prod-2", "slack-prod", "slack-prod-3"]);
    let mut nameless = with(&[json!({}), json!({}), json!({ "threshold": 3 }), json!({ "name": "é" })]);
    let made = ids(&nameless);
    assert!(made.iter().all(|id| id.starts_with("rule-") && id.len() >= 13), "{made:?}");
    assert_eq!(made[1], format!("{}-2", made[0]));
    assert_ne!(made[0], made[2]);

    Rules::name(&mut nameless);
    nameless["rules"][0]["threshold"] = json!(9);
    nameless["rules"].as_array_mut().unwrap().remove(1);
    assert_eq!(ids(&nameless), [made[0].as_str(), made[2].as_str(), made[3].as_str()]);
    assert_eq!(rule(&json!({ "id": "x" })).name, "x");

    let twice = with(&[json!({ "id": "a" }), json!({ "id": "a" })]);
    refused(&twice, "rules.1.id", "give each rule its own");
}
