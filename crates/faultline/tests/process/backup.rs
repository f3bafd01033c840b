//! `faultline backup` while the process works, and `faultline restore`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::running::{Running, faultline};

/// Backups made during the load.
const BACKUPS: usize = 3;
/// Events answered before each further backup.
const EVENTS: usize = 100;

fn run(command: &str, backup: &Path, data: &Path, more: &[&str]) -> Output {
    let (backup, data) = (backup.to_str().unwrap(), data.to_str().unwrap());
    faultline(&[&[command, backup, "--data", data][..], more].concat()).output().unwrap()
}

fn succeeds(command: &str, backup: &Path, data: &Path) -> Value {
    let output = run(command, backup, data, &["--json"]);
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn fails(command: &str, backup: &Path, data: &Path) -> String {
    let output = run(command, backup, data, &[]);
    assert!(!output.status.success(), "{command} must fail");
    String::from_utf8(output.stderr).unwrap()
}

/// Four connections post without a pause, every tenth event larger than a message of the inbox may be. Every event that
/// was answered before a backup began is in it and is counted once; later ones may be in it, once. No post fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_has_every_answered_event_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: String| dir.path().join(name);
    let data = path("data".to_owned());
    let running = Running::start(&data);
    let (answered, is_over) = (Mutex::new(BTreeSet::new()), AtomicBool::new(false));
    let post = async |connection: u32| {
        let key = running.ready["clientKey"].as_str().unwrap();
        for number in connection.. {
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            let noise = if number.is_multiple_of(10) { "noise ".repeat(50_000) } else { String::new() };
            let body = json!({ "errors": [{ "message": "m" }], "context": { "noise": noise } });
            let request = running.client.post(running.url("/projects/sample/errors")).header("x-api-key", key);
            let answer = request.json(&body).send().await.unwrap();
            assert_eq!(answer.status(), 201, "a post during a backup");
            let body: Value = answer.json().await.unwrap();
            answered.lock().unwrap().insert(body["id"].as_str().unwrap().to_owned());
        }
    };
    let back_up = async || {
        let mut made = Vec::new();
        for number in 0..BACKUPS {
            while answered.lock().unwrap().len() < (number + 1) * EVENTS {
                tokio::task::yield_now().await;
            }
            let before = answered.lock().unwrap().clone();
            let (backup, data) = (path(format!("backup-{number}")), data.clone());
            let copied = backup.clone();
            tokio::task::spawn_blocking(move || succeeds("backup", &copied, &data)).await.unwrap();
            made.push((backup, before));
        }
        is_over.store(true, Ordering::Relaxed);
        made
    };
    let (made, (), (), (), ()) = tokio::join!(back_up(), post(0), post(3), post(5), post(8));
    assert_eq!(running.interrupt(), Some(0));

    for (number, (backup, before)) in made.into_iter().enumerate() {
        let restored = path(format!("restored-{number}"));
        succeeds("restore", &backup, &restored);
        // Messages that waited in the inbox are processed by the time it stops.
        assert_eq!(Running::start(&restored).interrupt(), Some(0));
        let running = Running::start(&restored);
        let (listed, count) = (running.event_ids("m").await, running.count("m").await);
        let distinct: BTreeSet<_> = listed.iter().cloned().collect();
        assert_eq!(distinct.len(), listed.len(), "listed once");
        assert_eq!(count, listed.len() as u64, "counted as listed");
        let lost: Vec<_> = before.difference(&distinct).collect();
        assert!(lost.is_empty(), "{} of {} answered events are not in backup {number}", lost.len(), before.len());
        assert_eq!(running.get("/dead-letters").await["data"]["deadLetters"], json!([]), "no message lacks its object");
    }
}

/// Keys, projects and settings are restored too, and the files are for their owner only.
#[tokio::test]
async fn a_restored_directory_has_the_same_keys() {
    let dir = tempfile::tempdir().unwrap();
    let [data, backup, restored] = ["data", "backup", "restored"].map(|name| dir.path().join(name));
    let running = Running::start(&data);
    let before = running.ready.clone();
    running.post("m").await.unwrap();
    running.wait_for_count("m", 1).await;
    succeeds("backup", &backup, &data);
    running.kill();
    succeeds("restore", &backup, &restored);
    for file in fs::read_dir(&backup).unwrap().chain(fs::read_dir(&restored).unwrap()) {
        let file = file.unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{}", file.path().display());
    }
    let running = Running::start(&restored);
    for key in ["adminKey", "clientKey", "project"] {
        assert_eq!(running.ready[key], before[key], "{key}");
    }
    assert_eq!(running.count("m").await, 1);
    // A backup can also be made while nothing runs.
    assert_eq!(running.interrupt(), Some(0));
    succeeds("backup", &dir.path().join("another"), &restored);
}

/// Nothing is overwritten, and nothing damaged is restored. Each refusal names the file and leaves the directory empty.
#[tokio::test]
async fn a_restore_is_refused_rather_than_guessed() {
    let dir = tempfile::tempdir().unwrap();
    let [data, backup, restored] = ["data", "backup", "restored"].map(|name| dir.path().join(name));
    let error = fails("backup", &backup, &data);
    assert!(error.contains("manifest.json") && !backup.exists(), "{error}");
    let running = Running::start(&data);
    running.post("m").await.unwrap();
    running.wait_for_count("m", 1).await;
    succeeds("backup", &backup, &data);
    let error = fails("backup", &backup, &data);
    assert!(error.contains("exists"), "{error}");
    let error = fails("restore", &backup, &data);
    assert!(error.contains("not empty"), "{error}");
    assert_eq!(running.count("m").await, 1, "the running process is not affected");
    let error = fails("restore", &data, &restored);
    assert!(error.contains("backup.json"), "{error}");

    for name in ["dynamo.db", "s3.db", "sqs.db", "kms.key", "manifest.json", "access.json", "backup.json"] {
        let file = backup.join(name);
        let kept = fs::read(&file).unwrap();
        let mut damaged = kept.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 0xff;
        for bytes in [Some(&damaged[..]), Some(&kept[..middle]), None] {
            match bytes {
                Some(bytes) => fs::write(&file, bytes).unwrap(),
                None => fs::remove_file(&file).unwrap(),
            }
            let error = fails("restore", &backup, &restored);
            assert!(error.contains(name), "{name}: {error}");
            let left = restored.exists() && fs::read_dir(&restored).unwrap().next().is_some();
            assert!(!left, "{name}: the directory is empty afterwards");
        }
        fs::write(&file, kept).unwrap();
    }
    let contents = fs::read_to_string(backup.join("backup.json")).unwrap();
    fs::write(backup.join("backup.json"), contents.replace("\"kms.key\"", "\"../data/kms.key\"")).unwrap();
    let error = fails("restore", &backup, &restored);
    assert!(error.contains("not a file name"), "{error}");
    fs::write(backup.join("backup.json"), contents).unwrap();
    succeeds("restore", &backup, &restored);
}

/// A notification that waited when the backup was made was probably sent since: it is discarded, unless the option says
/// that the backup moves to another machine.
#[tokio::test]
async fn waiting_notifications_are_not_sent_twice() {
    let dir = tempfile::tempdir().unwrap();
    let [data, backup] = ["data", "backup"].map(|name| dir.path().join(name));
    // A destination that refuses each message for now.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let destination = format!("http://{}/hook", listener.local_addr().unwrap());
    let options = ["--allow-loopback-destinations"];
    let running = Running::start_in(&data, &options);
    let key = running.ready["adminKey"].as_str().unwrap().to_owned();
    let rules =
        json!({ "rules": [{ "id": "team", "on": ["first"], "to": [{ "type": "webhook", "endpoint": destination }] }] });
    let put = running.client.put(running.url("/projects/sample/rules")).header("x-api-key", &key).json(&rules);
    let answer = put.send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    running.post("m").await.unwrap();
    refuse(&listener).await;

    // The refusal is stored a moment later.
    let restored = dir.path().join("restored");
    let mut discarded = json!(0);
    for number in 0.. {
        let (backup, restored) = (dir.path().join(format!("try-{number}")), dir.path().join(format!("into-{number}")));
        succeeds("backup", &backup, &data);
        discarded = succeeds("restore", &backup, &restored)["discardedNotifications"].clone();
        if discarded != 0 || number == 20 {
            break;
        }
    }
    assert_eq!(discarded, 1);
    succeeds("backup", &backup, &data);
    running.kill();
    let moved = run("restore", &backup, &restored, &["--send-waiting", "--json"]);
    assert!(moved.status.success());
    let _running = Running::start_in(&restored, &options);
    refuse(&listener).await;
}

/// Answers one request with 503.
async fn refuse(listener: &TcpListener) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut request = vec![0; 64 << 10];
    let _ = stream.read(&mut request).await.unwrap();
    stream
        .write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
}
