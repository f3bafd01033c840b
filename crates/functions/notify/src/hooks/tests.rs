use axum::body::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use model::id::{Fingerprint, ProjectName};
use model::time::Timestamp;
use rules::Secret;
use serde_json::json;

use super::*;

fn headers<const N: usize>(pairs: [(&'static str, &str); N]) -> HeaderMap {
    let pair = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
    pairs.map(pair).into_iter().collect()
}

fn project() -> ProjectName {
    ProjectName::parse("shop").unwrap()
}

fn print() -> Fingerprint {
    Fingerprint::of("m", [])
}

/// The example in GitHub's documentation.
#[test]
fn the_example_of_github_is_valid() {
    let (secret, body) = (Secret::new("It's a Secret to Everybody"), Bytes::from_static(b"Hello, World!"));
    let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let genuine = |secret: &Secret, signature: &str, body: &Bytes| {
        github::has_valid_signature(secret, &headers([("x-hub-signature-256", signature)]), body)
    };
    assert!(genuine(&secret, signature, &body));
    assert!(!genuine(&Secret::new("another"), signature, &body));
    assert!(!genuine(&secret, signature, &Bytes::from_static(b"Hello, World?")));
    for wrong in ["", "sha256=", "sha256=zz", &signature[7..], &signature[..40], "sha1=757107ea", "sha256=é7"] {
        assert!(!genuine(&secret, wrong, &body), "{wrong}");
    }
    assert!(!github::has_valid_signature(&secret, &HeaderMap::new(), &body));
}

/// The example in Slack's documentation is valid at its time, and not after five minutes.
#[test]
fn the_example_of_slack_is_valid_for_five_minutes() {
    let secret = Secret::new("8f742231b10e8888abcd99yyyzzz85a5");
    let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&\
                channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&\
                response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&\
                trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    let signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    let (time, body) = (1_531_420_618, Bytes::from_static(body.as_bytes()));
    let genuine = |at: i64, stamp: &str| {
        let headers = headers([("x-slack-request-timestamp", stamp), ("x-slack-signature", signature)]);
        slack::has_valid_signature(&secret, &headers, &body, Timestamp::from_seconds(at))
    };
    assert!(genuine(time, "1531420618") && genuine(time + 300, "1531420618"));
    assert!(!genuine(time + 301, "1531420618"), "a replay");
    assert!(!genuine(time - 301, "1531420618"));
    assert!(!genuine(time, "1531420619"), "the time is signed, too");
    assert!(!genuine(time, "") && !genuine(time, "-9223372036854775808"));
}

/// The example of Standard Webhooks, which GitLab's signing tokens follow, and GitLab's older plain token.
#[test]
fn gitlab_is_authenticated_by_token_or_signature() {
    let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let body = Bytes::from_static(br#"{"test": 2432232314}"#);
    let genuine = |at: i64, signature: &str| {
        let headers = headers([
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", signature),
        ]);
        gitlab::has_valid_signature(&secret, &headers, &body, Timestamp::from_seconds(at))
    };
    let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    assert!(genuine(1_614_265_330, signature));
    assert!(genuine(1_614_265_330, &format!("v1,AAAA {signature}")));
    assert!(!genuine(1_614_265_330 + 301, signature));
    assert!(!genuine(1_614_265_330, "v1,AAAA") && !genuine(1_614_265_330, ""));
    let by_token = |token: &str| {
        let headers = headers([("x-gitlab-token", token)]);
        gitlab::has_valid_signature(&Secret::new("hunter2"), &headers, &body, Timestamp::from_seconds(0))
    };
    assert!(by_token("hunter2"));
    assert!(!by_token("hunter") && !by_token("hunter22") && !by_token(""));
}

#[test]
fn actions_on_issues_are_parsed() {
    let text = format!("A title\n\n<!-- faultline:shop/{}/{} -->\n", print(), "0".repeat(32));
    let github = |event: &str, action: &str, body: &str| {
        let issue = json!({ "number": 7, "html_url": "https://github.com/o/r/issues/7", "updated_at": "2026-11-02T00:01:00Z", "body": body });
        let event_body = json!({ "action": action, "issue": issue, "sender": { "login": "ada", "id": 1 } }).to_string();
        github::parse_action(&project(), &headers([("x-github-event", event)]), &event_body.into()).unwrap()
    };
    let at = Timestamp::parse("2026-11-02T00:01:00Z").unwrap();
    let issue = Some((7, "https://github.com/o/r/issues/7".to_owned()));
    let user = Some("ada".to_owned());
    let action = |kind| {
        Some(IssueAction {
            kind,
            at,
            fingerprint: print(),
            user: user.clone(),
            issue: issue.clone(),
            response_url: None,
        })
    };
    assert_eq!(github("issues", "closed", &text), action(ActionKind::Resolve));
    assert_eq!(github("issues", "reopened", &text), action(ActionKind::Unresolve));
    assert_eq!(github("issues", "labeled", &text), None);
    assert_eq!(github("ping", "closed", &text), None);
    assert_eq!(github("issues", "closed", "no marker"), None);
    assert_eq!(github("issues", "closed", &text.replace("shop", "other")), None);
    assert_eq!(github("issues", "closed", &text.replace("<!--", "quoted: <!--")), None, "a quotation is not a marker");

    let gitlab = |action: &str, time: &str| {
        let attributes = json!({ "iid": 7, "url": "https://github.com/o/r/issues/7", "action": action, "updated_at": time, "description": text });
        let user = json!({ "name": "Ada L", "username": "ada" });
        let body = json!({ "object_attributes": attributes, "user": user }).to_string();
        gitlab::parse_action(&project(), &headers([("x-gitlab-event", "Issue Hook")]), &body.into()).unwrap()
    };
    assert_eq!(gitlab("close", "2026-11-02 00:01:00 UTC"), action(ActionKind::Resolve));
    assert_eq!(gitlab("reopen", "2026-11-02T00:01:00Z"), action(ActionKind::Unresolve));
    assert_eq!(gitlab("update", "2026-11-02T00:01:00Z"), None);
}

#[test]
fn a_button_press_is_parsed() {
    let action_by = |user: serde_json::Value, action: &str, value: &str| {
        let actions = json!([{ "action_id": action, "value": value }]);
        let payload = json!({ "type": "block_actions", "user": user, "actions": actions });
        let body = format!(
            "payload={}",
            percent_encoding::utf8_percent_encode(&payload.to_string(), percent_encoding::NON_ALPHANUMERIC)
        );
        slack::parse_action(&project(), &body.into(), Timestamp::from_seconds(5))
    };
    let action = |action: &str, value: &str| action_by(json!({ "id": "U1", "username": "ada" }), action, value);
    let value = format!("shop|{}", print());
    let (at, user) = (Timestamp::from_seconds(5), Some("ada".to_owned()));
    let done = |kind| {
        Some(IssueAction { kind, at, fingerprint: print(), user: user.clone(), issue: None, response_url: None })
    };
    let by = |user| action_by(user, "faultline_mute", &value).unwrap().unwrap().user;
    assert_eq!(by(json!({ "id": "U1" })).as_deref(), Some("U1"));
    assert_eq!(by(serde_json::Value::Null), None);
    assert_eq!(by(json!({ "username": "é".repeat(200) })).unwrap().len(), 200);
    assert_eq!(action("faultline_resolve", &value).unwrap(), done(ActionKind::Resolve));
    assert_eq!(action("faultline_mute", &value).unwrap(), done(ActionKind::Mute));
    assert_eq!(action("another_app_s", &value).unwrap(), None);
    assert_eq!(action("faultline_mute", &value.replace("shop", "other")).unwrap(), None);
    assert!(action("faultline_mute", "shop|x").is_err());
    assert!(slack::parse_action(&project(), &Bytes::from_static(b"x=1"), Timestamp::default()).is_err());
}
