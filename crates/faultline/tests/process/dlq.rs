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

fn dlq_text(arguments: &[&str]) -> Result<String, String> {
    let output = faultline(&[&["dlq"], arguments].concat()).output().unwrap();
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn dlq(arguments: &[&str]) -> Result<Value, String> {
    dlq_text(&[arguments, &["--json"]].concat()).map(|text| serde_json::from_str(&text).unwrap())
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
    let table = dlq_text(&["list", "--data", data]).unwrap();
    assert!(table.starts_with("ID ") && table.lines().nth(1).unwrap().starts_with(id), "{table}");
    assert!(dlq_text(&["show", id, "--data", data]).unwrap().contains("unknown form"));
    assert_eq!(dlq_text(&["list", "--notices", "--data", data]).unwrap(), "no failed notifications\n");

    // Only a running faultline can redrive notifications.
    assert!(dlq(&["redrive", "--notices", "--data", data]).unwrap_err().contains("--url"));

    let running = Running::start(dir.path());
    let in_use = dlq(&["list", "--data", data]).unwrap_err();
    assert!(in_use.contains("in use by `faultline serve`") && in_use.contains("--url"), "{in_use}");
    assert!(!in_use.contains("stop it") && !in_use.contains("another directory"), "one way out: {in_use}");
    let url = running.url("");
    let table = dlq_text(&["list", "--data", data, "--url", &url]).unwrap();
    assert!(table.starts_with("ID ") && table.contains(id), "{table}");
    assert_eq!(dlq(&["list", "--data", data, "--url", &url]).unwrap(), listed);
    let redriven = dlq(&["redrive", id, "--data", data, "--url", &url]).unwrap();
    assert_eq!(redriven["redriven"], 1);
    let said = dlq_text(&["redrive", "--data", data, "--url", &url]).unwrap();
    assert_eq!(said, "0 dead letters put back into the inbox\n");
    assert_eq!(dlq(&["list", "--data", data, "--url", &url]).unwrap()["deadLetters"], Value::Array(Vec::new()));
}
