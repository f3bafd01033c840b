use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{Rules, SEALED};

fn slack(path: &str, channel: &str) -> Value {
    json!({ "type": "slack", "endpoint": format!("https://hooks.slack.com/{path}"), "channel": channel })
}

fn github(token: &str, repo: &str) -> Value {
    json!({ "type": "github", "userToken": token, "owner": "o", "repo": repo, "endpoint": "https://ghe.example.org/api/v3" })
}

fn rules(to: &[Value]) -> Value {
    json!({ "rules": [{ "id": "a", "to": to }] })
}

/// Returns what a person sends back after `change` to the redacted document, with the secrets restored.
fn sent_back(stored: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut document = Rules::redacted(stored);
    change(&mut document);
    Rules::with_secrets_of(&mut document, stored);
    document
}

/// The change is kept, but it is not clear which secret is meant: it is refused with the way to fix it.
#[track_caller]
fn refused(document: &Value, path: &str) {
    let refusal = Rules::parse(document).unwrap_err();
    assert_eq!(refusal.path.join("."), path);
    assert!(refusal.message.contains("send the secret itself"), "{refusal}");
}

#[test]
fn every_secret_is_sealed_and_nothing_else() {
    let stored = json!({
        "rules": [{ "id": "a", "name": "n", "to": [
            slack("x", "#a"), github("t", "r"),
            { "type": "gitlab", "personalAccessToken": "t", "owner": "g/s", "repo": "r", "labels": ["l"] },
            { "type": "webhook", "endpoint": "https://example.org/x", "secret": "s" },
            { "type": "webhook", "endpoint": "https://example.org/y", "secret": null },
            { "type": "email", "to": ["a@example.org"] },
            { "type": "teams", "endpoint": "https://example.org/z" },
        ] }],
        "hooks": { "github": { "secret": "s" }, "gitlab": null, "slack": { "signingSecret": "s" } },
    });
    assert_eq!(
        Rules::redacted(&stored),
        json!({
            "rules": [{ "id": "a", "name": "n", "to": [
                { "type": "slack", "endpoint": SEALED, "channel": "#a" },
                { "type": "github", "userToken": SEALED, "owner": "o", "repo": "r", "endpoint": "https://ghe.example.org/api/v3" },
                { "type": "gitlab", "personalAccessToken": SEALED, "owner": "g/s", "repo": "r", "labels": ["l"] },
                { "type": "webhook", "endpoint": SEALED, "secret": SEALED },
                { "type": "webhook", "endpoint": SEALED, "secret": null },
                { "type": "email", "to": ["a@example.org"] },
                { "type": "teams", "endpoint": SEALED },
            ] }],
            "hooks": { "github": { "secret": SEALED }, "gitlab": null, "slack": { "signingSecret": SEALED } },
        })
    );
    assert_eq!(sent_back(&stored, |_| {}), stored, "a document that is sent back unchanged is the stored one");
    refused(&Rules::redacted(&stored), "rules.0.to.0.endpoint");
    refused(&json!({ "hooks": { "slack": { "signingSecret": SEALED } } }), "hooks.slack.signingSecret");
}

#[test]
fn a_secret_stays_with_its_target_whatever_is_changed_around_it() {
    let stored = rules(&[slack("one", "#a"), slack("two", "#b"), github("t", "r")]);
    let to = |document: &mut Value, change: &dyn Fn(&mut Vec<Value>)| {
        change(document["rules"][0]["to"].as_array_mut().unwrap())
    };

    let changed = sent_back(&stored, |document| to(document, &|to| to.swap(0, 1)));
    assert_eq!(changed, rules(&[slack("two", "#b"), slack("one", "#a"), github("t", "r")]));
    let changed = sent_back(&stored, |document| to(document, &|to| drop(to.remove(0))));
    assert_eq!(changed, rules(&[slack("two", "#b"), github("t", "r")]));
    let changed = sent_back(&stored, |document| to(document, &|to| to.insert(0, slack("new", "#c"))));
    assert_eq!(changed, rules(&[slack("new", "#c"), slack("one", "#a"), slack("two", "#b"), github("t", "r")]));
    let changed = sent_back(&stored, |document| document["rules"][0]["to"][1]["channel"] = json!("#c"));
    assert_eq!(changed, rules(&[slack("one", "#a"), slack("two", "#c"), github("t", "r")]));
    let changed =
        sent_back(&stored, |document| document["rules"][0]["to"][0]["endpoint"] = json!("https://hooks.slack.com/new"));
    assert_eq!(changed, rules(&[slack("new", "#a"), slack("two", "#b"), github("t", "r")]));
    let changed = sent_back(&stored, |document| document["rules"][0]["threshold"] = json!(3));
    assert_eq!(changed["rules"][0]["to"], stored["rules"][0]["to"]);
}

#[test]
fn where_it_is_not_clear_which_secret_is_meant_none_is() {
    let alike = rules(&[slack("one", "#a"), slack("two", "#a")]);
    let removed = sent_back(&alike, |document| drop(document["rules"][0]["to"].as_array_mut().unwrap().remove(0)));
    refused(&removed, "rules.0.to.0.endpoint");
    let changed = sent_back(&alike, |document| {
        let to = document["rules"][0]["to"].as_array_mut().unwrap();
        to.remove(0);
        to[0]["channel"] = json!("#b");
    });
    refused(&changed, "rules.0.to.0.endpoint");
    let same = rules(&[slack("one", "#a"), slack("one", "#a"), slack("two", "#b")]);
    let removed = sent_back(&same, |document| drop(document["rules"][0]["to"].as_array_mut().unwrap().remove(0)));
    assert_eq!(removed, rules(&[slack("one", "#a"), slack("two", "#b")]));

    // Swapped, and the first one changed: by its position, it would get the other one's secret.
    let two = rules(&[slack("one", "#a"), slack("two", "#b")]);
    let mixed = sent_back(&two, |document| {
        let to = document["rules"][0]["to"].as_array_mut().unwrap();
        to.swap(0, 1);
        to[0]["channel"] = json!("#c");
    });
    refused(&mixed, "rules.0.to.0.endpoint");
    let other_rule = sent_back(&two, |document| document["rules"][0]["id"] = json!("b"));
    refused(&other_rule, "rules.0.to.0.endpoint");
}

/// Somebody who may write rules but never saw the token must not be able to send it to their own server.
#[test]
fn a_token_does_not_follow_its_target_to_another_server() {
    let stored = rules(&[github("t", "r")]);
    let moved =
        sent_back(&stored, |document| document["rules"][0]["to"][0]["endpoint"] = json!("https://evil.example.org"));
    refused(&moved, "rules.0.to.0.userToken");
    let moved =
        sent_back(&stored, |document| drop(document["rules"][0]["to"][0].as_object_mut().unwrap().remove("endpoint")));
    refused(&moved, "rules.0.to.0.userToken");
    let renamed = sent_back(&stored, |document| document["rules"][0]["to"][0]["repo"] = json!("other"));
    refused(&renamed, "rules.0.to.0.userToken");
    let given = sent_back(&stored, |document| document["rules"][0]["to"][0]["owner"] = json!("evil"));
    refused(&given, "rules.0.to.0.userToken");
    let labelled = sent_back(&stored, |document| document["rules"][0]["to"][0]["labels"] = json!(["new"]));
    assert_eq!(labelled["rules"][0]["to"][0]["userToken"], "t");
    let typed = sent_back(
        &rules(&[json!({ "type": "webhook", "endpoint": "https://a.example.org/", "secret": "s" })]),
        |document| {
            document["rules"][0]["to"][0]["endpoint"] = json!("https://b.example.org/");
        },
    );
    refused(&typed, "rules.0.to.0.secret");
}

fn target() -> impl Strategy<Value = Value> {
    let secret = "secret-[a-z0-9]{12}";
    (0..7_usize, secret, secret, "[a-z]{1,8}", any::<bool>()).prop_map(|(kind, one, two, name, more)| match kind {
        0 => json!({ "type": "slack", "endpoint": format!("https://hooks.slack.com/{one}"), "channel": name }),
        1 => json!({ "type": "github", "userToken": one, "owner": name, "repo": "r", "labels": [name], "ifExist": "none" }),
        2 => json!({ "type": "gitlab", "personalAccessToken": one, "owner": name, "repo": "r", "endpoint": "https://gitlab.example.org" }),
        3 if more => json!({ "type": "webhook", "endpoint": format!("https://example.org/{one}"), "secret": two }),
        3 => json!({ "type": "webhook", "endpoint": format!("https://example.org/{one}") }),
        4 => json!({ "type": "email", "to": [format!("{name}@example.org")] }),
        5 => json!({ "type": "discord", "endpoint": format!("https://discord.com/{one}") }),
        _ => json!({ "type": "teams", "endpoint": format!("https://example.org/{one}") }),
    })
}

fn documents() -> impl Strategy<Value = Value> {
    let rule = (prop::collection::vec(target(), 1..5), "[a-z]{1,8}", any::<bool>(), any::<bool>());
    let hook = prop::option::of("secret-[a-z0-9]{12}");
    (prop::collection::vec(rule, 0..5), hook.clone(), hook.clone(), hook).prop_map(|(rules, github, gitlab, slack)| {
        let rules: Vec<_> = rules
            .into_iter()
            .map(|(to, name, named, with_quiet)| {
                let mut rule = json!({ "to": to, "linkTemplate": "https://example.org/{message}" });
                if named {
                    rule["name"] = json!(name);
                }
                if with_quiet {
                    rule["quiet"] = json!({ "from": "22:00", "to": "07:00" });
                }
                rule
            })
            .collect();
        let hook = |secret: Option<String>, key: &str| secret.map(|secret| json!({ key: secret }));
        let hooks = json!({ "github": hook(github, "secret"), "gitlab": hook(gitlab, "secret"), "slack": hook(slack, "signingSecret") });
        json!({ "rules": rules, "hooks": hooks })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    /// No secret is stored or logged (promise 5 in docs/src/internals/promises.md), for rules: a redacted document
    /// contains no secret, and neither does a debug output or an id. A document that is sent back unchanged is the
    /// stored one.
    #[test]
    fn no_secret_is_ever_shown(document in documents()) {
        let parsed = Rules::parse(&document).unwrap();
        let mut named = document.clone();
        Rules::name(&mut named);
        let shown = Rules::redacted(&named).to_string();
        prop_assert!(document.to_string().contains("secret-") == shown.contains(SEALED));
        prop_assert!(!shown.contains("secret-"), "{}", shown);
        prop_assert!(!format!("{parsed:?}").contains("secret-"), "{:?}", parsed);
        prop_assert_eq!(sent_back(&named, |_| {}), named);
    }
}
