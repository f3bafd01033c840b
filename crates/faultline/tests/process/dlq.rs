use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use server::system::{DataLocation, Stack, SystemSettings};

use crate::running::{Running, faultline};

/// Leaves one message in the dead-letter queue of `dir`.
async fn leave_a_dead_letter(dir: &Path) {
    let stack = Stack::open(&SystemSettings::at(DataLocation::Directory(dir.to_owned()))).await.unwrap();
    let inbox = stack.inbox();
    inbox.send("9.later form".to_owned()).await.unwrap();
    loop {
        let mut received = inbox.receive(10, 1 << 20, Duration::from_secs(60)).await.unwrap();
        if received.is_empty() {
            return;
        }
        assert_eq!(stack.process(&mut received).await.len(), 1);
        inbox.release().await.unwrap();
    }
}

fn dlq(arguments: &[&str]) -> Result<Value, String> {
    let output = faultline(&[&["dlq"], arguments].concat()).output().unwrap();
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

/// `faultline dlq` lists, shows and redrives dead letters, in a data directory that is not in use and in a running
/// faultline.
#[tokio::test]
async fn dead_letters_are_listed_shown_and_redriven() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    leave_a_dead_letter(dir.path()).await;
    let listed = dlq(&["list", "--data", data]).unwrap();
    let id = listed["deadLetters"][0]["id"].as_str().unwrap();
    let shown = dlq(&["show", id, "--data", data]).unwrap();
    assert!(shown["unreadable"].as_str().unwrap().contains("unknown form"), "{shown}");
    assert!(shown["reason"].as_str().unwrap().contains("unknown form"), "{shown}");
    assert!(dlq(&["show", "none", "--data", data]).unwrap_err().contains("no dead letter"));

    // Only a running faultline can redrive notifications.
    assert!(dlq(&["redrive", "--notices", "--data", data]).unwrap_err().contains("--url"));

    let running = Running::start(dir.path());
    assert!(dlq(&["list", "--data", data]).unwrap_err().contains("--url"), "the directory is in use");
    let url = running.url("");
    assert_eq!(dlq(&["list", "--data", data, "--url", &url]).unwrap(), listed);
    let redriven = dlq(&["redrive", id, "--data", data, "--url", &url]).unwrap();
    assert_eq!(redriven["redriven"], 1);
    assert_eq!(dlq(&["list", "--data", data, "--url", &url]).unwrap()["deadLetters"], Value::Array(Vec::new()));
}
