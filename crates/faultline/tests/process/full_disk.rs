//! A full disk: what `serve` and `backup` do then. A limit on the size of files stands for it.

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::running::{Running, faultline};

/// Without room nothing is accepted, and `faultline health` says why, even if the log is on the same disk. With room
/// again, everything goes on by itself, and what was accepted before is there.
#[tokio::test]
async fn a_full_disk_refuses_and_recovers() {
    let dir = tempfile::tempdir().unwrap();
    let [data, log] = ["data", "log"].map(|name| dir.path().join(name));
    // The log is larger than the limit below from the start.
    std::fs::write(&log, [b'\n'; 8192]).unwrap();
    // The trap: else the signal would end the process.
    let running = Running::start_after(&format!("trap '' XFSZ; exec 2>>{}", log.display()), &data);
    running.post("before").await.unwrap();
    running.wait_for_count("before", 1).await;

    let limit = |current| {
        let pid = Pid::from_raw(running.id().try_into().unwrap());
        prlimit(pid, Resource::Fsize, Rlimit { current, maximum: None }).unwrap();
    };
    limit(Some(4096));
    let key = running.ready["clientKey"].as_str().unwrap();
    let post = running.client.post(running.url("/projects/sample/errors")).header("x-api-key", key);
    let answer = post.body(r#"{"errors":[{"message":"refused"}]}"#).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"), "clients try again");
    let health = faultline(&["health", "--url", &running.url("")]).output().unwrap();
    let error = String::from_utf8(health.stderr).unwrap();
    assert!(!health.status.success() && error.contains("storage"), "{error}");
    assert_eq!(running.count("before").await, 1, "reading works");

    limit(None);
    running.post("after").await.unwrap();
    running.wait_for_count("after", 1).await;
    assert_eq!(running.interrupt(), Some(0));
    let running = Running::start(&data);
    assert_eq!(
        (running.count("before").await, running.count("refused").await, running.count("after").await),
        (1, 0, 1)
    );
}

/// A backup that does not fit fails, names the file, and leaves nothing.
#[tokio::test]
async fn a_backup_that_does_not_fit_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let [data, backup] = ["data", "backup"].map(|name| dir.path().join(name));
    let running = Running::start(&data);
    running.post("m").await.unwrap();
    running.wait_for_count("m", 1).await;
    let script = "trap '' XFSZ; ulimit -f 16; exec \"$@\"";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_faultline"), "backup", backup.to_str().unwrap()]);
    let output = command.args(["--data", data.to_str().unwrap()]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && error.contains("dynamo.db"), "{error}");
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["data"], "nothing is left of it");
    running.post("goes on").await.unwrap();
}
