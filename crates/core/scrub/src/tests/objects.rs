//! Names, lists and objects.

use serde_json::json;

use super::{Rules, object, occurrence, scrub};

/// A name that contains a secret is replaced, and does not appear in the listed paths either.
#[test]
fn no_path_contains_a_secret() {
    let token = format!("ghp_{}", "0123456789abcdefghijABCDEFGHIJ012345");
    let mut occurrence = occurrence();
    occurrence.extra = object(json!({
        "seen": {token.clone(): {"password": "x", "card": "4111111111111111"}},
        "secret": {token.clone(): 1}, "a=1&password=hunter2": "x", "password=hun2": 1,
    }));
    occurrence.request = object(
        json!({token.clone(): {"token": "x"}, "cookies": {token.clone(): "x"}, "data": [{token.clone(): {"pin": "4711"}}]}),
    );
    occurrence.contexts = object(json!({"debug_meta": {token.clone(): {"a": "4111111111111111"}}}));
    occurrence.modules = object(json!({token.clone(): "https://ann:hunter2@shop.test"}));
    occurrence.tags.insert(token.clone(), "password=hunter2".to_owned());
    scrub(&mut occurrence, &Rules::default());
    let line = serde_json::to_string(&occurrence).unwrap();
    assert!(!line.contains("0123456789") && !line.contains("hun"), "{line}");
    assert!(occurrence.scrubbed.contains(&"extra.seen.[Filtered].password".to_owned()), "{:?}", occurrence.scrubbed);
    let before = occurrence.clone();
    scrub(&mut occurrence, &Rules::default());
    assert_eq!(occurrence, before, "scrubbing twice changes nothing");
}

/// Lists and objects whose structure shows what is a secret. `gone` must be replaced, and the other value must stay.
#[test]
fn objects_and_lists_are_read_by_their_meaning() {
    for gone in [
        json!({"id": "a", "name": "password", "value": "hunter2x"}),
        json!({"key": "password", "value": {"stringValue": "hunter2x"}}),
        json!({"key": "token", "value": {"stringValue": "hunter2x"}}),
        json!({"label": "Password", "value": "hunter2x"}),
        json!(["mysql", "-phunter2x"]),
        json!(["curl", "-H", "Authorization: token hunter2x", "x"]),
        json!(["Authorization: token hunter2x", "Accept: text/html"]),
        json!({"headers": {"Authorization": "token hunter2x"}}),
    ] {
        let mut occurrence = occurrence();
        occurrence.extra = object(json!({"thing": gone}));
        scrub(&mut occurrence, &Rules::default());
        assert!(!serde_json::to_string(&occurrence).unwrap().contains("hunter2x"), "{gone}");
    }
    for kept in [
        json!({"id": "session", "data": {"page": "cart"}}),
        json!({"key": "token", "text": "Your token"}),
        json!({"key": "session", "value": {"page": "cart"}}),
        json!({"name": "password", "type": "string"}),
        json!(["app", "--verbose", "start"]),
    ] {
        let mut occurrence = occurrence();
        occurrence.extra = object(json!({"thing": kept}));
        scrub(&mut occurrence, &Rules::default());
        assert_eq!(occurrence.extra["thing"], kept);
    }
}
