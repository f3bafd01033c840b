//! Every shape of what is told, and every call that message it makes: the process dies before it, or after it, or the
//! answer is lost; then the records come again, and time goes on.

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

/// The shapes of what is told.
#[derive(Clone, Copy, Debug)]
enum Shape {
    First,
    /// Two rules that lead to the same destination.
    TwoRules,
    /// So many about one error that they go together.
    Many,
    Tracker,
    Collected,
    /// By a config that was posted with the error.
    Posted,
    Limited,
    /// The destination refuses it for good.
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

    /// What happens.
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
            let table = &scene.world.truth.table;
            let change = ProjectChange { per_minute: Some(Some(5)), ..Default::default() };
            table.update(project, &change).await.unwrap();
            let mark = Mark::of(Limit { most: 5, window: Window::Minute }, scene.world.clock.now());
            table.mark(project.id, mark).await.unwrap();
        }
    }

    /// How many things there are to tell.
    fn told(self) -> usize {
        match self {
            Self::First | Self::Posted | Self::Limited | Self::Refused => 1,
            Self::Tracker | Self::Many => 6,
            Self::TwoRules => 4,
            Self::Collected => 3,
        }
    }
}

/// Each crossing is told, whatever call the process dies at, or has no answer of; once, unless that was between the
/// destination's answer and the note of it, and then twice under the same name. An error has one issue. Nothing stays.
#[test]
fn a_crash_at_any_step_loses_no_message() {
    std::thread::scope(|scope| {
        let mut halves = Vec::new();
        for half in SHAPES.chunks(SHAPES.len().div_ceil(2)) {
            halves.push(scope.spawn(move || paused(all_steps(half))));
        }
        let steps: usize = halves.into_iter().map(|half| half.join().unwrap()).sum();
        assert!(steps > 300, "message makes calls: only {steps} steps");
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

/// One step: `fault` at the call number `call`. Returns whether there was such a call: if not, the shape is through.
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
        assert!(!notifier.notify.dead_notices(10).await.unwrap().is_empty(), "{when}: a dead letter");
        to.mends("hook");
        notifier.notify.redrive(None, faultline_tests::time()).await.unwrap();
        scene.drain(&notifier, 30, &when).await;
        assert!(notifier.notify.dead_notices(10).await.unwrap().is_empty(), "{when}: it was redriven");
    }
    let most = if note_was_lost(&log) { 2 } else { 1 };
    assert_told(&to.arrived(), shape.told(), most, &when);
    to.assert_orderly(&when);
    log.iter().any(|call| call.fault.is_some())
}

/// Takes the records in, again if it says so, and sweeps while the time of what is collected comes; `None` if it dies.
async fn first_life(scene: &Scene, notifier: &NotifyProcess, records: &[notify::Record]) -> Option<()> {
    notifier.watch(records).await?;
    for _ in 0..4 {
        scene.world.clock.advance(200);
        notifier.sweep().await?;
    }
    Some(())
}

/// Whether the call that was struck came between a destination's answer, or a dead letter, and the note of it.
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

/// `things` things were told, each at most as often, under one name and in order.
fn assert_told(arrived: &[Arrived], things: usize, most: usize, when: &str) {
    let mut told: BTreeMap<&str, Vec<&Arrived>> = BTreeMap::new();
    for one in arrived {
        told.entry(&one.token).or_default().push(one);
    }
    assert_eq!(told.len(), things, "{when}: {arrived:#?}");
    let mut counts: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for one in arrived {
        let same = &told[one.token.as_str()];
        assert!(same.len() <= most, "{when}: {} was told {} times", one.what, same.len());
        assert!(same.iter().any(|one| one.taken), "{when}: {} was dropped", one.what);
        assert_eq!(same.iter().map(|one| &one.what).collect::<BTreeSet<_>>().len(), 1, "{when}: {same:?}");
        if std::ptr::eq(same[0], one) {
            counts.entry(&one.lane).or_default().push(one.count);
        }
    }
    for (lane, counts) in counts {
        assert!(counts.is_sorted(), "{when}: {lane:?} was told {counts:?}");
    }
}
