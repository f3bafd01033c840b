//! Attachments while storage fails.

use axum::body::Body;
use bytes::Bytes;
use faultline_tests::{ADMIN, Faultline};
use formats::inbox::{self, Message, SentAttachments};
use http::{Method, Request, StatusCode};
use model::error::Status;
use model::id::{AttachmentFolder, EventId, ProjectId};
use model::occurrence::Attachment;
use serde_json::json;
use store::faults::{Fault, Faults, When};
use store::ports::{Attachments, Errors, Occurrences};

use crate::messages::Writer;
use crate::tally::{assert_same, listed};
use crate::turns::paused;
use crate::world::World;

const EVENT: &str = "fc6d8c0c43fc4630ad850ee518f1b9d0";

async fn send(faultline: &Faultline) -> StatusCode {
    let event = json!({ "event_id": EVENT, "message": "m" });
    let body = format!(
        "{{\"event_id\":\"{EVENT}\"}}\n{{\"type\":\"event\"}}\n{event}\n{{\"type\":\"attachment\",\"length\":1,\"filename\":\"a\"}}\na\n"
    );
    let path = format!("/api/1/envelope/?sentry_key={}", faultline.client_key());
    faultline.send(Request::post(path).body(body.into()).unwrap()).await.status
}

/// Whether the bucket has the attachment of the event.
async fn is_stored(world: &World) -> bool {
    let (project, event) = (ProjectId::new(1).unwrap(), EventId::parse(EVENT).unwrap());
    let folder = AttachmentFolder { project, retention: None, event };
    world.truth.bucket.attachment(&folder, 0, None).await.unwrap().is_some()
}

/// Deletes the error of the event.
async fn delete(faultline: &Faultline) {
    let found = faultline.get(&format!("/projects/sample/occurrences/{EVENT}")).await;
    let path = format!("/projects/sample/errors/{}", found["belongsTo"]["fingerprint"].as_str().unwrap());
    let answer = faultline.call(Method::DELETE, &path, ADMIN, Body::empty()).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
}

/// An attachment that cannot be stored does not cost its event, and the occurrence says that it is missing. One that was
/// stored before its event was refused stays for the client's next attempt.
#[test]
fn an_event_is_accepted_whatever_happens_to_its_attachments() {
    paused(async {
        for fault in [Fault::Reject, Fault::Before, Fault::TimeOut, Fault::After, Fault::TimeOutAfter] {
            let world = World::new(0).await;
            let faults = Faults::seeded(0);
            let faultline = world.faultline(&faults).await;
            faults.rule(When::Always, fault, |call| call.operation == "PutObject");
            assert_eq!(send(&faultline).await, StatusCode::OK, "{fault:?}");
            faults.heal();
            assert_eq!(faultline.process().await, 0, "{fault:?}");
            let found = faultline.get(&format!("/projects/sample/occurrences/{EVENT}")).await;
            assert_eq!(found["error"]["event"]["attachments"][0]["discarded"], "unavailable", "{fault:?}");
            // It may be there: only the answer was lost.
            delete(&faultline).await;
            assert!(!is_stored(&world).await, "{fault:?}");
        }

        let world = World::new(0).await;
        let faults = Faults::seeded(0);
        let faultline = world.faultline(&faults).await;
        faults.rule(When::Always, Fault::Reject, |call| call.operation == "SendMessage");
        assert_eq!(send(&faultline).await, StatusCode::SERVICE_UNAVAILABLE, "the request is not accepted");
        assert!(is_stored(&world).await);
        faults.heal();
        assert_eq!(send(&faultline).await, StatusCode::OK);
        assert_eq!((faultline.process().await, is_stored(&world).await), (0, true));
        delete(&faultline).await;
        assert!(!is_stored(&world).await);
    });
}

/// Counted once (promise 2 in docs/src/internals/promises.md): wherever the process fails or dies, redelivery stores the
/// event once, and the reference to it says where its attachments are, so that a deletion finds them.
#[test]
fn an_attachment_is_found_and_deleted_wherever_the_process_stops() {
    paused(async {
        let world = World::new(0).await;
        let mut steps = 0;
        for fault in [Fault::Crash, Fault::CrashAfter, Fault::TimeOutAfter] {
            for call in 0.. {
                let when = format!("{fault:?} at call {call}");
                let project = world.project(&format!("p-{fault:?}-{call}").to_lowercase()).await.id;
                let mut writer = Writer::new();
                let mut delivery = writer.sentry(project, "own", "shared", 1);
                let event = *writer.accepted.first().unwrap();
                let folder = AttachmentFolder { project, retention: None, event };
                world.truth.bucket.put_attachment(&folder, 0, Bytes::from_static(b"a")).await.unwrap();
                let inbox::Text::Inline(text) = inbox::form(&delivery.text).unwrap() else { panic!("inline") };
                let mut message = Message::unpack(&inbox::packed(text).unwrap()).unwrap();
                let file =
                    Attachment { name: "a".to_owned(), content_type: None, kind: None, size: 1, discarded: None };
                message.header.attachments = Some(SentAttachments { retention: None, files: vec![file] });
                delivery.text = inbox::inline(&message.pack());
                let mut pending = vec![delivery];

                let struck = world.process(Faults::seeded(call)).await;
                struck.faults.rule(When::Nth(call), fault, |_| true);
                if let Some(failures) = struck.process(&pending).await {
                    pending.retain(|delivery| failures.iter().any(|failure| failure.id == delivery.id));
                }
                let has_struck = struck.faults.count(|call| call.fault.is_some()) > 0;
                pending.iter_mut().for_each(|delivery| delivery.is_repeated = true);
                world.process(Faults::seeded(0)).await.process_all(&pending).await;

                assert_same(&listed(&world.truth, project).await, &writer.accepted, &when);
                let errors = world.truth.table.page(project, &[Status::Unresolved], None, 10).await.unwrap().items;
                let references = world.truth.table.references(project, &errors[0].uid, None, 10).await.unwrap().items;
                let attached: Vec<_> = references.iter().flat_map(|reference| reference.attached.clone()).collect();
                assert_eq!(attached, [folder], "{when}");
                if !has_struck {
                    break;
                }
                steps += 1;
            }
        }
        assert!(steps > 20, "an event makes more calls than this: only {steps} steps");
    });
}
