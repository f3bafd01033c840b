//! For every kind of batch and every call that processing it makes: the process dies before or after the call, or loses
//! the answer. Then the messages are redelivered in other batches.

use std::time::Duration;

use model::id::ProjectId;
use processor::Delivery;
use store::faults::{Fault, Faults, When};

use crate::messages::{SCRIPT_ERROR, Writer};
use crate::tally::{assert_same, listed, tally};
use crate::turns::paused;
use crate::world::World;

/// A kind of batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    One,
    ManyLike,
    ManyDifferent,
    OneBodyOfMany,
    /// More minutes than one commit can hold, so it takes two rounds.
    ManyMinutes,
    TwoHashes,
    Claimed,
    TwiceInTheBatch,
    /// The error is in the process's cache, so nothing is read.
    Remembered,
    /// The message creates the project.
    NewProject,
    /// The source map of the event came after the first event of its error.
    LateMap,
}

const SHAPES: [Shape; 11] = [
    Shape::One,
    Shape::ManyLike,
    Shape::ManyDifferent,
    Shape::OneBodyOfMany,
    Shape::ManyMinutes,
    Shape::TwoHashes,
    Shape::Claimed,
    Shape::TwiceInTheBatch,
    Shape::Remembered,
    Shape::NewProject,
    Shape::LateMap,
];

impl Shape {
    async fn batch(self, world: &World, writer: &mut Writer, project: ProjectId, name: &str) -> Vec<Delivery> {
        match self {
            Self::One | Self::Remembered => vec![writer.v1(project, &[("a", 1)])],
            Self::ManyLike => (0..20).map(|second| writer.v1(project, &[("a", second)])).collect(),
            Self::ManyDifferent => (0..40).map(|n| writer.v1(project, &[(&format!("error {n}"), n)])).collect(),
            Self::OneBodyOfMany => vec![writer.v1(project, &[("a", 1), ("b", 2), ("a", 61), ("c", 3)])],
            Self::ManyMinutes => {
                let minutes: Vec<_> = (0..60).map(|minute| ("a", minute * 60)).collect();
                vec![writer.v1(project, &minutes), writer.v1(project, &[("b", 1)])]
            }
            Self::TwoHashes => vec![
                writer.sentry(project, "own", "shared", 1),
                writer.sentry(project, "own", "shared", 2),
                writer.v1(project, &[("a", 1)]),
            ],
            Self::Claimed => vec![writer.claimed(world, project, &[("a", 1)]).await, writer.v1(project, &[("a", 2)])],
            Self::TwiceInTheBatch => {
                let message = writer.v1(project, &[("a", 1)]);
                vec![message.clone(), Delivery { id: "again".to_owned(), ..message }]
            }
            Self::LateMap => {
                let process = world.process(Faults::seeded(0)).await;
                process.process_all(&[writer.script(project, 0)]).await;
                world.upload_map(project).await;
                vec![writer.script(project, 1), writer.v1(project, &[("a", 1)])]
            }
            Self::NewProject => vec![writer.v1(name, &[("a", 1)]), writer.v1(name, &[("b", 1)])],
        }
    }
}

/// Promises 1 and 2 (docs/src/internals/promises.md), step by step.
#[test]
fn a_crash_at_any_step_loses_nothing_and_counts_nothing_twice() {
    paused(async {
        let mut steps = 0;
        for shape in SHAPES {
            // One world for each shape. Each step has its own project in it.
            let world = World::new(0).await;
            for fault in [Fault::Crash, Fault::CrashAfter, Fault::After] {
                for call in 0.. {
                    let name = format!("p-{fault:?}-{call}").to_lowercase();
                    if !step(&world, &name, shape, fault, call).await {
                        break;
                    }
                    steps += 1;
                }
            }
        }
        assert!(steps > 150, "a batch makes more calls than this: only {steps} steps");
    });
}

/// Runs one step: `fault` at call number `call`. Returns whether there was such a call; if not, the shape is finished.
async fn step(world: &World, name: &str, shape: Shape, fault: Fault, call: u64) -> bool {
    let mut writer = Writer::new();
    let project = match shape {
        Shape::NewProject => None,
        _ => Some(world.project(name).await.id),
    };
    let process = world.process(Faults::seeded(call)).await;
    if let (Shape::Remembered, Some(project)) = (shape, project) {
        process.process_all(&[writer.v1(project, &[("a", 0)])]).await;
    }
    // A project that does not exist yet has no number, so the message has its name.
    let batch = shape.batch(world, &mut writer, project.unwrap_or(ProjectId::new(1).unwrap()), name).await;
    process.faults.rule(When::Nth(call), fault, |_| true);
    let mut pending = batch.clone();
    let outcome = process.process(&batch).await;
    if let Some(failures) = &outcome {
        pending.retain(|delivery| failures.iter().any(|failure| failure.id == delivery.id));
    }
    let struck = process.faults.count(|call| call.fault.is_some()) > 0;
    tokio::time::sleep(Duration::from_secs(60)).await;

    // In other batches: with a new message in front, and every second message alone.
    let heir = match outcome {
        Some(_) => process,
        None => world.process(Faults::seeded(call)).await,
    };
    let first: Vec<_> = pending.iter().step_by(2).cloned().collect();
    let mut rest: Vec<_> = pending.iter().skip(1).step_by(2).cloned().collect();
    match project {
        Some(project) => rest.insert(0, writer.v1(project, &[("a", 3)])),
        None => rest.insert(0, writer.v1(name, &[("a", 3)])),
    }
    heir.process_all(&first).await;
    heir.process_all(&rest).await;
    let project = match project {
        Some(project) => project,
        None => world.project_named(name).await.id,
    };
    let when = format!("{shape:?}, {fault:?} at call {call}");
    assert_same(&listed(&world.truth, project).await, &writer.accepted, &when);
    // A process that dies leaves the event to another, which joins it to its error. (If a read fails instead, the event makes
    // an error of its own.)
    if shape == Shape::LateMap && matches!(fault, Fault::Crash | Fault::CrashAfter) {
        let of_script: Vec<_> = tally(&world.truth, project)
            .await
            .into_iter()
            .filter(|((message, _), _)| message == SCRIPT_ERROR)
            .collect();
        assert_eq!(of_script.iter().map(|(_, events)| events.len()).collect::<Vec<_>>(), [2], "{when}");
    }
    world.process(Faults::seeded(0)).await.process_all(&batch).await;
    assert_same(
        &listed(&world.truth, project).await,
        &writer.accepted,
        &format!("{when}, and everything delivered again"),
    );
    struck
}
