//! Durable on success (promise 1 in docs/src/internals/promises.md): success is answered only for what is durable.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use axum::body::Body;
use formats::inbox::Addressee;
use http::Request;
use http_common::{Authenticator, Front, Outcomes};
use ingest::{Ingest, IngestHealth, Limiter};
use model::id::{AttachmentFolder, Key, KeyHash, ProjectId, ProjectName, UserId};
use model::time::Timestamp;
use store::clock::SystemClock;
use store::ports::{
    Attachments, Backlog, ClaimChecks, Inbox, KeyRecord, Keys, Page, Project, ProjectChange, Projects, Quota, Quotas,
    TokenRecord, UserRecord, Users, Waiting,
};
use store::{Kind, Result, StoreError};
use tower::ServiceExt;

/// Storage whose every call fails in the same way.
struct Down(Kind);

impl Down {
    fn fail<T>(&self) -> Result<T> {
        Err(StoreError::new(self.0, "testing", "the secret address of a server"))
    }
}

#[async_trait]
impl Inbox for Down {
    async fn send(&self, _: String) -> Result<()> {
        self.fail()
    }
}

#[async_trait]
impl Backlog for Down {
    async fn backlog(&self) -> Result<Waiting> {
        self.fail()
    }
}

#[async_trait]
impl Users for Down {
    async fn user(&self, _: UserId) -> Result<Option<UserRecord>> {
        self.fail()
    }

    async fn user_consistently(&self, _: UserId) -> Result<Option<UserRecord>> {
        self.fail()
    }

    async fn token(&self, _: &KeyHash) -> Result<Option<TokenRecord>> {
        self.fail()
    }

    async fn token_consistently(&self, _: &KeyHash) -> Result<Option<TokenRecord>> {
        self.fail()
    }
}

#[async_trait]
impl ClaimChecks for Down {
    async fn put_claim_check(&self, _: &str, _: Vec<u8>) -> Result<()> {
        self.fail()
    }

    async fn get_claim_check(&self, _: &str) -> Result<bytes::Bytes> {
        self.fail()
    }

    async fn remove_claim_check(&self, _: &str) -> Result<()> {
        self.fail()
    }

    async fn remove_some_claim_checks(&self, _: &Addressee) -> Result<bool> {
        self.fail()
    }
}

#[async_trait]
impl Attachments for Down {
    async fn put_attachment(&self, _: &AttachmentFolder, _: usize, _: bytes::Bytes) -> Result<()> {
        self.fail()
    }

    async fn attachment(&self, _: &AttachmentFolder, _: usize, _: Option<usize>) -> Result<Option<bytes::Bytes>> {
        self.fail()
    }

    async fn remove_attachments(&self, _: &[AttachmentFolder]) -> Result<()> {
        self.fail()
    }

    async fn remove_some_attachments(&self, _: ProjectId) -> Result<bool> {
        self.fail()
    }
}

#[async_trait]
impl Projects for Down {
    async fn create(&self, _: &ProjectName, _: Timestamp) -> Result<Project> {
        self.fail()
    }

    async fn by_name(&self, _: &ProjectName) -> Result<Option<Project>> {
        self.fail()
    }

    async fn by_id(&self, _: ProjectId) -> Result<Option<Project>> {
        self.fail()
    }

    async fn list(&self, _: Option<&ProjectName>, _: usize) -> Result<Page<Project, ProjectName>> {
        self.fail()
    }

    async fn update(&self, _: &Project, _: &ProjectChange) -> Result<()> {
        self.fail()
    }

    async fn rename(&self, _: &Project, _: &ProjectName) -> Result<Project> {
        self.fail()
    }

    async fn mark_deleting(&self, _: &Project) -> Result<()> {
        self.fail()
    }

    async fn remove(&self, _: &Project) -> Result<()> {
        self.fail()
    }
}

#[async_trait]
impl Keys for Down {
    async fn find(&self, _: &KeyHash) -> Result<Option<KeyRecord>> {
        self.fail()
    }

    async fn find_consistently(&self, _: &KeyHash) -> Result<Option<KeyRecord>> {
        self.fail()
    }
}

#[async_trait]
impl Quotas for Down {
    async fn quota(&self, _: &Addressee) -> Result<Option<Quota>> {
        self.fail()
    }
}

/// Ingest on storage that fails.
fn front(kind: Kind) -> Front {
    let down = Arc::new(Down(kind));
    front_with(kind, IngestHealth::new(down.clone(), down))
}

fn front_with(kind: Kind, health: IngestHealth) -> Front {
    let (down, clock, outcomes) = (Arc::new(Down(kind)), Arc::new(SystemClock), Arc::new(Outcomes::default()));
    let operator = Key::parse("operator").unwrap().hash();
    let ingest = Ingest {
        authenticator: Authenticator::new(down.clone(), down.clone(), clock.clone(), Some(operator)),
        inbox: down.clone(),
        claims: down.clone(),
        attachments: down.clone(),
        limiter: Limiter::new(down.clone()),
        projects: down,
        sealer: None,
        health,
        clock,
        outcomes: outcomes.clone(),
    };
    Front::new(ingest.router(), outcomes)
}

async fn status(kind: Kind, key: &str, body: String) -> (u16, String) {
    let request = Request::post("/projects/a/errors").header("x-api-key", key).body(Body::from(body)).unwrap();
    let response = front(kind).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    assert_eq!(response.headers().contains_key("retry-after"), status == 503);
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(!body.contains("secret"), "the caller must not see the details of a failure: {body}");
    (status, body)
}

/// If the inbox, S3 or the table does not answer, the caller is asked to retry (503). Other failures are internal (500).
#[tokio::test]
async fn what_cannot_be_made_durable_is_not_answered_with_success() {
    let small = r#"{"errors":[{"message":"m"}]}"#.to_owned();
    // Knuth's generator: repetitive text would be compressed to less than the queue's limit.
    let next = |n: &u64| Some(n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
    let letter = |n: u64| char::from(b'a' + (n >> 33) as u8 % 26);
    let noise: String = std::iter::successors(Some(0), next).take(900_000).map(letter).collect();
    let large = format!(r#"{{"errors":[{{"message":"m","noise":"{noise}"}}]}}"#);
    for (kind, expected) in [(Kind::Unavailable, 503), (Kind::Throttled, 503), (Kind::Rejected, 500)] {
        for (key, body) in [("operator", &small), ("operator", &large), ("some other key", &small), ("other", &small)] {
            let (status, answer) = status(kind, key, body.clone()).await;
            let expected = if key.contains(' ') { 403 } else { expected };
            assert_eq!(status, expected, "{kind:?} {key}: {answer}");
        }
    }
}

/// Clients of other trackers send again after these statuses, and not after others.
#[tokio::test]
async fn each_client_is_asked_to_send_again() {
    let routes = [
        ("/api/1/item/", "x-rollbar-access-token", 503, 500),
        ("/bugsnag/notify", "bugsnag-api-key", 503, 500),
        ("/api/v3/projects/1/notices", "x-airbrake-token", 504, 500),
        ("/v1/logs", "x-api-key", 503, 503),
        ("/otlp/v1/traces", "x-api-key", 503, 503),
    ];
    for (path, header, unavailable, rejected) in routes {
        for (kind, expected) in
            [(Kind::Unavailable, unavailable), (Kind::Throttled, unavailable), (Kind::Rejected, rejected)]
        {
            let request = Request::post(path).header(header, "some-key").body(Body::from("{}")).unwrap();
            let response = front(kind).oneshot(request).await.unwrap();
            assert_eq!(response.status().as_u16(), expected, "{path} {kind:?}");
        }
    }
}

/// A health check learns which service fails, and nothing else.
#[tokio::test]
async fn the_health_check_names_what_does_not_answer() {
    let request = Request::get("/health/ingest").body(Body::empty()).unwrap();
    let response = front(Kind::Unavailable).oneshot(request).await.unwrap();
    assert_eq!(response.status().as_u16(), 503);
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    let problems = serde_json::json!([{ "service": "directory" }, { "service": "inbox" }]);
    assert_eq!(body["data"], serde_json::json!({ "status": "degraded", "problems": problems }));
}

/// Storage that works, and counts how often it is asked.
#[derive(Default)]
struct Asked(AtomicUsize);

#[async_trait]
impl Keys for Asked {
    async fn find(&self, _: &KeyHash) -> Result<Option<KeyRecord>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(None)
    }

    async fn find_consistently(&self, hash: &KeyHash) -> Result<Option<KeyRecord>> {
        self.find(hash).await
    }
}

#[async_trait]
impl Backlog for Asked {
    async fn backlog(&self) -> Result<Waiting> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(Waiting::default())
    }
}

/// Anybody may ask for the health check, so it must not cause load.
#[tokio::test]
async fn many_health_checks_ask_once() {
    let asked = Arc::new(Asked::default());
    let front = front_with(Kind::Unavailable, IngestHealth::new(asked.clone(), asked.clone()));
    for _ in 0..100 {
        let request = Request::get("/health/ingest").body(Body::empty()).unwrap();
        assert_eq!(front.clone().oneshot(request).await.unwrap().status().as_u16(), 200);
    }
    // Once each of the two. A second time, if the ten seconds ended in the meantime.
    assert!(asked.0.load(Ordering::Relaxed) <= 4, "{}", asked.0.load(Ordering::Relaxed));
}
