//! The outbox: notifications that are pending are sent, and dead ones can be redriven.

use embedded::Engines;
use model::id::{ErrorUid, Fingerprint, ProjectId};
use model::project::TimeUnit;
use model::time::Timestamp;
use rules::Trigger;
use rules::lane::{Lane, LaneEntry, LaneId, OutboxEvent, RuleRef, Scope};
use serde_json::json;
use server::system::Resources;
use store::ports::{Outbox, Undelivered};

use crate::Samples;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_793_577_600 + seconds)
}

/// The sample's lane: an entry of each kind, leased by a sender.
fn lane() -> Lane {
    let scope = Scope::Error(ErrorUid::new(at(0), 7));
    let id = LaneId { project: ProjectId::new(2).unwrap(), scope, destination: "0f".repeat(16) };
    let event = |version: u64, trigger: Trigger| OutboxEvent::Error {
        fingerprint: Fingerprint::of("sample", ["m"]),
        commit: format!("{}:{version}", ErrorUid::new(at(0), 7)),
        trigger,
        at: at(60),
        count: version * 10,
        own: None,
    };
    let threshold = Trigger::Threshold { count: 30, unit: TimeUnit::Hour, start: at(0) };
    let limited = OutboxEvent::Limited {
        episode: "month:2026-11".to_owned(),
        limit: "1,000 events a month".to_owned(),
        until: at(3_600),
    };
    let posted = RuleRef::Posted("ab".repeat(16), 1);
    let mut lane = Lane::new(id);
    let entries = [
        (event(1, Trigger::First), RuleRef::Project("team".to_owned()), 0),
        (event(2, Trigger::Regression), posted, 0),
        (event(3, threshold), RuleRef::Project("team".to_owned()), 2),
        (limited, RuleRef::Project("team".to_owned()), 0),
    ];
    lane.add(entries.map(|(event, rule, redriven)| LaneEntry { event, rule, since: at(61), redriven }), at(90));
    lane.take(u128::MAX - 1, at(100));
    lane.failures = 3;
    lane.more = 5;
    lane
}

#[tokio::test]
async fn a_lane_is_read() {
    let samples = Samples::of("outbox");
    let faultline = samples.restored().await;
    let on = Resources::through(faultline.stack.engines(), |engine| engine).await.unwrap();
    let due = on.table.due(at(1_000), 10).await.unwrap();
    assert_eq!(due, [lane().id], "the lane is due again when the sender's lease has ended");
    assert_eq!(on.table.lane(&due[0]).await.unwrap(), Some(Lane { version: 1, ..lane() }));
}

#[tokio::test]
async fn a_dead_notice_is_read() {
    let samples = Samples::of("outbox");
    let faultline = samples.restored().await;
    let on = Resources::through(faultline.stack.engines(), |engine| engine).await.unwrap();
    on.undelivered.keep(samples.text("dead-notice.json").trim_end().to_owned()).await.unwrap();
    let notify = faultline.stack.notify();
    let dead = notify.dead_notices(10).await.unwrap();
    assert_eq!((dead.len(), dead[0].notices, dead[0].reason.as_str()), (1, 3, "it is gone"));
    assert_eq!(notify.redrive(None, faultline_tests::time()).await.unwrap().notices, 1);
}

/// Writes a lane and a dead notification.
pub(crate) async fn write(samples: &Samples) {
    let engines = Engines::memory().unwrap();
    let on = Resources::make(&engines).await.unwrap();
    on.table.save(lane(), at(4_000_000_000)).await.unwrap();
    samples.write_items(&engines, |_, _, _| Some("lane".to_owned())).await;
    let entries = &lane().pending[..1];
    let letter = json!({ "v": 1, "reason": "it is gone", "project": 2, "lane": lane().id.to_string(), "entries": entries, "more": 2 });
    samples.write("dead-notice.json", &(letter.to_string() + "\n"));
}
