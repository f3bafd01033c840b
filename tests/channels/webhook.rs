use faultline_tests::fakes;
use ring::hmac;
use serde_json::json;

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
