//! Email by SMTP, to a server on loopback.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use faultline_tests::fakes::{SmtpServer, SmtpTls};
use notify::channels::SendError;
use notify::guard::Timeouts;
use serde_json::json;
use server::smtp::Smtp;

use super::notifications::{one, python};
use super::{channels_with, target};

const FROM: &str = "Our errors <faultline@shop.example>";

/// Sends one message through `url`, in which `PORT` stands for the server's port.
async fn send(server: &SmtpServer, url: &str, trusted: bool) -> Result<(), SendError> {
    let url = url.replace("PORT", &server.port().to_string()).parse().unwrap();
    let roots = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(roots.path(), &server.certificate).unwrap();
    let mailer = Smtp::new(&url, FROM, trusted.then_some(roots.path())).unwrap();
    let channels = channels_with(Some(Arc::new(mailer)), Timeouts::default());
    let target = target(json!({ "type": "email", "to": ["team@shop.example", "ops@shop.example"] }));
    channels.send(&target, &one(python()), None).await.map(drop)
}

#[tokio::test]
async fn an_email_reaches_an_smtp_server_with_and_without_tls() {
    for (tls, url) in [
        (SmtpTls::Implicit, "smtps://us%40er:pa%3Ass@localhost:PORT"),
        (SmtpTls::StartTls, "smtp://us%40er:pa%3Ass@localhost:PORT?tls=required"),
        (SmtpTls::None, "smtp://us%40er:pa%3Ass@127.0.0.1:PORT"),
    ] {
        let server = SmtpServer::start(tls, |_| None).await;
        send(&server, url, true).await.unwrap_or_else(|error| panic!("{tls:?}: {error}"));
        let [mail] = &server.received()[..] else { panic!("{tls:?}: one email") };
        assert_eq!(mail.is_encrypted, tls != SmtpTls::None, "{tls:?}");
        assert_eq!(
            mail.login.as_deref().map(|login| STANDARD.decode(login).unwrap()),
            Some(b"\0us@er\0pa:ss".to_vec())
        );
        assert_eq!(mail.from, "faultline@shop.example");
        assert_eq!(mail.to, ["team@shop.example", "ops@shop.example"]);
        assert_eq!(mail.header("From"), "\"Our errors\" <faultline@shop.example>");
        assert_eq!(mail.header("Subject"), "[shop] New error: [PaymentError] cannot pay");
        assert_eq!(mail.header("X-Faultline-Delivery"), "first:0123");
        assert_eq!(mail.header("Message-ID"), format!("<{}@shop.example>", hex("first:0123")));
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        assert!(mail.header("Content-Type").starts_with("multipart/alternative"), "{}", mail.text);
        for part in ["Content-Type: text/plain; charset=utf-8", "Content-Type: text/html; charset=utf-8"] {
            assert!(mail.text.contains(part), "{part}: {}", mail.text);
        }
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// A password must not be sent to a server that pretends to be another, or that offers no TLS.
#[tokio::test]
async fn without_the_right_certificate_or_without_tls_nothing_is_sent() {
    for (tls, url) in [
        (SmtpTls::Implicit, "smtps://user:pass@localhost:PORT"),
        (SmtpTls::StartTls, "smtp://user:pass@localhost:PORT?tls=required"),
    ] {
        let server = SmtpServer::start(tls, |_| None).await;
        let failed = send(&server, url, false).await.unwrap_err();
        assert!(matches!(&failed, SendError::Transient { reason, .. } if reason.contains("certificate")), "{failed:?}");
        assert_eq!(server.received().len(), 0);
    }
    let server = SmtpServer::start(SmtpTls::None, |line| {
        assert!(!line.starts_with("AUTH"), "the password was sent without TLS");
        None
    })
    .await;
    let failed = send(&server, "smtp://user:pass@localhost:PORT?tls=required", true).await.unwrap_err();
    assert!(failed.to_string().contains("STARTTLS"), "{failed}");
    assert_eq!(server.received().len(), 0);
}

/// A final refusal of the server is not tried again. A failure that passes, or that the operator can fix, is.
#[tokio::test]
async fn refusals_are_permanent_or_transient() {
    let cases: [(&str, &str, bool, &str); 6] = [
        ("RCPT", "550 5.1.1 no such user", true, "no such user"),
        ("MAIL", "553 5.1.8 sender refused", true, "sender refused"),
        ("DATA", "554 5.7.1 looks like spam", true, "looks like spam"),
        ("RCPT", "451 4.7.1 greylisted", false, "greylisted"),
        ("AUTH", "535 5.7.8 wrong password", false, "wrong password"),
        ("MAIL", "421 4.3.2 closing", false, "closing"),
    ];
    for (verb, answer, is_permanent, said) in cases {
        let server = SmtpServer::start(SmtpTls::None, move |line| line.starts_with(verb).then_some(answer)).await;
        let failed = send(&server, "smtp://user:pass@127.0.0.1:PORT", true).await.unwrap_err();
        assert_eq!(matches!(failed, SendError::Permanent { .. }), is_permanent, "{answer}: {failed:?}");
        assert!(failed.to_string().contains(said), "{answer}: {failed}");
        assert_eq!(server.received().len(), 0);
    }
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mailer = Smtp::new(&format!("smtp://{closed}").parse().unwrap(), FROM, None).unwrap();
    let channels = channels_with(Some(Arc::new(mailer)), Timeouts::default());
    let target = target(json!({ "type": "email", "to": ["team@shop.example"] }));
    let failed = channels.send(&target, &one(python()), None).await.unwrap_err();
    assert!(matches!(failed, SendError::Transient { .. }), "{failed:?}");
}
