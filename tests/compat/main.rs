//! Released formats decode forever (promise 8 in docs/src/internals/promises.md): everything that a released version
//! stored can be decoded.
//!
//! `samples/{version}` has samples of the stored forms of one version: messages of the inbox, objects of the bucket, and
//! items of the tables, in a folder for each topic. The tests put them where that version put them, and read them through
//! the API, as people do. Each topic has a file here, with its tests and with the function that wrote its samples.
//!
//! **Never edit the samples of a released version.** They represent data in accounts that we cannot reach: editing a
//! sample so that a test passes again does not change users' data. If a stored form changes, the code must learn to read
//! both forms, and the next version gets samples of its own (README.md says how).

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod attachments;
mod basics;
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
mod trackers;
mod users;
mod write;

use std::collections::BTreeSet;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use embedded::Engines;
use faultline_tests::{Faultline, raw};
use model::id::{ProjectId, SegmentId};
use serde_json::Value;
use server::system::Resources;
use store::ports::ClaimChecks;

/// The version whose samples are read.
const VERSION: &str = "0.1";

/// The folder of the samples of a version.
fn folder(version: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("compat/samples").join(version)
}

/// The samples of one topic.
struct Samples(PathBuf);

impl Samples {
    fn of(topic: &str) -> Self {
        Self(folder(VERSION).join(topic))
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

    /// Reads the objects, each with its key in the bucket.
    fn objects(&self) -> Vec<(String, Vec<u8>)> {
        let objects = self.text("objects.txt");
        let line = |line: &str| {
            let (file, key) = line.split_once(' ').unwrap();
            (key.to_owned(), self.object(file))
        };
        objects.lines().map(line).collect()
    }

    /// Starts faultline with the items and objects that the version stored. `objects.txt` has the object keys.
    async fn restored(&self) -> Faultline {
        let engines = Engines::memory().unwrap();
        let resources = Resources::make(&engines).await.unwrap();
        for name in self.names("items") {
            raw::put_item(&engines, &self.text(&format!("items/{name}"))).await;
        }
        for (key, object) in self.objects() {
            resources.bucket.put_claim_check(&key, object).await.unwrap();
        }
        Faultline::builder().engines(engines).start().await
    }

    /// Creates the folder of a topic.
    fn create(version: &str, topic: &str) -> Self {
        let samples = Self(folder(version).join(topic));
        std::fs::create_dir_all(samples.0.join("items")).unwrap();
        samples.write("objects.txt", "");
        samples
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    /// Writes the object with this key, and adds the key to `objects.txt`.
    async fn write_object(&self, engines: &Engines, file: &str, key: &str) {
        let bucket = Resources::make(engines).await.unwrap().bucket;
        let encoded = BASE64.encode(bucket.get_claim_check(key).await.unwrap());
        let lines: Vec<_> = encoded.as_bytes().chunks(120).map(|line| std::str::from_utf8(line).unwrap()).collect();
        self.write(file, &(lines.join("\n") + "\n"));
        self.write("objects.txt", &format!("{}{file} {key}\n", self.text("objects.txt")));
    }

    /// Writes the items of the project `shop`, number 2: the project itself, and those that `name` gives a file name. It
    /// gets the keys of an item, and the item. Then writes the segments that these items name.
    async fn write_items(&self, engines: &Engines, mut name: impl FnMut(&str, &str, &Value) -> Option<String>) {
        let mut segments = BTreeSet::new();
        for item in raw::items(engines).await {
            let name = match (item["pk"]["S"].as_str().unwrap(), item["sk"]["S"].as_str().unwrap()) {
                ("PROJECT", "shop") => Some("project".to_owned()),
                ("PROJECT_ID", "2") => Some("project-id".to_owned()),
                (pk, sk) => name(pk, sk, &item),
            };
            let Some(name) = name else { continue };
            segments.extend(item["segment"]["S"].as_str().map(str::to_owned));
            let file = format!("items/{name}.json");
            assert!(!self.0.join(&file).exists(), "two items are called {name}");
            self.write(&file, &(serde_json::to_string_pretty(&item).unwrap() + "\n"));
        }
        for (index, segment) in segments.iter().enumerate() {
            let key = SegmentId::parse(ProjectId::new(2).unwrap(), segment).unwrap().key();
            self.write_object(engines, &format!("segment-{}.zst.base64", index + 1), &key).await;
        }
    }
}
