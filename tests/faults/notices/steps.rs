//! For every kind of notification and every call that sending it makes: the process dies before or after the call, or
//! the answer is lost. Then the records are repeated, and time goes on.

use faultline_tests::project_data;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::project::{Limit, Mark, Window};
use notify::channels::SendError;
use serde_json::{Value, json};
use store::clock::Clock;
use store::faults::{Call, Fault, Faults, When};
use store::ports::{Project, ProjectChange, Projects, Usage};

use super::destinations::{Arrived, Destinations, SEND};
use super::notify_process::{NotifyProcess, Scene};
use crate::turns::paused;

/// A kind of notification.
#[derive(Clone, Copy, Debug)]
enum Shape {
    First,
    /// Two rules with the same destination.
    TwoRules,
    /// So many notifications about one error that they are sent together.
    Many,
    Tracker,
    Collected,
    /// With a config that was posted with the error.
    Posted,
    Limited,
    /// The destination refuses it permanently.
    Refused,
}

const SHAPES: [Shape; 8] = [
    Shape::First,
    Shape::TwoRules,
    Shape::Many,
    Shape::Tracker,
    Shape::Collected,
    Shape::Posted,
    Shape::Limited,
    Shape::Refused,
];

fn hook(host: &str) -> Value {
    json!({ "type": "webhook", "endpoint": format!("https://{host}/") })
}

impl Shape {
    fn rules(self) -> Value {
        let always = |id: &str, to: Value| json!({ "id": id, "on": ["first", "threshold"], "threshold": 1, "interval": 1, "maxPerMinute": 100, "to": to });
        let tracker = json!({ "type": "github", "userToken": "t", "owner": "o", "repo": "tracker" });
        match self {
            Self::First | Self::Many | Self::Refused => json!([always("r", json!([hook("hook")]))]),
            Self::TwoRules => json!([always("r", json!([hook("hook")])), always("s", json!([hook("hook")]))]),
            Self::Tracker => json!([always("r", json!([tracker, hook("hook")]))]),
            Self::Collected => json!([{ "id": "r", "collect": { "minutes": 10 }, "to": [hook("hook")] }]),
            Self::Posted => json!([]),
            Self::Limited => json!([{ "id": "r", "on": ["first", "limited"], "to": [hook("hook")] }]),
        }
    }

    /// Commits what triggers the notifications.
    async fn happens(self, scene: &mut Scene, project: &Project) {
        let posted = json!([{ "type": "slack", "endpoint": "https://hooks.slack.com/services/T/B/x" }]);
        let commits = match self {
            Self::First | Self::Posted | Self::Refused => vec![vec![("a", 1)]],
            Self::TwoRules => vec![vec![("a", 1)]; 2],
            Self::Many => vec![vec![("a", 1)]; 6],
            Self::Tracker => vec![vec![("a", 1), ("b", 1)], vec![("a", 1)]],
            Self::Collected => vec![vec![("a", 1), ("b", 1)], vec![("c", 1)]],
            Self::Limited => Vec::new(),
        };
        for errors in commits {
            let posted = matches!(self, Self::Posted).then_some(&posted);
            scene.commit(project, &errors, posted).await;
        }
        if let Self::Limited = self {
            let truth = &scene.world.truth;
            let change = ProjectChange { per_minute: Some(Some(5)), ..Default::default() };
            truth.directory.update(project, &change).await.unwrap();
            let mark = Mark::of(Limit { most: 5, window: Window::Minute }, scene.world.clock.now());
            project_data(truth).mark(project.id, mark).await.unwrap();
        }
    }

    /// Number of notifications that are expected.
    fn expected(self) -> usize {
        match self {
            Self::First | Self::Posted | Self::Limited | Self::Refused => 1,
            Self::Tracker | Self::Many => 6,
            Self::TwoRules => 4,
            Self::Collected => 3,
        }
    }
}

/// Each notification is sent, at whatever call the process dies or gets no answer. It is sent once, unless that was
/// between the destination's answer and recording it; then it is sent twice with the same id. An error has one issue.
/// The outbox is empty at the end.
#[test]
fn a_crash_at_any_step_loses_no_message() {
    std::thread::scope(|scope| {
        let mut halves = Vec::new();
        for half in SHAPES.chunks(SHAPES.len().div_ceil(2)) {
            halves.push(scope.spawn(move || paused(all_steps(half))));
        }
        let steps: usize = halves.into_iter().map(|half| half.join().unwrap()).sum();
        assert!(steps > 300, "sending a message makes more calls than this: only {steps} steps");
    });
}

async fn all_steps(shapes: &[Shape]) -> usize {
    let mut steps = 0;
    for &shape in shapes {
        let mut scene = Scene::new(0).await;
        for fault in [Fault::Crash, Fault::CrashAfter, Fault::After] {
            for call in 0.. {
                if !step(&mut scene, shape, fault, call).await {
                    break;
                }
                steps += 1;
            }
        }
    }
    steps
}

/// Runs one step: `fault` at call number `call`. Returns whether there was such a call; if not, the shape is finished.
async fn step(scene: &mut Scene, shape: Shape, fault: Fault, call: u64) -> bool {
    let when = format!("{shape:?}, {fault:?} at call {call}");
    let project = scene.project(&format!("p-{fault:?}-{call}").to_lowercase(), &shape.rules()).await;
    shape.happens(scene, &project).await;
    let records = scene.records().await;
    let to = Arc::new(Destinations::default());
    if let Shape::Refused = shape {
        to.breaks("hook", SendError::Permanent { reason: "gone".to_owned() });
    }

    let mut notifier = NotifyProcess::above_ports(&scene.world, Faults::seeded(0), &to);
    notifier.faults.rule(When::Nth(call), fault, |_| true);
    let lived = first_life(scene, &notifier, &records).await;
    let log = notifier.faults.log();
    notifier.faults.heal();
    if lived.is_none() {
        notifier = NotifyProcess::above_ports(&scene.world, Faults::seeded(0), &to);
    }
    assert_eq!(notifier.watch(&records).await, Some(None), "{when}");
    scene.drain(&notifier, 30, &when).await;
    if let Shape::Refused = shape {
        assert!(to.arrived().is_empty(), "{when}");
        assert!(!notifier.notify.dead_notices(10).await.unwrap().is_empty(), "{when}: it is a dead letter");
        to.mends("hook");
        notifier.notify.redrive(None, faultline_tests::time()).await.unwrap();
        scene.drain(&notifier, 30, &when).await;
        assert!(notifier.notify.dead_notices(10).await.unwrap().is_empty(), "{when}: it was redriven");
    }
    let most = if note_was_lost(&log) { 2 } else { 1 };
    assert_sent(&to.arrived(), shape.expected(), most, &when);
    to.assert_orderly(&when);
    log.iter().any(|call| call.fault.is_some())
}

/// Processes the records, again if asked to, and sweeps until collected notifications are due. Returns `None` if the
/// process dies.
async fn first_life(scene: &Scene, notifier: &NotifyProcess, records: &[notify::Record]) -> Option<()> {
    notifier.watch(records).await?;
    for _ in 0..4 {
        scene.world.clock.advance(200);
        notifier.sweep().await?;
    }
    Some(())
}

/// Returns whether the call that failed came between a destination's answer, or a dead letter, and recording it.
fn note_was_lost(log: &[Call]) -> bool {
    let mut open = 0_usize;
    for Call { operation, fault } in log {
        match (operation.as_str(), fault) {
            (SEND, Some(Fault::After | Fault::CrashAfter)) => return true,
            (_, Some(_)) => return open > 0,
            (SEND | "Undelivered::keep", None) => open += 1,
            ("Outbox::save", None) => open = open.saturating_sub(1),
            _ => {}
        }
    }
    false
}

/// Checks that `things` notifications were sent, each at most `most` times, in order and always with the same id.
fn assert_sent(arrived: &[Arrived], things: usize, most: usize, when: &str) {
    let mut sent: BTreeMap<&str, Vec<&Arrived>> = BTreeMap::new();
    for one in arrived {
        sent.entry(&one.token).or_default().push(one);
    }
    assert_eq!(sent.len(), things, "{when}: {arrived:#?}");
    let mut counts: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for one in arrived {
        let same = &sent[one.token.as_str()];
        assert!(same.len() <= most, "{when}: {} was sent {} times", one.what, same.len());
        assert!(same.iter().any(|one| one.taken), "{when}: {} was dropped", one.what);
        assert_eq!(same.iter().map(|one| &one.what).collect::<BTreeSet<_>>().len(), 1, "{when}: {same:?}");
        if std::ptr::eq(same[0], one) {
            counts.entry(&one.lane).or_default().push(one.count);
        }
    }
    for (lane, counts) in counts {
        assert!(counts.is_sorted(), "{when}: {lane:?} received {counts:?}");
    }
}
