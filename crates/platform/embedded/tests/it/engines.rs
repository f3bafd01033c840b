//! The data directory: who can open it, and what it contains after a restart or a kill.

use std::collections::{HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue::S;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_s3::primitives::ByteStream;
use embedded::{Engines, Error, kms};

use crate::{clients, dynamo};

/// Tells the test binary that it is the child to be killed, and where its data is.
const CHILD: &str = "EMBEDDED_TEST_CHILD";

async fn fill(engines: &Engines) {
    dynamo::create_table(&clients::dynamo(engines), "table").await;
    clients::s3(engines).create_bucket().bucket("bucket").send().await.unwrap();
    clients::sqs(engines).create_queue().queue_name("inbox").send().await.unwrap();
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_directory_in_use_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let first = Engines::open(dir.path()).unwrap();
    let refused = Engines::open(dir.path()).unwrap_err();
    assert!(matches!(refused, Error::InUse { .. }));
    assert!(refused.to_string().contains(dir.path().to_str().unwrap()));
    // A clone of a single engine keeps the directory in use.
    let queue = first.sqs().clone();
    drop(first);
    assert!(matches!(Engines::open(dir.path()), Err(Error::InUse { .. })));
    drop(queue);
    Engines::open(dir.path()).unwrap();
}

#[test]
fn the_directory_and_the_key_are_for_their_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("new/data");
    drop(Engines::open(&dir).unwrap());
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&dir.join("kms.key")), 0o600);
}

#[test]
fn a_lost_key_is_not_replaced_by_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    drop(Engines::open(dir.path()).unwrap());
    let key = dir.path().join("kms.key");
    let line = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    assert!(matches!(Engines::open(dir.path()), Err(Error::KeyMissing { .. })));
    std::fs::write(&key, &line[..line.len() / 2]).unwrap();
    assert!(matches!(Engines::open(dir.path()), Err(Error::KeyFile { .. })));
    std::fs::write(&key, &line).unwrap();
    Engines::open(dir.path()).unwrap();
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let dir = tempfile::tempdir().unwrap();
    drop(Engines::open(dir.path()).unwrap());
    std::fs::write(dir.path().join("s3.db"), "not a database, and longer than the header of one: ".repeat(10)).unwrap();
    let refused = Engines::open(dir.path()).unwrap_err().to_string();
    assert!(refused.contains("s3.db"), "{refused}");
}

#[tokio::test]
async fn engines_in_memory_make_no_file_and_know_nothing_of_each_other() {
    let before = files(Path::new("."));
    let (one, other) = (Engines::memory().unwrap(), Engines::memory().unwrap());
    fill(&one).await;
    fill(&other).await;
    assert_eq!(files(Path::new(".")), before);
}

fn files(dir: &Path) -> HashSet<std::ffi::OsString> {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect()
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    let engines = Engines::open(dir.path()).unwrap();
    fill(&engines).await;
    put_item(&engines, "1").await;
    put_object(&engines, "1").await;
    let queue = engines.sqs().queue("inbox").unwrap();
    let in_flight = queue.send("in flight".to_owned()).await.unwrap();
    let batch = queue.receive(1, u64::MAX, Duration::from_secs(3600)).await.unwrap();
    let visible = queue.send("visible".to_owned()).await.unwrap();
    let encrypt = clients::kms(&engines).encrypt().key_id(kms::ALIAS).plaintext(Blob::new(*b"secret"));
    let sealed = encrypt.send().await.unwrap().ciphertext_blob.unwrap();
    drop((engines, queue));

    let engines = Engines::open(dir.path()).unwrap();
    assert_eq!(items(&engines).await, HashSet::from(["1".to_owned()]));
    assert_eq!(objects(&engines).await, HashSet::from(["1".to_owned()]));
    let queue = engines.sqs().queue("inbox").unwrap();
    let left = queue.receive(10, u64::MAX, Duration::from_secs(3600)).await.unwrap();
    assert_eq!(left.iter().map(|message| &message.message_id).collect::<Vec<_>>(), [&visible]);
    assert_eq!(batch[0].message_id, in_flight);
    assert_eq!(queue.delete([&batch[0].receipt_handle]).await.unwrap(), 1);
    let opened = clients::kms(&engines).decrypt().ciphertext_blob(sealed).send().await.unwrap();
    assert_eq!(opened.plaintext.unwrap().as_ref(), b"secret");
}

#[tokio::test]
async fn a_receipt_of_before_a_restart_does_not_fit_a_message_of_after_it() {
    let dir = tempfile::tempdir().unwrap();
    let engines = Engines::open(dir.path()).unwrap();
    fill(&engines).await;
    let queue = engines.sqs().queue("inbox").unwrap();
    queue.send("old".to_owned()).await.unwrap();
    let old = queue.receive(1, u64::MAX, Duration::from_secs(60)).await.unwrap();
    queue.delete([&old[0].receipt_handle]).await.unwrap();
    drop((engines, queue));

    let engines = Engines::open(dir.path()).unwrap();
    let queue = engines.sqs().queue("inbox").unwrap();
    queue.send("new".to_owned()).await.unwrap();
    assert_eq!(queue.receive(1, u64::MAX, Duration::from_secs(60)).await.unwrap().len(), 1);
    assert_eq!(queue.delete([&old[0].receipt_handle]).await.unwrap(), 0);
}

/// Everything that was answered exists exactly once, however the process ended.
#[tokio::test]
async fn a_killed_process_has_lost_nothing_that_it_answered() {
    let dir = tempfile::tempdir().unwrap();
    fill(&Engines::open(dir.path()).unwrap()).await;
    let (mut sent, mut put, mut stored) = (HashSet::new(), HashSet::new(), HashSet::new());
    for round in 0..4 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "engines::the_child_that_is_killed", "--nocapture"])
            .env(CHILD, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut read = 0;
        let mut line = String::new();
        // A line is complete only if it ends with a line break: the kill may happen in the middle of one.
        while lines.read_line(&mut line).unwrap() > 0 && line.ends_with('\n') {
            match line.trim_end().split_once(' ') {
                Some(("sent", id)) => assert!(sent.insert(id.to_owned())),
                Some(("item", id)) => assert!(stored.insert(id.to_owned())),
                Some(("object", id)) => assert!(put.insert(id.to_owned())),
                _ => {}
            }
            line.clear();
            read += 1;
            if read == 300 + 100 * round {
                // SIGKILL: everything that was printed until then is still in the pipe.
                child.kill().unwrap();
            }
        }
        assert!(!child.wait().unwrap().success(), "the child ended by itself");
    }
    assert!(sent.len() > 500 && put.len() > 20 && stored.len() > 20);

    let engines = Engines::open(dir.path()).unwrap();
    let queue = engines.sqs().queue("inbox").unwrap();
    let mut found: HashMap<String, usize> = HashMap::new();
    for message in queue.receive(100_000, u64::MAX, Duration::from_secs(60)).await.unwrap() {
        *found.entry(message.message_id).or_default() += 1;
    }
    assert!(sent.iter().all(|id| found.contains_key(id)), "an answered message is lost");
    assert!(found.values().all(|times| *times == 1), "a message exists twice");
    assert!(objects(&engines).await.is_superset(&put), "an answered object is lost");
    assert!(items(&engines).await.is_superset(&stored), "an answered item is lost");
}

/// Sends, puts and stores until it is killed, and prints what was answered. Does nothing in a normal test run.
#[tokio::test(flavor = "multi_thread")]
async fn the_child_that_is_killed() {
    let Some(dir) = std::env::var_os(CHILD) else { return };
    let engines = Engines::open(Path::new(&dir)).unwrap();
    let queue = engines.sqs().queue("inbox").unwrap();
    let say = |what: &str, id: &str| {
        // One write for each line, so that lines do not mix.
        std::io::stdout().write_all(format!("{what} {id}\n").as_bytes()).unwrap();
    };
    let pid = std::process::id();
    for task in 0..8 {
        let queue = queue.clone();
        tokio::spawn(async move {
            for i in 0.. {
                say("sent", &queue.send(format!("{task} {i}")).await.unwrap());
            }
        });
    }
    for i in 0.. {
        let id = format!("{pid}-{i}");
        put_object(&engines, &id).await;
        say("object", &id);
        put_item(&engines, &id).await;
        say("item", &id);
    }
}

async fn put_item(engines: &Engines, id: &str) {
    let put = clients::dynamo(engines).put_item().table_name("table").item("pk", S("items".to_owned()));
    put.item("sk", S(id.to_owned())).send().await.unwrap();
}

async fn items(engines: &Engines) -> HashSet<String> {
    let query = clients::dynamo(engines).query().table_name("table").key_condition_expression("pk = :items");
    let pages = query.expression_attribute_values(":items", S("items".to_owned())).into_paginator().items().send();
    let items = pages.collect::<Result<Vec<_>, _>>().await.unwrap();
    items.iter().map(|item| item["sk"].as_s().unwrap().clone()).collect()
}

async fn put_object(engines: &Engines, key: &str) {
    let body = ByteStream::from(key.repeat(100).into_bytes());
    clients::s3(engines).put_object().bucket("bucket").key(key).body(body).send().await.unwrap();
}

async fn objects(engines: &Engines) -> HashSet<String> {
    let mut keys = HashSet::new();
    let mut pages = clients::s3(engines).list_objects_v2().bucket("bucket").into_paginator().send();
    while let Some(page) = pages.next().await {
        keys.extend(page.unwrap().contents().iter().map(|object| object.key().unwrap().to_owned()));
    }
    keys
}
