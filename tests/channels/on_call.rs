//! PagerDuty, Opsgenie and incident.io.

use faultline_tests::fakes::{ON_CALL_KEY, OnCallServer, Reply};
use notify::channels::SendError;
use rules::{Message, Target, Trigger};
use serde_json::json;

use super::notifications::{again, all, many, one, python, sample};
use super::{channels, target};

/// Each service, with a target that reaches it.
async fn services() -> Vec<(&'static str, OnCallServer, Target)> {
    let pagerduty = OnCallServer::pagerduty().await;
    let opsgenie = OnCallServer::opsgenie().await;
    let incident_io = OnCallServer::incident_io().await;
    let urls = [pagerduty.server.url(), opsgenie.server.url(), incident_io.server.url()];
    let targets = [
        json!({ "type": "pagerduty", "routingKey": ON_CALL_KEY, "endpoint": urls[0] }),
        json!({ "type": "opsgenie", "apiKey": ON_CALL_KEY, "endpoint": urls[1] }),
        json!({ "type": "incidentio", "token": ON_CALL_KEY,
            "endpoint": format!("{}/v2/alert_events/http/SOURCE", urls[2]) }),
    ]
    .map(target);
    let servers = [pagerduty, opsgenie, incident_io];
    let names = ["pagerduty", "opsgenie", "incidentio"];
    names.into_iter().zip(servers).zip(targets).map(|((name, server), target)| (name, server, target)).collect()
}

fn resolved() -> Message {
    one(rules::Notification { token: "resolved:1".to_owned(), trigger: Trigger::Resolved, ..python() })
}

#[tokio::test]
async fn an_on_call_service_takes_every_message() {
    for (service, fake, target) in services().await {
        for (name, message) in all().into_iter().chain([("many", many()), ("resolved", resolved())]) {
            assert_eq!(channels().send(&target, &message, None).await, Ok(None), "{service}, {name}");
        }
        let body = fake.server.received()[0].json();
        insta::assert_json_snapshot!(format!("{service}_python"), body);
    }
}

/// All notifications of an error belong to one incident, which its end closes. A test leaves nothing open.
#[tokio::test]
async fn an_incident_is_opened_once_and_closed_with_the_error() {
    for (service, fake, target) in services().await {
        let send = async |message: Message| channels().send(&target, &message, None).await.unwrap();
        send(resolved()).await;
        assert_eq!(fake.incidents().len(), 0, "{service}: nothing to close");
        send(one(python())).await;
        send(one(again())).await;
        let [(key, true)] = &fake.incidents().into_iter().collect::<Vec<_>>()[..] else {
            panic!("{service}: {:?}", fake.incidents())
        };
        assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{service}: {key}");
        send(resolved()).await;
        assert!(!fake.incidents()[key], "{service}");
        // It comes back after it was resolved.
        send(one(again())).await;
        assert!(fake.incidents()[key], "{service}");
        send(one(sample())).await;
        assert_eq!(fake.incidents().values().filter(|open| **open).count(), 1, "{service}: {:?}", fake.incidents());
    }
}

#[tokio::test]
async fn a_refusal_of_an_on_call_service_does_not_show_its_key() {
    for (service, fake, target) in services().await {
        fake.server.plan(Reply::new(400, format!("bad key {ON_CALL_KEY}")));
        let failed = channels().send(&target, &one(python()), None).await.unwrap_err();
        assert!(matches!(failed, SendError::Permanent { .. }), "{service}: {failed:?}");
        assert!(!failed.to_string().contains(ON_CALL_KEY), "{service}: {failed}");
        fake.server.plan(Reply::new(429, ""));
        let failed = channels().send(&target, &one(python()), None).await.unwrap_err();
        assert!(matches!(failed, SendError::Transient { .. }), "{service}: {failed:?}");
    }
}
