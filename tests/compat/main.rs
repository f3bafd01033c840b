//! Promise 8 (docs/src/internals/promises.md): what any version ever stored decodes for ever.
//!
//! Each folder `v*/` has a sample of every stored form of one version: the messages of the inbox, the objects in the
//! bucket, the items of the table. They are put where that version put them, and read the way people read.
//!
//! **The samples must never be edited.** They stand for data in accounts that we cannot reach: a sample that is changed
//! so that a test passes again proves only that the users' data do not. If a form changes, the code must learn to read
//! both, and the new form gets samples in a folder of its own (`write.rs` says how).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod directory;
mod errors;
mod failures;
mod figures;
mod history;
mod keys;
mod limits;
mod merges;
mod outbox;
mod postings;
mod sealed;
mod settings;
mod v1;
mod write;

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use embedded::Engines;
use faultline_tests::{Faultline, raw};
use grouping::group;
use model::id::EventId;
use model::time::Timestamp;
use protocol::sentry::{Received, normalise};
use serde_json::Value;
use server::system::Resources;
use store::ports::ClaimChecks;

/// The last of the hashes that an event has today.
fn last_hash(event: &Value) -> String {
    let Value::Object(event) = event.clone() else { panic!("an event is an object") };
    let event_id = EventId::from_bytes([1; 16]);
    let received = Received { event_id, received_at: Timestamp::from_seconds(0), sent_at: None, client_ip: None };
    group(&normalise(event, &received)).hashes.last().unwrap().to_string()
}

/// A folder of samples.
struct Samples(PathBuf);

impl Samples {
    fn of(version: &str) -> Self {
        Self(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("compat").join(version))
    }

    /// A new folder, where `FAULTLINE_SAMPLES` says: for those who write samples.
    fn new() -> Self {
        let folder = PathBuf::from(std::env::var("FAULTLINE_SAMPLES").unwrap());
        std::fs::create_dir(&folder).expect("samples are never overwritten");
        std::fs::create_dir(folder.join("items")).unwrap();
        let samples = Self(folder);
        samples.write("objects.txt", "");
        samples
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    fn write_item(&self, name: &str, item: &Value) {
        self.write(&format!("items/{name}"), &(serde_json::to_string_pretty(item).unwrap() + "\n"));
    }

    fn text(&self, name: &str) -> String {
        let path = self.0.join(name);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// An object, which is kept as base64 in lines.
    fn object(&self, name: &str) -> Vec<u8> {
        BASE64.decode(self.text(name).lines().collect::<String>()).unwrap()
    }

    /// The names in a folder.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// faultline on what the version left behind: its items and its objects. `objects.txt` names the keys.
    async fn restored(&self) -> Faultline {
        self.restored_with(&[]).await
    }

    /// The same, with fingerprints of version 1 of the grouping replaced by those of today: that version was never
    /// released, so its hashes are not made any more. Everything else of the samples is as it was stored.
    async fn restored_with(&self, fingerprints: &[(&str, String)]) -> Faultline {
        let engines = Engines::memory().unwrap();
        let resources = Resources::make(&engines).await.unwrap();
        for name in self.names("items") {
            let item = self.text(&format!("items/{name}"));
            let item = fingerprints.iter().fold(item, |item, (old, new)| item.replace(old, new));
            raw::put_item(&engines, &item).await;
        }
        for line in self.text("objects.txt").lines() {
            let (file, key) = line.split_once(' ').unwrap();
            resources.bucket.put_claim_check(key, self.object(file)).await.unwrap();
        }
        Faultline::builder().engines(engines).start().await
    }
}
