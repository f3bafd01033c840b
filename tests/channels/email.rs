use std::sync::{Arc, Mutex};

use aws_smithy_runtime_api::client::http::SharedHttpClient;
use faultline_tests::fakes::{FakeServer, Reply};
use notify::channels::{Email, Mailer, SendError, Ses};
use notify::guard::Timeouts;
use serde_json::json;
use store::aws::{Account, Service};

use super::notifications::{all, one, python};
use super::{channels, channels_with, target};

/// A mailer that keeps the emails it is given.
#[derive(Default)]
struct Outbox(Mutex<Vec<Email>>);

#[async_trait::async_trait]
impl Mailer for Outbox {
    async fn send(&self, email: &Email) -> Result<(), SendError> {
        self.0.lock().unwrap().push(email.clone());
        Ok(())
    }
}

#[tokio::test]
async fn an_email_can_carry_every_message() {
    let kept = Arc::new(Outbox::default());
    let channels = channels_with(Some(kept.clone()), Timeouts::default());
    let target = target(json!({ "type": "email", "to": ["team@shop.example"] }));
    for (name, message) in all() {
        assert_eq!(channels.send(&target, &message, None).await, Ok(None), "{name}");
        let letter = kept.0.lock().unwrap().pop().unwrap();
        assert!(letter.subject.chars().count() <= 200 && !letter.subject.contains(['\r', '\n']), "{name}");
        assert!(!letter.html.contains("<script") && !letter.html.contains("<!channel"), "{name}");
        let shown = format!("{}\n\n{}\n{}", letter.subject, letter.text, letter.html);
        insta::assert_snapshot!(format!("email_{name}"), shown);
    }
}

#[tokio::test]
async fn without_a_mailer_the_failure_says_what_to_set() {
    let target = target(json!({ "type": "email", "to": ["team@shop.example"] }));
    let failed = channels().send(&target, &one(python()), None).await.unwrap_err();
    insta::assert_snapshot!(failed, @"email is not set up: on AWS, set EmailFrom of the stack to an address that is verified in SES; start `faultline serve` with --smtp-url and --email-from");
}

/// The request to SES is the one of its API: `POST /v2/email/outbound-emails`.
#[tokio::test]
async fn ses_receives_the_email() {
    let ses = FakeServer::start(|received| match received.line().as_str() {
        "POST /v2/email/outbound-emails" => Reply::json(200, &json!({ "MessageId": "m1" })),
        _ => Reply::new(404, ""),
    })
    .await;
    let account = Account {
        region: "eu-central-1".to_owned(),
        credentials: aws_sdk_sesv2::config::Credentials::new("AKID", "secret", None, None, "test"),
    };
    let http: SharedHttpClient = aws_smithy_http_client::Builder::new().build_http();
    let service = Service { endpoint: Some(ses.url()), ..Service::new(http) };
    let mailer = Arc::new(Ses::new(&account, &service, "faultline@shop.example"));
    let channels = channels_with(Some(mailer), Timeouts::default());
    let target = target(json!({ "type": "email", "to": ["team@shop.example"] }));

    channels.send(&target, &one(python()), None).await.unwrap();
    let body = ses.received().pop().unwrap().json();
    assert_eq!(body["FromEmailAddress"], "faultline@shop.example");
    assert_eq!(body["Destination"]["ToAddresses"], json!(["team@shop.example"]));
    let message = &body["Content"]["Simple"];
    assert_eq!(message["Headers"], json!([{ "Name": "X-Faultline-Delivery", "Value": "first:0123" }]));
    assert_eq!(message["Subject"]["Data"], "[shop] New error: [PaymentError] cannot pay");

    let refusal = |code: &'static str| Reply::json(400, &json!({ "message": "no" })).header("x-amzn-errortype", code);
    ses.plan(refusal("TooManyRequestsException"));
    let failed = channels.send(&target, &one(python()), None).await.unwrap_err();
    assert!(matches!(failed, SendError::Transient { .. }), "{failed:?}");
    ses.plan(refusal("MessageRejected"));
    let failed = channels.send(&target, &one(python()), None).await.unwrap_err();
    assert!(matches!(failed, SendError::Permanent { .. }), "{failed:?}");
    insta::assert_snapshot!(failed, @"SES answered MessageRejected: no");
}
