//! Released formats decode forever (promise 8 in docs/src/internals/promises.md): what any version ever stored can be
//! decoded forever.
//!
//! Each folder has a sample of every stored form of one version: messages of the inbox, objects in the bucket, items of
//! the table. The tests put them where that version put them, and read them through the API, as people do.
//!
//! **Never edit a sample.** It represents data in accounts that we cannot reach: editing it so that a test passes again
//! does
//! not change users' data. If a stored form changes, the code must learn to read both forms, and the new form gets
//! samples in a folder of its own (`write.rs` says how).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod errors;
mod event_index;
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

/// Returns the last of the hashes that the current grouping computes for an event.
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

    /// Creates the folder that `FAULTLINE_SAMPLES` names, for tests that write samples.
    fn new() -> Self {
        let folder = PathBuf::from(std::env::var("FAULTLINE_SAMPLES").unwrap());
        std::fs::create_dir(&folder).expect("cannot create the folder of FAULTLINE_SAMPLES, which must not exist yet");
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

    /// Reads an object, which is stored as lines of base64.
    fn object(&self, name: &str) -> Vec<u8> {
        BASE64.decode(self.text(name).lines().collect::<String>()).unwrap()
    }

    /// Returns the file names in a subfolder.
    fn names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.join(folder)).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// Starts faultline with the items and objects that the version stored. `objects.txt` has the object keys.
    async fn restored(&self) -> Faultline {
        self.restored_with(&[]).await
    }

    /// Like `restored`, but replaces fingerprints of version 1 of the grouping with current ones. That version was
    /// never released, so its hashes are no longer computed. The rest of the samples is unchanged.
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
