//! Limits under faults. A fault may let one batch more through, but never costs an event.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use faultline_tests::{ADMIN, project_data};
use formats::inbox::Addressee;
use http::Request;
use http_common::{Authenticator, Front, Outcomes};
use ingest::{Ingest, IngestHealth, Limiter};
use model::id::Key;
use model::project::Limits;
use store::clock::Clock;
use store::faults::{Fault, Faults, Faulty, When};
use store::ports::{Project, ProjectChange, Projects, Quotas, Usage, Used};
use tower::ServiceExt;

use crate::messages::Writer;
use crate::tally::{assert_same, listed};
use crate::turns::paused;
use crate::world::World;

async fn limited(world: &World, name: &str, limits: Limits) -> Project {
    let project = world.project(name).await;
    let Limits { per_minute, per_month } = limits;
    let change = ProjectChange { per_minute: Some(per_minute), per_month: Some(per_month), ..Default::default() };
    world.truth.directory.update(&project, &change).await.unwrap();
    project
}

/// Ingest whose calls to limits and inbox go through `faults`.
fn front(world: &World, faults: &Faults) -> Front {
    let outcomes = Arc::new(Outcomes::default());
    let ingest = Ingest {
        authenticator: Authenticator::new(
            world.truth.directory.clone(),
            world.truth.directory.clone(),
            world.clock.clone(),
            Some(Key::parse(ADMIN).unwrap().hash()),
        ),
        inbox: Arc::new(Faulty::new((*world.truth.sender).clone(), faults.clone())),
        claims: world.truth.bucket.clone(),
        attachments: world.truth.bucket.clone(),
        sealer: None,
        limiter: Limiter::new(Arc::new(Faulty::new((*world.truth.directory).clone(), faults.clone()))),
        projects: world.truth.directory.clone(),
        health: IngestHealth::new(world.truth.directory.clone(), world.truth.sender.clone()),
        clock: world.clock.clone(),
        outcomes: outcomes.clone(),
    };
    Front::new(ingest.router(), outcomes)
}

async fn post(front: &Front, project: &str) -> u16 {
    let request = Request::post(format!("/projects/{project}/errors")).header("x-api-key", ADMIN);
    let request = request.body(Body::from(r#"{"errors":[{"message":"m"}]}"#)).unwrap();
    front.clone().oneshot(request).await.unwrap().status().as_u16()
}

/// If a project's limits cannot be read, or not in time, its events are accepted. Limits that were read before stay in
/// force.
#[test]
fn an_outage_of_the_limiter_refuses_no_event() {
    paused(async {
        let world = World::new(0).await;
        limited(&world, "p", Limits { per_minute: Some(1), per_month: None }).await;
        for fault in [Fault::Before, Fault::Throttle, Fault::Reject, Fault::TimeOut] {
            let faults = Faults::seeded(0);
            faults.rule(When::Always, fault, |call| call.operation == "Quotas::quota");
            let front = front(&world, &faults);
            let began = tokio::time::Instant::now();
            for _ in 0..5 {
                assert_eq!(post(&front, "p").await, 201, "{fault:?}");
            }
            assert!(
                began.elapsed() < Duration::from_secs(1),
                "{fault:?}: only one post waits for the limits, and not for long"
            );
            assert_eq!(faults.count(|call| call.operation == "Quotas::quota"), 1, "{fault:?}");

            faults.heal();
            world.clock.advance(60);
            assert_eq!(
                (post(&front, "p").await, post(&front, "p").await),
                (201, 429),
                "{fault:?}: the limit is in force again"
            );
            faults.rule(When::Always, fault, |call| call.operation == "Quotas::quota");
            world.clock.advance(15);
            assert_eq!(post(&front, "p").await, 429, "{fault:?}: the cached limit stays in force");
            world.clock.advance(45);
        }
    });
}

/// An event that could not be accepted does not count towards the limit, because its client sends it again.
#[test]
fn an_event_that_could_not_be_accepted_does_not_count() {
    paused(async {
        let world = World::new(0).await;
        limited(&world, "p", Limits { per_minute: Some(2), per_month: Some(2) }).await;
        let faults = Faults::seeded(0);
        faults.rule(When::Nth(0), Fault::Before, |call| call.operation == "Inbox::send");
        let front = front(&world, &faults);
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(post(&front, "p").await);
        }
        assert_eq!(statuses, [503, 201, 201, 429]);
    });
}

/// A process that dies between commit and count leaves one batch uncounted. A count that fails fails no message.
#[test]
fn a_failed_usage_count_costs_one_batch_and_no_event() {
    paused(async {
        let world = World::new(0).await;
        for fault in [Fault::Crash, Fault::CrashAfter, Fault::After, Fault::Throttle, Fault::TimeOut] {
            let name = format!("{fault:?}").to_lowercase();
            let project = limited(&world, &name, Limits { per_minute: None, per_month: Some(3) }).await;
            let mut writer = Writer::new();
            let batch = [writer.v1(project.id, &[("a", 1), ("b", 2)]), writer.v1(project.id, &[("a", 3)])];
            let faults = Faults::seeded(0);
            // The count is the first `UpdateItem` of a batch.
            faults.rule(When::Nth(0), fault, |call| call.operation == "UpdateItem");
            let process = world.process(faults.clone()).await;
            let failures = process.process(&batch).await;
            assert_eq!(faults.count(|call| call.fault.is_some()), 1, "{fault:?}");
            assert!(failures.is_none_or(|failures| failures.is_empty()), "{fault:?}");
            tokio::time::sleep(Duration::from_secs(60)).await;

            // Deliver everything again: nothing in it is new.
            world.process(Faults::seeded(0)).await.process_all(&batch).await;
            let used = project_data(&world.truth)
                .count(project.id, Used::default(), world.clock.now())
                .await
                .unwrap()
                .in_month;
            let counted_once = if fault == Fault::Crash { 0 } else { 3 };
            assert!((counted_once..=6).contains(&used) && used % 3 == 0, "{fault:?}: {used}");
            assert_same(&listed(&world.truth, project.id).await, &writer.accepted, &name);
            world.process(Faults::seeded(0)).await.process_all(&[writer.v1(project.id, &[("c", 4); 3])]).await;
            let quota = world.truth.directory.quota(&Addressee::Id(project.id)).await.unwrap().unwrap();
            assert!(quota.mark.is_some(), "{fault:?}: the next batch notices that the limit is reached");
        }
    });
}
