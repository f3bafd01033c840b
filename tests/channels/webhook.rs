use faultline_tests::fakes;
use ring::hmac;
use rules::target::PLACEHOLDERS;
use serde_json::{Value, json};
use web_pages::READY_TEMPLATES;

use super::notifications::{all, one, python};
use super::{channels, target};

#[tokio::test]
async fn a_webhook_takes_every_message() {
    let (fake, endpoint) = fakes::webhook().await;
    let target = target(json!({ "type": "webhook", "endpoint": endpoint }));
    for (name, message) in all() {
        assert_eq!(channels().send(&target, &message, None).await, Ok(None), "{name}");
        let received = fake.received().pop().unwrap();
        assert!(received.body.len() < 32 * 1024, "{name}");
        // A duplicate key would be read differently by different parsers.
        assert_eq!(serde_json::to_string(&received.json()).unwrap().len(), received.body.len(), "{name}");
        insta::assert_json_snapshot!(format!("webhook_{name}"), received.json());
    }
}

/// `t` is the time and `v1` the HMAC-SHA256 of `t.body`. The test computes the signature by the documented rule.
#[tokio::test]
async fn a_webhook_is_signed_and_names_its_delivery() {
    let (fake, endpoint) = fakes::webhook().await;
    let target = target(json!({ "type": "webhook", "endpoint": endpoint, "secret": "s3cret" }));
    for _ in 0..2 {
        channels().send(&target, &one(python()), None).await.unwrap();
    }
    let received = fake.received();
    assert_eq!(received[0].header("x-faultline-delivery"), "first:0123");
    assert_eq!(
        received[1].header("x-faultline-delivery"),
        "first:0123",
        "the id is the same however often the message is sent"
    );
    let signature = received[0].header("x-faultline-signature");
    let (time, hex) = signature.split_once(",v1=").unwrap();
    assert_eq!(time, "t=1793577660");
    let signed = [b"1793577660.", received[0].body.as_ref()].concat();
    let hex: Vec<u8> = (0..32).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
    hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, b"s3cret"), &signed, &hex).unwrap();
}

#[tokio::test]
async fn a_webhook_without_a_secret_is_not_signed() {
    let (fake, endpoint) = fakes::webhook().await;
    let target = target(json!({ "type": "webhook", "endpoint": endpoint }));
    channels().send(&target, &one(python()), None).await.unwrap();
    assert_eq!(fake.received()[0].header("x-faultline-signature"), "");
}

/// All messages can be sent with all ready templates, and with all placeholders.
#[tokio::test]
async fn a_template_takes_every_message() {
    let fake = fakes::FakeServer::start(|_| fakes::Reply::new(204, "")).await;
    let endpoint = fake.url();
    let mut templates: Vec<(&str, Value)> =
        READY_TEMPLATES.iter().map(|ready| (ready.service, serde_json::from_str(ready.template).unwrap())).collect();
    let each = PLACEHOLDERS.iter().map(|name| ((*name).to_owned(), format!("{{{{{name}}}}}").into())).collect();
    templates.push(("all", Value::Object(each)));
    for (service, template) in templates {
        let target = target(json!({ "type": "webhook", "endpoint": endpoint, "template": template,
            "authorization": "Bearer t0ken" }));
        for (name, message) in all() {
            assert_eq!(channels().send(&target, &message, None).await, Ok(None), "{service}, {name}");
            let received = fake.received().pop().unwrap();
            assert_eq!(received.header("authorization"), "Bearer t0ken");
            let body = received.json();
            let text = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
            assert!(text(&body["text"]) <= 3_000 && text(&body["summary"]) <= 240, "{service}, {name}");
            let written = body.to_string();
            for mention in ["@all", "@channel", "@here", "<!channel", "<users/all"] {
                assert!(!written.contains(mention), "{service}, {name}: {mention} in {written}");
            }
            assert!(!written.contains("{{"), "{service}, {name}: {written}");
            let is_shown = if service == "all" { ["python", "several"].contains(&name) } else { name == "python" };
            if is_shown && service != "Google Chat" {
                insta::assert_json_snapshot!(format!("template_{service}_{name}"), body);
            }
        }
    }
}

/// A service may quote the token that it refuses.
#[tokio::test]
async fn a_refusal_does_not_show_the_header() {
    let fake = fakes::FakeServer::start(|received| fakes::Reply::new(401, received.header("authorization"))).await;
    let target = target(json!({ "type": "webhook", "endpoint": fake.url(), "authorization": "Bearer t0ken" }));
    let failed = channels().send(&target, &one(python()), None).await.unwrap_err();
    assert!(failed.to_string().contains("401") && !failed.to_string().contains("t0ken"), "{failed}");
}
