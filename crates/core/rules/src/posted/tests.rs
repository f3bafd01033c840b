use serde_json::{Value, json};

use super::{PostedConfig, parse, rule};
use crate::Target;
use model::outcome::Reason;

fn slack() -> Value {
    json!({ "type": "slack", "endpoint": "https://hooks.slack.com/services/x", "channel": "#a" })
}

fn with(key: &str, value: Value) -> Value {
    let mut config = slack();
    config[key] = value;
    config
}

#[track_caller]
fn refused(config: Value, path: &str, says: &str) {
    let (posted, refused) = parse(json!([slack(), config, slack()]));
    assert_eq!(posted.len(), 2, "the others are kept");
    let [refusal] = refused.as_slice() else { panic!("{refused:?}") };
    assert_eq!(refusal.path.join("."), format!("notifications.1{path}"), "{refusal}");
    assert!(refusal.message.contains(says), "{refusal}");
}

#[test]
fn objects_and_ciphertexts_are_accepted() {
    let (posted, refused) =
        parse(json!([slack(), "c2Vh\nbGVk", null, { "type": "github", "userToken": "t", "owner": "o", "repo": "r" }]));
    assert_eq!(refused, []);
    let [PostedConfig::Plain(first), PostedConfig::Sealed(second), PostedConfig::Plain(_)] = posted.as_slice() else {
        panic!("{posted:?}")
    };
    assert_eq!((first, second.as_str()), (&slack(), "c2VhbGVk"));
    assert!(!format!("{posted:?}").contains("hooks.slack.com"), "{posted:?}");
    for none in [json!(null), json!([]), json!([null])] {
        assert_eq!(parse(none), (vec![], vec![]));
    }
}

#[test]
fn mistakes_are_named_and_the_other_configs_are_kept() {
    refused(json!(7), "", "send an object");
    refused(json!("not base64!"), "", "not base64");
    refused(json!(""), "", "is empty");
    refused(json!("A".repeat(8_200)), "", "too long");
    refused(json!({}), ".type", "send slack, github or gitlab");
    refused(with("type", json!("email")), ".type", "use slack, github or gitlab");
    refused(with("endpoint", json!(null)), ".endpoint", "`endpoint` is missing");
    refused(with("endpoint", json!("http://hooks.slack.com/x")), ".endpoint", "not an `https://` URL");
    refused(with("threshold", json!("many")), ".threshold", "`threshold` is not a number");
    refused(with("threshold", json!("NaN")), ".threshold", "`threshold` is not a number");
    refused(with("notifyInterval", json!([1])), ".notifyInterval", "`notifyInterval` is not a number");
    refused(with("timezone", json!("Tokyo")), ".timezone", "an IANA name");
    refused(with("linkTemplate", json!("javascript:x")), ".linkTemplate", "not an `https://` URL");
    refused(with("username", json!("x".repeat(5_000))), "", "more than 4096 bytes");

    let (posted, refused) = parse(json!({ "type": "slack" }));
    assert_eq!((posted.len(), refused[0].path.join(".").as_str()), (0, "notifications"));
    let (posted, refused) = parse(json!(vec![slack(); 12]));
    assert_eq!(posted.len(), 10);
    let [refusal] = refused.as_slice() else { panic!("{refused:?}") };
    assert_eq!((refusal.path.join(".").as_str(), refusal.reason), ("notifications", Reason::ItemInvalid));
}

/// Keys that v1 does not know, deprecated spellings, empty texts and nulls, as existing clients send them.
#[test]
fn configs_of_v1_s_clients_are_accepted() {
    let rule = rule(&json!({
        "type": "slack", "endpoint": "https://hooks.slack.com/x", "channel": "#a", "username": "",
        "icon_emoji": ":ghost:", "iconUrl": null, "notifyInterval": "5", "threshold": 30, "timezone": "Asia/Tokyo",
        "linkTemplate": "https://example.org/{project}/{message}/{unknown}", "linkExpires": 3600, "comment": { "a": 1 },
    }), 3).unwrap();
    let Target::Slack(slack) = &rule.to[0] else { panic!("{rule:?}") };
    assert_eq!((slack.icon_emoji.as_deref(), &slack.username, &slack.icon_url), (Some(":ghost:"), &None, &None));
    assert_eq!((rule.id.as_str(), rule.timezone.as_deref()), ("posted-3", Some("Asia/Tokyo")));
    assert_eq!(rule.link_template.as_deref(), Some("https://example.org/{project}/{message}/{unknown}"));
}

/// Only what is used is stored, and a post has a maximum size.
#[test]
fn unknown_keys_are_dropped_and_the_total_size_is_bounded() {
    let mut config = with("comment", json!("x".repeat(1_000)));
    config["owner"] = json!("not of slack");
    config["linkExpires"] = json!(60);
    let (posted, refused) = parse(json!([config]));
    let [PostedConfig::Plain(kept)] = posted.as_slice() else { panic!("{posted:?}") };
    assert_eq!((refused, kept), (vec![], &with("linkExpires", json!(60))));
    let long = |n: u32| with("linkTemplate", json!(format!("https://e.org/{n}{}", "x".repeat(1_000))));
    let long = |n: u32| {
        let mut config = long(n);
        config["endpoint"] = json!(format!("https://hooks.slack.com/{}", "y".repeat(1_900)));
        config
    };
    let (posted, refused) = parse((0..6).map(long).collect());
    assert_eq!((posted.len(), refused.len()), (4, 2));
    assert_eq!(refused[0].path, ["notifications", "4"]);
    assert!(refused.iter().all(|refusal| refusal.reason == Reason::ItemTooLarge), "{refused:?}");
}
