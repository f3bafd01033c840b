//! Retention: data is kept as long as the project or the stack says, and expires completely.

use std::time::{Duration, UNIX_EPOCH};

use axum::body::Body;
use embedded::{Engines, ManualClock};
use faultline_tests::{ADMIN, Answered, Faultline, LARGE, noise, raw};
use http::Method;
use model::id::{ProjectId, SegmentId};
use serde_json::{Value, json};
use server::system::Resources;
use store::clock::Clock;
use store::ports::Segments;

use crate::attachments::{self, Envelope};

const DAY: i64 = 86_400;
/// The stack's retention in days, for projects without their own.
const STACK: u32 = 30;

/// faultline whose bucket uses the test's clock, too. The table's engine expires items by the system's clock. So a test
/// plays far in the future, where the engine expires nothing and the test's clock decides, or far in the past, where it
/// removes everything that ever expires.
struct Story {
    faultline: Faultline,
    engines: Engines,
    bucket_clock: ManualClock,
}

impl Story {
    async fn in_a_hundred_years() -> Self {
        Self::beginning(100 * 365 * DAY).await
    }

    async fn ten_years_ago() -> Self {
        Self::beginning(-10 * 365 * DAY).await
    }

    async fn beginning(later: i64) -> Self {
        let bucket_clock = ManualClock::new(UNIX_EPOCH);
        let engines = Engines::memory_with_clock(bucket_clock.clone()).unwrap();
        let faultline = Faultline::builder().retention_days(STACK).engines(engines.clone()).start().await;
        faultline.clock.advance(later);
        let now = faultline.clock.now().seconds();
        bucket_clock.advance(Duration::from_secs(now as u64));
        Self { faultline, engines, bucket_clock }
    }

    /// Advances the clock, and expires what is due.
    async fn pass(&self, seconds: i64) {
        self.faultline.clock.advance(seconds);
        self.bucket_clock.advance(Duration::from_secs(seconds as u64));
        let now = UNIX_EPOCH + Duration::from_secs(self.faultline.clock.now().seconds() as u64);
        self.faultline.stack.expire(now).await.unwrap();
    }

    async fn keep(&self, project: &str, days: Value) {
        let body = json!({ "retentionDays": days }).to_string();
        let answer = self.faultline.call(Method::PATCH, &format!("/projects/{project}"), ADMIN, body).await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
        // Longer than the processor caches settings.
        self.pass(10).await;
    }

    /// Posts an occurrence that happened `ago` seconds before.
    async fn post(&self, project: &str, message: &str, ago: i64) {
        let happened = self.faultline.clock.now().plus_seconds(-ago).to_string();
        // Large enough for a segment.
        let error = json!({ "message": message, "timestamp": happened, "load": noise(LARGE) });
        self.faultline.post(project, &json!({ "errors": [error] })).await;
        assert_eq!(self.faultline.process().await, 0);
    }

    async fn messages(&self, project: &str) -> Vec<String> {
        let listed = self.faultline.get(&format!("/projects/{project}/errors")).await;
        let errors = listed["errors"].as_array().unwrap();
        errors.iter().map(|error| error["message"].as_str().unwrap().to_owned()).collect()
    }

    /// Returns the ids of the occurrences of an error of `sample`, newest first.
    async fn occurrences(&self, message: &str) -> Vec<String> {
        let path = format!("/projects/sample/errors/{message}/occurrences?limit=7");
        let listed = self.faultline.all(&path, "after").await;
        listed.iter().map(|entry| entry["reversedUnixtime"].as_str().unwrap().to_owned()).collect()
    }

    async fn occurrence(&self, message: &str, id: &str) -> Answered {
        let path = format!("/projects/sample/errors/{message}/occurrences/{id}");
        self.faultline.call(Method::GET, &path, ADMIN, Body::empty()).await
    }

    /// Returns the segments that references name, whether they have expired or not.
    async fn segments(&self) -> Vec<SegmentId> {
        let parse = |item: Value| {
            let project = ProjectId::parse(item["pk"]["S"].as_str()?.split('#').nth(1)?).ok()?;
            Some(SegmentId::parse(project, item["segment"]["S"].as_str()?).unwrap())
        };
        raw::items(&self.engines).await.into_iter().filter_map(parse).collect()
    }

    async fn exist(&self, segments: &[SegmentId]) -> usize {
        let bucket = Resources::make(&self.engines).await.unwrap().bucket;
        let mut exist = 0;
        for segment in segments {
            exist += usize::from(bucket.get(segment).await.is_ok());
        }
        exist
    }
}

/// Each project's errors and their segments expire after its own retention, whether it is shorter or longer than the
/// stack's.
#[tokio::test]
async fn each_project_has_its_own_retention() {
    let story = Story::in_a_hundred_years().await;
    for project in ["week", "year"] {
        story.post(project, "before", 0).await;
    }
    story.keep("week", json!(7)).await;
    story.keep("year", json!(365)).await;
    for project in ["week", "year", "sample"] {
        story.post(project, "m", 0).await;
    }
    let segments = story.segments().await;
    let mut keys: Vec<_> = segments.iter().map(|id| id.key().split("/project=").next().unwrap().to_owned()).collect();
    keys.sort();
    let (default, own) = ("segments/v=1", ["segments/v=1/retention=365", "segments/v=1/retention=7"]);
    assert_eq!(keys, [default, default, default, own[0], own[1]]);

    let left = async || {
        let mut left = Vec::new();
        for project in ["week", "year", "sample"] {
            left.push(story.messages(project).await.len());
        }
        (left, story.exist(&segments).await)
    };
    assert_eq!(left().await, (vec![2, 2, 1], 5));
    story.pass(6 * DAY).await;
    assert_eq!(left().await, (vec![2, 2, 1], 5));
    story.pass(2 * DAY + 1).await;
    assert_eq!(left().await, (vec![1, 2, 1], 4), "a week has passed; older occurrences keep the former retention");
    story.pass(24 * DAY).await;
    assert_eq!(left().await, (vec![0, 1, 0], 1), "a month has passed");
    story.pass(332 * DAY).await;
    assert_eq!(left().await, (vec![0, 1, 0], 1));
    story.pass(3 * DAY).await;
    assert_eq!(left().await, (vec![0, 0, 0], 0), "a year has passed");
}

/// Attachments are kept as long as their occurrence, and expire with it.
#[tokio::test]
async fn attachments_expire_with_their_occurrence() {
    let story = Story::in_a_hundred_years().await;
    let ids = ["0a1b2c3d43fc4630ad850ee518f1b9d0", "fc6d8c0c43fc4630ad850ee518f1b9d0"];
    let send = async |id: &str| {
        Envelope::of_event(id).file("a.txt", "text/plain", b"a").send(&story.faultline).await;
        assert_eq!(story.faultline.process().await, 0);
    };
    send(ids[0]).await;
    story.keep("sample", json!(7)).await;
    send(ids[1]).await;
    let prefixes = ["attachments/v=1/project=1/", "attachments/v=1/retention=7/project=1/"];
    let left = async || {
        let keys = attachments::keys(&story.faultline).await;
        prefixes.map(|prefix| keys.iter().filter(|key| key.starts_with(prefix)).count())
    };
    assert_eq!(left().await, [1, 1]);
    story.pass(7 * DAY - 60).await;
    let (path, _) = attachments::occurrence(&story.faultline, ids[1]).await;
    let path = format!("{path}/attachments/0");
    assert_eq!(attachments::download(&story.faultline, ADMIN, &path).await.2, b"a");
    story.pass(DAY + 120).await;
    assert_eq!(left().await, [1, 0], "a week has passed");
    story.pass(24 * DAY).await;
    assert_eq!(left().await, [0, 0], "a month has passed");
}

/// A listed occurrence can be read until it expires. After that the answer says that it has expired, while the error
/// still exists.
#[tokio::test]
async fn a_listed_occurrence_can_be_read_until_it_expires() {
    let story = Story::in_a_hundred_years().await;
    story.keep("sample", json!(7)).await;
    story.post("sample", "m", 0).await;
    let first = story.occurrences("m").await.remove(0);
    story.pass(5 * DAY).await;
    story.post("sample", "m", 0).await;
    story.pass(2 * DAY).await;
    let both = story.occurrences("m").await;
    assert_eq!(both.len(), 2);
    for id in &both {
        assert_eq!(story.occurrence("m", id).await.status.as_u16(), 200);
    }

    story.pass(1).await;
    assert_eq!(story.occurrences("m").await, both[..1]);
    let expired = story.occurrence("m", &first).await;
    assert_eq!((expired.status.as_u16(), &expired.body["error"]), (410, &json!("occurrence_expired")));
    let message = expired.body["message"].as_str().unwrap();
    assert!(message.contains(&first) && message.contains("retentionDays"), "{message}");
    let never = both[0].replace("-0", "-9");
    assert_eq!(story.occurrence("m", &never).await.body["error"], "occurrence_unknown");
    let shown = story.faultline.get("/projects/sample/errors/m").await;
    assert_eq!((&shown["error"]["count"], &shown["error"]["reversedUnixtime"]), (&json!(2), &json!(both[0])));
}

/// The bucket may remove data before the table does, for example after the stack's retention was shortened. The
/// remaining items cause no failures, and the next occurrence continues the error.
#[tokio::test]
async fn references_without_segments_fail_nowhere() {
    let story = Story::in_a_hundred_years().await;
    for _ in 0..25 {
        story.post("sample", "m", 0).await;
        story.pass(60).await;
    }
    let id = story.occurrences("m").await.remove(3);
    let bucket = Resources::make(&story.engines).await.unwrap().bucket;
    while bucket.remove_some(ProjectId::new(1).unwrap()).await.unwrap() {}

    assert!(story.occurrences("m").await.is_empty());
    assert_eq!(story.occurrence("m", &id).await.body["error"], "occurrence_expired");
    let shown = story.faultline.get("/projects/sample/errors/m").await;
    assert_eq!((&shown["error"]["expired"], &shown["error"]["count"]), (&json!(true), &json!(25)));
    let briefing = story.faultline.get("/projects/sample/errors/m/briefing").await;
    assert_eq!((&briefing["facts"]["occurrence"], &briefing["facts"]["occurrences"]), (&Value::Null, &json!(25)));
    assert_eq!(briefing["reported"]["message"], "m");
    let best =
        story.faultline.call(Method::GET, "/projects/sample/errors/m/occurrences/best", ADMIN, Body::empty()).await;
    assert_eq!(best.body["error"], "occurrence_unknown", "{}", best.body);

    story.post("sample", "m", 3_600).await;
    assert_eq!(story.occurrences("m").await.len(), 1, "in addition to 25 expired ones");
    let shown = story.faultline.get("/projects/sample/errors/m").await;
    assert_eq!((&shown["error"]["expired"], &shown["error"]["message"]), (&Value::Null, &json!("m")));
    let answer = story.faultline.call(Method::DELETE, "/projects/sample/errors/m", ADMIN, Body::empty()).await;
    assert_eq!(answer.status.as_u16(), 204);
    assert!(story.messages("sample").await.is_empty());
}

/// If a project shortens its retention, older occurrences keep the former one. The newest occurrences may expire first,
/// and the error expires with its last occurrence.
#[tokio::test]
async fn a_shorter_retention_holds_for_later_occurrences() {
    let story = Story::in_a_hundred_years().await;
    story.keep("sample", json!(365)).await;
    for _ in 0..3 {
        story.post("sample", "m", 0).await;
        story.pass(60).await;
    }
    let old = story.occurrences("m").await;
    story.keep("sample", json!(7)).await;
    for _ in 0..25 {
        story.post("sample", "m", 0).await;
        story.pass(60).await;
    }
    assert_eq!(story.occurrences("m").await.len(), 28);
    story.pass(9 * DAY).await;
    assert_eq!(story.occurrences("m").await, old);
    let shown = story.faultline.get("/projects/sample/errors/m").await;
    assert_eq!((&shown["error"]["count"], &shown["error"]["reversedUnixtime"]), (&json!(28), &json!(old[0])));
    story.pass(357 * DAY).await;
    assert!(story.messages("sample").await.is_empty());
}

/// A late event is kept from when it was received. Its reference is at the time when it happened, and expires with its
/// segment.
#[tokio::test]
async fn a_late_event_is_kept_as_long_as_others() {
    let story = Story::in_a_hundred_years().await;
    story.keep("sample", json!(7)).await;
    story.post("sample", "late", 29 * DAY).await;
    story.pass(7 * DAY).await;
    let late = story.occurrences("late").await;
    assert_eq!((late.len(), story.occurrence("late", &late[0]).await.status.as_u16()), (1, 200));
    let segments = story.segments().await;
    story.pass(1).await;
    assert!(story.messages("sample").await.is_empty());
    assert_eq!(story.exist(&segments).await, 1, "not before its reference");
    story.pass(DAY).await;
    assert_eq!(story.exist(&segments).await, 0);
}

/// When every retention is over, nothing is left: no error, alias, timeline, reference or segment.
#[tokio::test]
async fn nothing_is_left_when_everything_has_expired() {
    let story = Story::ten_years_ago().await;
    story.keep("sample", json!(7)).await;
    let event = json!({
        "message": "of a stack",
        "exception": { "values": [{ "type": "E", "value": "v", "stacktrace": { "frames": [
            { "function": "f", "module": "shop", "in_app": true }, { "function": "g", "module": "lib", "in_app": false },
        ] } }] },
    });
    let path = format!("/api/1/store/?sentry_key={}", story.faultline.client_key());
    let key = story.faultline.client_key();
    story.faultline.call(Method::POST, &path, key, event.to_string()).await;
    story.faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    story.post("other", "m", 0).await;
    let contents = async |kinds: &[&str]| {
        let items = raw::items(&story.engines).await.into_iter();
        let prefix = |item: &Value| item["pk"]["S"].as_str().unwrap().split('#').next().unwrap().to_owned();
        items.map(|item| prefix(&item)).filter(|prefix| kinds.contains(&prefix.as_str())).count()
    };
    let segments = story.segments().await;
    assert_eq!(
        (contents(&["P", "E"]).await, segments.len()),
        (7, 1),
        "two errors, an alias, two timelines, two references, of which one has its occurrence"
    );
    assert!(contents(&["X", "D"]).await > 0, "postings and event index");
    story.pass(32 * DAY).await;
    assert_eq!((contents(&["P", "E", "D"]).await, story.exist(&segments).await), (0, 0));
    // Postings stay up to eleven days longer than their errors, so that they need not be renewed for each occurrence.
    story.pass(10 * DAY).await;
    assert_eq!(contents(&["X", "I"]).await, 0);
}
