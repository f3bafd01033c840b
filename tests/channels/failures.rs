//! Failures of destinations, and that error texts and logs contain no secret.

use std::io::Write;
use std::sync::{Arc, Mutex};

use faultline_tests::fakes::{self, FakeServer, GITHUB_TOKEN, GITLAB_TOKEN, GitHub, Reply};
use notify::channels::SendError;
use rules::Target;
use serde_json::{Value, json};

use super::notifications::{one, python};
use super::{channels, impatient, target};

async fn slack() -> (FakeServer, Target) {
    let (fake, endpoint) = fakes::slack().await;
    (fake, target(json!({ "type": "slack", "endpoint": endpoint })))
}

async fn failure(target: &Target) -> SendError {
    channels().send(target, &one(python()), None).await.unwrap_err()
}

/// Formats a failure as `later 30s: reason`, `later: reason` or `never: reason`.
fn shown(failed: &SendError) -> String {
    match failed {
        SendError::Transient { retry_after: Some(after), reason } => format!("later {}s: {reason}", after.as_secs()),
        SendError::Transient { retry_after: None, reason } => format!("later: {reason}"),
        SendError::Permanent { reason } => format!("never: {reason}"),
    }
}

/// The clock is at 2026-11-02T00:01:00Z.
#[tokio::test]
async fn a_status_says_whether_to_try_again_and_when() {
    let (fake, target) = slack().await;
    let rows = [
        (Reply::new(429, "rate_limited").header("retry-after", "30"), "later 30s"),
        (Reply::new(429, "").header("retry-after", "0.25"), "later 1s"),
        (Reply::new(429, "").header("retry-after", "Mon, 02 Nov 2026 00:03:00 GMT"), "later 120s"),
        (Reply::new(429, "").header("retry-after", "Sun, 01 Nov 2026 00:03:00 GMT"), "later 0s"),
        (Reply::new(429, "").header("retry-after", "99999999999999999999"), "later 86400s"),
        (Reply::new(429, "").header("retry-after", "soon"), "later"),
        (Reply::new(429, "").header("retry-after", "-5"), "later"),
        (Reply::new(429, ""), "later"),
        (Reply::new(500, "rollup_error"), "later"),
        (Reply::new(503, "").header("retry-after", "7"), "later 7s"),
        (Reply::new(408, ""), "later"),
        (Reply::new(400, "invalid_blocks"), "never"),
        (Reply::new(403, "action_prohibited"), "never"),
        (Reply::new(404, "no_service"), "never"),
        (Reply::new(410, "channel_is_archived"), "never"),
    ];
    for (reply, expected) in rows {
        fake.plan(reply.clone());
        let failed = shown(&failure(&target).await);
        assert_eq!(failed.split(':').next().unwrap(), expected, "{reply:?}: {failed}");
    }
    fake.plan(Reply::new(404, "no_service"));
    insta::assert_snapshot!(shown(&failure(&target).await), @"never: Slack answered 404 Not Found: no_service");
}

/// After some failures, the same message arrives.
#[tokio::test]
async fn a_message_that_failed_arrives_later() {
    let (fake, target) = slack().await;
    for _ in 0..3 {
        fake.plan(Reply::new(500, "rollup_error"));
        assert!(matches!(failure(&target).await, SendError::Transient { .. }));
    }
    channels().send(&target, &one(python()), None).await.unwrap();
    let bodies: Vec<_> = fake.received().iter().map(|received| received.json()).collect();
    assert_eq!(bodies.len(), 4);
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
}

/// Redirects are not followed, whatever the target.
#[tokio::test]
async fn a_redirect_is_refused() {
    let (fake, target) = slack().await;
    let other = FakeServer::start(|_| Reply::new(200, "ok")).await;
    for status in [301, 302, 303, 307, 308] {
        for to in ["http://169.254.169.254/latest/meta-data/", "/elsewhere", other.url().as_str()] {
            fake.plan(Reply::new(status, "").header("location", to).header("retry-after", "1"));
            let failed = shown(&failure(&target).await);
            assert!(failed.starts_with(&format!("never: Slack answered {status} ")), "{failed}");
            assert!(failed.ends_with("redirects are not followed, set the new address"), "{failed}");
        }
    }
    assert_eq!(fake.received().len(), 15, "one request per redirect");
    assert!(other.received().is_empty());
}

#[tokio::test]
async fn a_destination_that_hangs_times_out() {
    let (fake, target) = slack().await;
    fake.plan_hang();
    let failed = impatient().send(&target, &one(python()), None).await.unwrap_err();
    insta::assert_snapshot!(shown(&failed), @"later: Slack: no answer in time");
}

#[tokio::test]
async fn an_unreachable_destination_is_retried_later() {
    let (fake, endpoint) = fakes::slack().await;
    let address = endpoint.split('/').nth(2).unwrap().to_owned();
    drop(fake);
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = gone.local_addr().unwrap().to_string();
    drop(gone);
    let target = target(json!({ "type": "slack", "endpoint": endpoint.replace(&address, &free) }));
    insta::assert_snapshot!(shown(&failure(&target).await), @"later: Slack: cannot connect");
}

/// At most 4 MiB of a tracker's answer are read, and an answer of another form than expected is reported as such.
#[tokio::test]
async fn a_tracker_answer_has_a_maximum_size_and_must_be_json() {
    let server = GitHub::start().await;
    let target = github(&server);
    server.fake.plan(Reply::new(200, "x".repeat(5 << 20)));
    insta::assert_snapshot!(shown(&failure(&target).await), @"later: GitHub answered with more than 4194304 bytes");
    server.fake.plan(Reply::new(200, "<html>"));
    insta::assert_snapshot!(shown(&failure(&target).await), @"later: GitHub answered 200 OK with a body that is not JSON: <html>");
    server.fake.plan(Reply::json(200, &json!([{ "number": "x" }])));
    let failed = shown(&failure(&target).await);
    assert!(failed.starts_with("later: GitHub answered 200 OK with"), "{failed}");
}

fn github(server: &GitHub) -> Target {
    target(json!({
        "type": "github", "userToken": GITHUB_TOKEN, "owner": "acme", "repo": "shop", "endpoint": server.endpoint(),
    }))
}

/// GitHub also uses 403 for rate limits, and has two headers for the time to wait.
#[tokio::test]
async fn github_has_its_own_forms_of_failures() {
    let server = GitHub::start().await;
    let target = github(&server);
    let message = |text: &str| json!({ "message": text });
    let rows = [
        (
            Reply::json(403, &message("You have exceeded a secondary rate limit")).header("retry-after", "60"),
            "later 60s",
        ),
        (
            Reply::json(403, &message("API rate limit exceeded"))
                .header("x-ratelimit-remaining", "0")
                .header("x-ratelimit-reset", "1793577690"),
            "later 30s",
        ),
        (Reply::json(403, &message("You have exceeded a secondary rate limit")), "later 60s"),
        (Reply::json(429, &message("")), "later 60s"),
        (Reply::json(429, &message("")).header("x-ratelimit-remaining", "0"), "later 60s"),
        (Reply::json(403, &message("Resource not accessible by personal access token")), "never"),
        (Reply::json(401, &message("Bad credentials")), "never"),
        (Reply::json(404, &message("Not Found")), "never"),
        (Reply::json(410, &message("Issues are disabled for this repo")), "never"),
        (Reply::json(301, &message("Moved Permanently")).header("location", "/repositories/9"), "never"),
        (Reply::json(422, &message("Validation Failed")), "never"),
        (Reply::json(502, &message("Server Error")), "later"),
    ];
    let mut texts = String::new();
    for (reply, expected) in rows {
        server.fake.plan(reply.clone());
        let failed = shown(&failure(&target).await);
        assert_eq!(failed.split(':').next().unwrap(), expected, "{reply:?}: {failed}");
        texts += &format!("{failed}\n");
    }
    insta::assert_snapshot!("github_failures", texts);
}

/// Targets contain secrets, and a server that echoes the request could bring them into an error text or a log.
#[tokio::test]
async fn no_error_text_or_log_line_contains_a_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone());
    // Set for the whole process: a subscriber of one thread misses callsites that another test's thread registered
    // first.
    tracing_subscriber::util::SubscriberInitExt::init(subscriber.finish());
    tracing::info!("the log is captured");

    let echo = FakeServer::start(|received| {
        let all: Vec<String> =
            received.headers.values().map(|value| value.to_str().unwrap_or_default().to_owned()).collect();
        let query: Vec<String> = received.query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let path = received.path.clone();
        let decoded = percent_decoded(&path);
        let escaped = path.replace('/', "\\/");
        let upper = path.to_uppercase();
        let last = path.rsplit('/').next().unwrap_or_default().to_owned();
        Reply::new(418, format!("{last} {path} {decoded} {escaped} {upper} {} {}", query.join("&"), all.join(" ")))
    })
    .await;
    let base = echo.url();
    let targets = [
        json!({ "type": "slack", "endpoint": format!("{base}/services/T0001/B0002/XXsecretXX") }),
        json!({ "type": "discord", "endpoint": format!("{base}/api/webhooks/42/XXsecretXX") }),
        json!({ "type": "teams", "endpoint": format!("{base}/workflows/1?sp=%2Ftriggers&sig=XX%2BsecretXX%3D&a=secret%20XX") }),
        json!({ "type": "webhook", "endpoint": format!("{base}/a%2DXXsecretXX/secretXX?k=secretXX"), "secret": "secretsecret" }),
        json!({ "type": "github", "userToken": "ghp_XXsecretXX", "owner": "a", "repo": "b", "endpoint": base }),
        json!({ "type": "gitlab", "personalAccessToken": "glpat-XXsecretXX", "owner": "a", "repo": "b", "endpoint": base }),
    ];
    for value in &targets {
        let target = target(value.clone());
        check(&failure(&target).await, value);
        echo.plan_hang();
        check(&impatient().send(&target, &one(python()), None).await.unwrap_err(), value);
        check(&failure(&elsewhere(value)).await, value);
        assert!(!format!("{target:?}").to_lowercase().contains("secretxx"), "{target:?}");
    }
    let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(written.contains("the log is captured"), "{written:.200}");
    assert!(!written.to_lowercase().contains("secretxx"), "{written}");
}

fn check(failed: &SendError, target: &Value) {
    let text = format!("{failed} {failed:?}").to_lowercase();
    assert!(!text.contains("secretxx") && !text.contains("secret xx"), "{target}: {text}");
}

/// Returns the same target at a host that the guard refuses.
fn elsewhere(value: &Value) -> Target {
    let mut value = value.clone();
    let moved = value["endpoint"].as_str().unwrap().replacen("http://127.0.0.1", "http://user@10.0.0.1", 1);
    value["endpoint"] = moved.into();
    target(value)
}

fn percent_decoded(text: &str) -> String {
    url::form_urlencoded::parse(text.as_bytes()).map(|(name, value)| format!("{name}{value}")).collect()
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A token that cannot be a header value is reported without showing it.
#[tokio::test]
async fn a_token_that_cannot_be_sent_is_reported_but_not_shown() {
    for (kind, key, token) in [("github", "userToken", GITHUB_TOKEN), ("gitlab", "personalAccessToken", GITLAB_TOKEN)] {
        let target = target(json!({ "type": kind, key: format!("{token}\n"), "owner": "a", "repo": "b" }));
        let failed = shown(&failure(&target).await);
        assert!(
            failed.ends_with("cannot be called: the token has characters that are not allowed in a header"),
            "{failed}"
        );
    }
    let target = target(json!({ "type": "github", "userToken": "t", "owner": "..", "repo": "b" }));
    insta::assert_snapshot!(shown(&failure(&target).await), @"never: GitHub cannot be called: `owner` and `repo` must name a repository");
}
