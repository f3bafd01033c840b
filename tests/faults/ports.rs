//! The same faults above the adapters: the use cases see only what a port returns. Here a port can also fail
//! permanently, which the embedded services cannot be made to do.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use faultline_tests::project_data;
use formats::inbox::Notifications;
use http::Request;
use http_common::{Authenticator, Front, Outcomes};
use ingest::{Ingest, IngestHealth, Limiter};
use model::id::{ConfigId, Key};
use model::sealed::Sealed;
use model::time::Timestamp;
use model::timeline::Hour;
use processor::{Delivery, Processor};
use store::Stores;
use store::clock::Clock;
use store::faults::{Fault, Faults, Faulty, When};
use store::ports::{Configs, KeyRecord, KeyRing, KeyUse, Project, Role, Scope, Totals, TotalsScope};
use tower::ServiceExt;

use crate::messages::Writer;
use crate::tally::{assert_same, listed};
use crate::turns::paused;
use crate::world::{Process, World};

const FAULTS: [Fault; 9] = [
    Fault::Before,
    Fault::After,
    Fault::TimeOut,
    Fault::TimeOutAfter,
    Fault::Throttle,
    Fault::Reject,
    Fault::Duplicate,
    Fault::Crash,
    Fault::CrashAfter,
];

/// The ports that the processor calls for the batch below.
const CALLS: [&str; 14] = [
    "ClaimChecks::get_claim_check",
    "ClaimChecks::remove_claim_check",
    "Configs::put_posted",
    "Projects::by_id",
    "Projects::by_name",
    "Projects::create",
    "ErrorCommits::load",
    "ErrorCommits::owners",
    "ErrorCommits::counted",
    "SearchIndex::post",
    "ErrorCommits::commit",
    "Releases::note",
    "Segments::put",
    "EventIndex::enter",
];

/// A process whose ports go through `faults`.
fn process(world: &World, faults: Faults) -> Process {
    let stores = Stores::faulty(&world.truth.directory, &world.truth.table, &world.truth.bucket, &faults);
    let processor = Processor::new(stores, world.clock.clone(), 36_500);
    Process { processor, faults }
}

/// Notification configs as ingest seals them.
fn posted() -> Notifications {
    Notifications { id: ConfigId::parse(&"7".repeat(32)).unwrap(), sealed: Sealed::new("1.sealed") }
}

/// Promises 1 and 2 (docs/src/internals/promises.md): whatever happens to a call of a port, redelivery repairs it.
#[test]
fn whatever_happens_to_a_port_nothing_is_lost_or_counted_twice() {
    paused(async {
        let world = World::new(0).await;
        for fault in FAULTS {
            for operation in CALLS {
                let when = format!("{fault:?} of {operation}");
                let known =
                    world.project(&format!("known-{fault:?}-{operation}").replace(':', "-").to_lowercase()).await;
                let new = format!("new-{fault:?}-{operation}").replace(':', "-").to_lowercase();
                let (mut writer, mut writer_of_new) = (Writer::new(), Writer::new());
                // An error that is in the table, but not in the process's cache.
                world.process(Faults::seeded(0)).await.process_all(&[writer.v1(known.id, &[("a", 0)])]).await;
                let batch = [
                    writer.told(known.id, &[("a", 1), ("b", 2)], posted()),
                    writer.sentry(known.id, "own", "shared", 3),
                    writer.claimed(&world, known.id, &[("a", 4)]).await,
                    Delivery { id: "new".to_owned(), ..writer_of_new.v1(new.as_str(), &[("a", 5)]) },
                ];

                let faults = Faults::seeded(0);
                faults.rule(When::Nth(0), fault, move |call| call.operation == operation);
                let struck = process(&world, faults);
                let mut pending = batch.to_vec();
                if let Some(failures) = struck.process(&batch).await {
                    pending.retain(|delivery| failures.iter().any(|failure| failure.id == delivery.id));
                }
                assert_eq!(struck.faults.count(|call| call.fault.is_some()), 1, "{when}");

                process(&world, Faults::seeded(0)).process_all(&pending).await;
                assert_same(&listed(&world.truth, known.id).await, &writer.accepted, &when);
                let kept = project_data(&world.truth).posted(known.id, posted().id).await.unwrap();
                assert_eq!(kept, Some(posted().sealed), "{when}");
                let new = world.project_named(&new).await;
                assert_same(&listed(&world.truth, new.id).await, &writer_of_new.accepted, &when);
            }
        }
    });
}

/// The use of a key is recorded separately. Whatever happens to that, the events are stored, and a later batch records
/// it.
#[test]
fn events_are_stored_whatever_happens_to_the_record_of_key_use() {
    paused(async {
        let world = World::new(0).await;
        for fault in FAULTS {
            let project = world.project(&format!("{fault:?}").to_lowercase()).await;
            let key = client_key(&world, &project).await.hash();
            let mut writer = Writer::new();
            let batch = [writer.keyed(project.id, &[("a", 0)], key.id())];
            let faults = Faults::seeded(0);
            faults.rule(When::Nth(0), fault, |call| call.operation == "KeyUse::note_use");
            let struck = process(&world, faults);
            let failures = struck.process(&batch).await;
            assert_eq!(struck.faults.count(|call| call.fault.is_some()), 1, "{fault:?}");
            assert!(failures.is_none_or(|failures| failures.is_empty()), "{fault:?}");

            let next = [batch[0].clone(), writer.keyed(project.id, &[("a", 1)], key.id())];
            let dead = matches!(fault, Fault::Crash | Fault::CrashAfter);
            let next_process = if dead { process(&world, Faults::seeded(0)) } else { struck };
            next_process.process_all(&next).await;
            assert_same(&listed(&world.truth, project.id).await, &writer.accepted, &format!("{fault:?}"));
            let noted = world.truth.table.last_uses(&[key.id()]).await.unwrap();
            assert!(noted.contains_key(&key.id()), "{fault:?}");
            let notes = next_process.faults.count(|call| call.operation == "KeyUse::note_use");
            next_process.process_all(&[writer.keyed(project.id, &[("b", 2)], key.id())]).await;
            let again = next_process.faults.count(|call| call.operation == "KeyUse::note_use");
            assert_eq!(notes, again, "{fault:?}: recorded once a day");
        }
    });
}

/// The graphs of a project and of the stack are counted separately. Whatever happens to that costs them this batch, and
/// no event. The errors' own timelines are exact.
#[test]
fn whatever_happens_to_the_totals_costs_one_batch_in_a_graph() {
    paused(async {
        let world = World::new(0).await;
        for fault in FAULTS {
            let project = world.project(&format!("{fault:?}").to_lowercase()).await;
            let mut writer = Writer::new();
            let batch = [writer.v1(project.id, &[("a", 0), ("b", 1)])];
            let faults = Faults::seeded(0);
            faults.rule(When::Nth(0), fault, |call| call.operation == "Totals::add_totals");
            let struck = process(&world, faults);
            let failures = struck.process(&batch).await;
            assert_eq!(struck.faults.count(|call| call.fault.is_some()), 1, "{fault:?}");
            assert!(failures.is_none_or(|failures| failures.is_empty()), "{fault:?}");

            let next = [batch[0].clone(), writer.v1(project.id, &[("a", 2)])];
            process(&world, Faults::seeded(0)).process_all(&next).await;
            assert_same(&listed(&world.truth, project.id).await, &writer.accepted, &format!("{fault:?}"));
            let ever = Hour::of(Timestamp::default())..=Hour::of(Timestamp::from_micros(i64::MAX));
            let counted = world.truth.table.totals(TotalsScope::Project(project.id), ever).await.unwrap().total();
            // A call that is repeated counts twice.
            assert!([1, 3, 5].contains(&counted), "{fault:?}: {counted}");
        }
    });
}

/// Durable on success (promise 1 in docs/src/internals/promises.md): success is answered only for what is in the inbox.
/// Also promise 2, if the client sends it again.
#[test]
fn success_is_durable_whatever_happens_to_the_inbox() {
    paused(async {
        let world = World::new(0).await;
        for fault in FAULTS {
            for (operation, length) in [("Inbox::send", 10), ("ClaimChecks::put_claim_check", 900_000)] {
                let when = format!("{fault:?} of {operation}");
                let project = world.project(&format!("{fault:?}-{length}").to_lowercase()).await;
                let key = client_key(&world, &project).await;
                let faults = Faults::seeded(0);
                faults.rule(When::Nth(0), fault, move |call| call.operation == operation);
                let front = front(&world, &faults);
                let mut writer = Writer::new();
                let body = writer.store_body(length);
                let post = || {
                    let request = Request::post(format!("/api/{}/store/", project.id))
                        .header("x-sentry-auth", format!("Sentry sentry_key={}", key.reveal()))
                        .body(Body::from(body.clone()));
                    tokio::time::timeout(Duration::from_secs(30), front.clone().oneshot(request.unwrap()))
                };
                let answered = tokio::select! {
                    biased;
                    answer = post() => answer.ok().map(|answer| answer.unwrap().status().as_u16()),
                    () = faults.crashed() => None,
                };
                assert_eq!(faults.count(|call| call.fault.is_some()), 1, "{when}");
                let mut inbox = take(&world).await;
                match answered {
                    Some(200) => assert!(!inbox.is_empty(), "{when}: answered with success, but not in the inbox"),
                    Some(status) => assert!(status >= 500, "{when}: {status}"),
                    None => {}
                }
                if answered != Some(200) {
                    let again = post().await.unwrap().unwrap();
                    assert_eq!(again.status().as_u16(), 200, "{when}, sent again");
                    inbox.extend(take(&world).await);
                }
                process(&world, Faults::seeded(0)).process_all(&inbox).await;
                assert_same(&listed(&world.truth, project.id).await, &writer.accepted, &when);
            }
        }
    });
}

async fn client_key(world: &World, project: &Project) -> Key {
    let key = Key::from_random(world.clock.random().to_be_bytes());
    let scope = Scope::Project(project.id, project.name.clone());
    let record = KeyRecord::new(&key, Role::Client, scope, "client", world.clock.now());
    world.truth.directory.add(&key.hash(), &record).await.unwrap();
    key
}

fn front(world: &World, faults: &Faults) -> Front {
    let outcomes = Arc::new(Outcomes::default());
    let ingest = Ingest {
        authenticator: Authenticator::new(
            world.truth.directory.clone(),
            world.truth.directory.clone(),
            world.clock.clone(),
            None,
        ),
        inbox: Arc::new(Faulty::new((*world.truth.sender).clone(), faults.clone())),
        claims: Arc::new(Faulty::new((*world.truth.bucket).clone(), faults.clone())),
        attachments: Arc::new(Faulty::new((*world.truth.bucket).clone(), faults.clone())),
        limiter: Limiter::new(Arc::new(Faulty::new((*world.truth.directory).clone(), faults.clone()))),
        projects: Arc::new(Faulty::new((*world.truth.directory).clone(), faults.clone())),
        sealer: None,
        health: IngestHealth::new(world.truth.directory.clone(), world.truth.sender.clone()),
        clock: world.clock.clone(),
        outcomes: outcomes.clone(),
    };
    Front::new(ingest.router(), outcomes)
}

/// Takes all messages from the inbox, each with an id of its own.
async fn take(world: &World) -> Vec<Delivery> {
    let taken = world.truth.inbox.receive(100, 64 << 20, Duration::from_secs(60)).await.unwrap();
    let handles: BTreeSet<_> = taken.iter().map(|message| message.receipt_handle.clone()).collect();
    world.truth.inbox.delete(&handles).await.unwrap();
    taken
        .into_iter()
        .map(|message| Delivery { id: message.message_id, text: message.body, is_repeated: message.receive_count > 1 })
        .collect()
}
