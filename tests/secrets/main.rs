//! No secret is stored or logged (promise 5 in docs/src/internals/promises.md), including logs. This is a test binary
//! of its own, because a log belongs to the whole process.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod events;

use std::io::Write;
use std::sync::{Arc, Mutex};

use faultline_tests::{Faultline, project_data, raw};
use formats::inbox::{self, Message, Text};
use model::error::Status;
use model::id::{ProjectId, SegmentId};
use serde_json::{Value, json};
use server::system::Resources;
use store::ports::{ClaimChecks, Configs, Errors, Projects};

/// Must not be found anywhere.
const SECRET: &str = "T0SECRET";

fn slack() -> Value {
    json!({ "type": "slack", "endpoint": format!("https://hooks.slack.com/services/{SECRET}/x"), "channel": "#errors" })
}

/// Returns all stored data: items, and the segments that they name, unpacked.
async fn everything(faultline: &Faultline) -> String {
    let resources = Resources::make(faultline.stack.engines()).await.unwrap();
    let items = raw::items(faultline.stack.engines()).await;
    let mut all = serde_json::to_string(&items).unwrap();
    for segment in items.iter().filter_map(|item| item["segment"]["S"].as_str()) {
        let key = SegmentId::parse(ProjectId::new(1).unwrap(), segment).unwrap().key();
        let packed = resources.bucket.get_claim_check(&key).await.unwrap();
        for line in formats::segment::lines(&packed) {
            all.push_str(&String::from_utf8(line.unwrap()).unwrap());
        }
    }
    all
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Collects this thread's log lines until the returned guard is dropped.
    fn collect(&self) -> tracing::subscriber::DefaultGuard {
        let writer = self.clone();
        let subscriber =
            tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
        tracing::subscriber::set_default(subscriber.finish())
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// No secret is stored or logged (promise 5 in docs/src/internals/promises.md): only the sealed form of a posted config
/// is in the inbox, the table, the segments or the log.
#[tokio::test]
async fn a_posted_config_is_stored_sealed_only() {
    let log = Log::default();
    let _logging = log.collect();

    let faultline = Faultline::new().await;
    let body = json!({ "errors": [{ "type": "E", "message": "m" }], "notifications": [slack(), "QUJD"] });
    let answer = faultline.post("sample", &body).await;
    assert_eq!(answer["refused"], Value::Null);
    let text = faultline.take_inbox().await.concat();
    faultline.stack.inbox().send(text.clone()).await.unwrap();
    let Text::Inline(packed) = inbox::form(&text).unwrap() else { panic!("it is small") };
    let message = Message::unpack(&inbox::packed(packed).unwrap()).unwrap();
    let notifications = message.header.notifications.clone().unwrap();
    let raw = [serde_json::to_string(&message.header).unwrap().as_bytes(), &message.payload].concat();
    assert!(!String::from_utf8_lossy(&raw).contains(SECRET));
    assert_eq!(faultline.process().await, 0);

    let all = everything(&faultline).await;
    assert!(
        all.contains("\"m\"") && all.contains(notifications.sealed.as_str()),
        "the stored data has the error and the sealed config"
    );
    assert!(!all.contains(SECRET), "{all}");
    let log = log.text();
    assert!(log.contains("TransactWriteItems") && !log.contains(SECRET), "{log}");
    let shown = faultline.get("/projects/sample/errors/m").await.to_string();
    assert!(!shown.contains(SECRET) && !shown.contains(notifications.sealed.as_str()));

    // A process that may unseal finds the config through the error.
    let resources = Resources::make(faultline.stack.engines()).await.unwrap();
    let project = resources.directory.by_id(ProjectId::new(1).unwrap()).await.unwrap().unwrap();
    let errors = resources.table.page(project.id, &[Status::Unresolved], None, 2).await.unwrap().items;
    let posted = errors[0].posted.unwrap();
    let sealed = project_data(&resources).posted(project.id, posted.configs).await.unwrap().unwrap();
    let opened = resources.sealer.unwrap().open(&project.name, &sealed).await.unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&opened).unwrap(), json!([slack(), "QUJD"]));
}
