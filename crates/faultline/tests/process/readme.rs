//! Runs the commands in README.md.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::running::Running;

/// How long to wait for any condition.
const PATIENCE: Duration = Duration::from_secs(60);

/// Returns the blocks of shell commands under a heading of the README, up to the next heading.
fn blocks(heading: &str) -> Vec<String> {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).unwrap();
    let section = readme.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no `{heading}`")).1;
    let section = section.split("\n#").next().unwrap();
    let blocks = section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned());
    blocks.collect()
}

/// A new user at a shell, with `faultline` in the PATH and a server on this machine.
struct Newcomer {
    running: Running,
    home: tempfile::TempDir,
}

impl Newcomer {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        Self { running: Running::start(&home.path().join("faultline")), home }
    }

    fn sh(&self, line: &str) -> Command {
        let bin = Path::new(env!("CARGO_BIN_EXE_faultline")).parent().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(self.home.path()).stdin(Stdio::null());
        command.env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap()));
        command.env("XDG_DATA_HOME", self.home.path()).env("FAULTLINE_URL", self.running.url(""));
        command.env_remove("FAULTLINE_KEY").env_remove("FAULTLINE_PROJECT");
        command
    }

    fn says(&self, line: &str) -> String {
        let output = self.sh(line).output().unwrap();
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{line}: {out}{err}");
        out
    }

    /// Runs a command until it prints `part`: events appear only after they are processed.
    fn says_at_last(&self, line: &str, part: &str) {
        let start = Instant::now();
        loop {
            let output = self.sh(line).output().unwrap();
            let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            if output.status.success() && said.contains(part) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "{line} does not print `{part}`: {said}");
        }
    }
}

/// With curl: an error is sent and read back.
#[tokio::test]
async fn a_newcomer_walks_by_curl() {
    let newcomer = Newcomer::new();
    let ready = &newcomer.running.ready;
    let blocks = blocks("## Quick start");
    let curl = blocks.iter().find(|block| block.contains("curl")).expect("lines of curl");
    let text = |key: &str| ready[key].as_str().unwrap();
    // The values that the server prints at the start.
    let typed = curl.replace("CLIENT-KEY", text("clientKey")).replace("ADMIN-KEY", text("adminKey"));
    let typed = typed.replace("http://127.0.0.1:8787", text("url"));
    let lines: Vec<_> = typed.lines().map(|line| line.replacen("curl ", "curl -sS ", 1)).collect();
    let expected = ["postCount", r#""message":"first error""#, "timeline", "reversedUnixtime"];
    assert_eq!(lines.len(), expected.len(), "{typed}");
    for (line, part) in lines.iter().zip(expected) {
        newcomer.says_at_last(line, part);
    }
}

/// With the command line: a project is created; an error is sent, listed, shown, resolved, watched for, exported and
/// imported.
#[tokio::test]
async fn a_newcomer_walks_by_command_line() {
    let newcomer = Newcomer::new();
    let blocks = blocks("### Command line");
    let [walk, tail, transfer] = blocks.as_slice() else { panic!("three blocks: {blocks:?}") };
    let parts = ["DSN", "stored", "no total", "src/shop/cart.rs:42", "resolved", "no total"];
    let lines: Vec<_> = walk.lines().collect();
    assert_eq!(lines.len(), parts.len(), "{walk}");
    for (line, part) in lines.iter().zip(parts) {
        let said = newcomer.says(line);
        assert!(said.contains(part), "{line} does not print `{part}`: {said}");
    }

    // `exec` replaces the shell, so that Ctrl-C reaches the command.
    let mut tail =
        newcomer.sh(&format!("exec {}", tail.trim())).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(tail.stderr.take().unwrap()).read_line(&mut ready).unwrap();
    newcomer.says("faultline send --project shop --message 'another one'");
    let mut news = String::new();
    BufReader::new(tail.stdout.take().unwrap()).read_line(&mut news).unwrap();
    assert!(news.contains("new") && news.contains("another one"), "{ready}{news}");
    Command::new("kill").args(["-INT", &tail.id().to_string()]).status().unwrap();
    assert_eq!(tail.wait().unwrap().code(), Some(0));

    let parts = ["exported 2 occurrences", "imported 2 occurrences"];
    for (line, part) in transfer.lines().zip(parts) {
        let said = newcomer.says(line);
        assert!(said.contains(part), "{line} does not print `{part}`: {said}");
    }
    newcomer.says_at_last("faultline errors list --project copy --json", "no total");
}
