//! Feedback that is entered into the history of an error, interrupted at each call.

use model::error::Status;
use store::faults::{Fault, Faults, When};
use store::ports::{Errors, History};

use crate::messages::Writer;
use crate::tally::{assert_same, listed};
use crate::turns::paused;
use crate::world::World;

/// Durable on success, counted once (docs/src/internals/promises.md): wherever the process fails or dies, redelivery
/// enters the feedback, and enters it once.
#[test]
fn feedback_is_entered_once_wherever_the_process_stops() {
    paused(async {
        let world = World::new(0).await;
        let mut steps = 0;
        for fault in [Fault::Crash, Fault::CrashAfter, Fault::TimeOutAfter] {
            for call in 0.. {
                let when = format!("{fault:?} at call {call}");
                let project = world.project(&format!("p-{fault:?}-{call}").to_lowercase()).await.id;
                let mut writer = Writer::new();
                let event = writer.sentry(project, "own", "shared", 1);
                let about = *writer.accepted.first().unwrap();
                let mut pending = vec![event, writer.feedback(project, about)];

                let faults = Faults::seeded(call);
                let struck = world.process(faults).await;
                struck.faults.rule(When::Nth(call), fault, |_| true);
                if let Some(failures) = struck.process(&pending).await {
                    pending.retain(|delivery| failures.iter().any(|failure| failure.id == delivery.id));
                }
                let has_struck = struck.faults.count(|call| call.fault.is_some()) > 0;
                pending.iter_mut().for_each(|delivery| delivery.is_repeated = true);
                world.process(Faults::seeded(0)).await.process_all(&pending).await;

                assert_same(&listed(&world.truth, project).await, &writer.accepted, &when);
                let errors = world.truth.table.page(project, &[Status::Unresolved], None, 10).await.unwrap().items;
                assert_eq!(errors.len(), 2, "{when}");
                let error = errors.iter().find(|error| error.kind == "E").unwrap();
                let history = world.truth.table.history(project, &error.uid, None, 10).await.unwrap().items;
                assert_eq!(history.len(), 1, "{when}: {history:?}");
                if !has_struck {
                    break;
                }
                steps += 1;
            }
        }
        assert!(steps > 30, "entering feedback makes more calls than this: only {steps} steps");
    });
}
