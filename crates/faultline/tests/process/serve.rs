use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::running::{Running, faultline};

/// With `--json`, one line on standard output has everything that is needed to connect.
#[tokio::test]
async fn the_ready_line_has_the_address_and_the_keys() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(&dir.path().join("new"));
    let ready = &running.ready;
    let (url, key) = (ready["url"].as_str().unwrap(), ready["clientKey"].as_str().unwrap());
    assert!(url.starts_with("http://127.0.0.1:"));
    assert_eq!(ready["project"]["name"], "sample");
    let id = ready["project"]["id"].as_u64().unwrap();
    assert_eq!(ready["dsn"], format!("http://{key}@{}/{id}", url.trim_start_matches("http://")));
    assert_eq!(key.len(), 32);
    running.post("m").await.unwrap();
    assert_eq!(running.wait_for_count("m", 1).await, 1);
}

/// After a restart with the same directory, errors, occurrences and keys are still there. On Ctrl-C, accepted events
/// are processed and the process exits with 0.
#[tokio::test]
async fn a_restart_has_everything() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(dir.path());
    let before = running.ready.clone();
    let mut posted = vec![running.post("m").await.unwrap(), running.post("m").await.unwrap()];
    assert_eq!(running.interrupt(), Some(0));

    let running = Running::start(dir.path());
    for key in ["adminKey", "clientKey", "project"] {
        assert_eq!(running.ready[key], before[key], "{key}");
    }
    assert_eq!(running.count("m").await, 2, "processed before it stopped");
    let mut listed = running.event_ids("m").await;
    listed.sort();
    posted.sort();
    assert_eq!(listed, posted);
    let mode = std::fs::metadata(dir.path().join("access.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "only the owner can read the keys");
}

/// A data directory and an address belong to one process. A second process fails, and says what to do.
#[tokio::test]
async fn a_second_process_says_why_it_cannot_start() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(dir.path());
    let fails = |arguments: &[&str], says: &str| {
        let output = faultline(arguments).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains(says), "{arguments:?}: {error}");
    };
    let path = dir.path().to_str().unwrap();
    fails(&["serve", "--listen", "127.0.0.1:0", "--data", path], path);
    let taken = running.ready["url"].as_str().unwrap().trim_start_matches("http://");
    fails(&["serve", "--memory", "--listen", taken], "--listen");
    fails(
        &["serve", "--memory", "--admin-key", "two words of which it is made", "--listen", "127.0.0.1:0"],
        "admin key",
    );
}

/// `faultline send` posts a sample error with the key of the data directory.
#[tokio::test]
async fn send_posts_a_sample_error() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(dir.path());
    let send = |more: &[&str]| {
        let mut command = faultline(&["send", "--url", &running.url("/"), "--message", "hello"]);
        command.args(more).output().unwrap()
    };
    let sent = send(&["--data", dir.path().to_str().unwrap()]);
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    assert_eq!(running.wait_for_count("hello", 1).await, 1);
    let refused = send(&["--key", "wrong"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("403"));
}

/// `serve` shows the admin key only when it creates it; after that `admin-key` shows it.
#[tokio::test]
async fn the_admin_key_is_shown_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let running = Running::start(dir.path());
    let key = running.ready["adminKey"].as_str().unwrap().to_owned();
    assert_eq!(running.interrupt(), Some(0));

    let mut again =
        faultline(&["serve", "--data", path, "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(again.stdout.take().unwrap()).lines().map(Result::unwrap);
    let said: Vec<_> = lines.by_ref().take_while(|line| !line.contains("Ctrl-C")).collect();
    let said = said.join("\n");
    assert!(!said.contains(&key) && said.contains("faultline admin-key"), "{said}");
    Command::new("kill").args(["-INT", &again.id().to_string()]).status().unwrap();
    assert!(again.wait().unwrap().success());
    let shown = faultline(&["admin-key", "--data", path]).output().unwrap();
    assert_eq!(String::from_utf8(shown.stdout).unwrap().trim(), key);
}

/// If a full disk left the stream position empty, notifications do not stop: reading starts again. An empty database
/// stops the start.
#[tokio::test]
async fn damaged_files_are_found_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let running = Running::start(dir.path());
    running.post("m").await.unwrap();
    running.wait_for_count("m", 1).await;
    let position = dir.path().join("stream-position");
    let start = Instant::now();
    while !position.exists() {
        assert!(start.elapsed() < Duration::from_secs(60), "no position is saved");
        tokio::task::yield_now().await;
    }
    assert_eq!(running.interrupt(), Some(0));
    std::fs::write(&position, "").unwrap();

    let running = Running::start(dir.path());
    let start = Instant::now();
    while std::fs::read_to_string(&position).unwrap().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(60), "the stream is not read any more");
        tokio::task::yield_now().await;
    }
    assert_eq!(running.interrupt(), Some(0));

    std::fs::write(dir.path().join("dynamo.db"), "").unwrap();
    let output =
        faultline(&["serve", "--listen", "127.0.0.1:0", "--data", dir.path().to_str().unwrap()]).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && error.contains("dynamo.db is missing or empty"), "{error}");
}
