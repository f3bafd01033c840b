use crate::running::{Running, faultline};

/// The exit code of `faultline health` says whether the server works. It needs no key.
#[tokio::test]
async fn health_is_an_exit_code() {
    let running = Running::start_with(&[]);
    let health = |url: &str, more: &[&str]| {
        let output = faultline(&[&["health", "--url", url][..], more].concat()).output().unwrap();
        (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let url = running.url("");
    assert_eq!(health(&url, &[]), (true, "ok\n".to_owned()));
    assert!(health(&format!("{url}/"), &["--json"]).1.contains(r#""status": "ok""#));
    assert_eq!(running.interrupt(), Some(0));
    let (is_ok, text) = health(&url, &[]);
    assert!(!is_ok && text.contains("does not answer"), "{text}");
    let (is_ok, text) = health("nonsense", &[]);
    assert!(!is_ok && text.contains("not a URL"), "{text}");
}

/// The admin key is not printed into systemd's journal.
#[tokio::test]
async fn the_journal_gets_no_admin_key() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let dir = tempfile::tempdir().unwrap();
    let mut command = faultline(&["serve", "--listen", "127.0.0.1:0", "--data", dir.path().to_str().unwrap()]);
    let mut child = command.env("JOURNAL_STREAM", "8:1").stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let said: Vec<_> = lines.take_while(|line| !line.contains("Ctrl-C")).collect();
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(child.wait().unwrap().success());
    let key = faultline(&["admin-key", "--data", dir.path().to_str().unwrap()]).output().unwrap();
    let key = String::from_utf8(key.stdout).unwrap();
    assert_eq!(key.trim().len(), 32);
    assert!(!said.join("\n").contains(key.trim()) && said.join("\n").contains("faultline admin-key"), "{said:?}");
}
