//! Runs commands as a person types them.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::running::{Running, faultline};

/// How long to wait for any condition.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running faultline, and commands that use it.
pub(crate) struct Shell {
    pub(crate) running: Running,
    _dir: tempfile::TempDir,
    data: String,
}

/// The exit code and output of a command.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

impl Shell {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data").to_str().unwrap().to_owned();
        Self { running: Running::start(Path::new(&data)), _dir: dir, data }
    }

    /// Path of a file or directory in a temporary folder of the test.
    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self._dir.path().join(name)
    }

    /// Prepares a command that knows the URL of faultline, and reads the key from its data directory.
    pub(crate) fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = faultline(arguments);
        command.env("FAULTLINE_URL", self.running.url("")).args(["--data", &self.data]).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs a command that must succeed. Returns its output.
    pub(crate) fn says(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert_eq!(said.code, Some(0), "{arguments:?}: {}{}", said.out, said.err);
        said.out
    }

    /// Does the same with `--json`.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.says(&[arguments, &["--json"]].concat())).unwrap()
    }

    /// Runs a command that must fail. Returns its exit code and its message.
    pub(crate) fn fails(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let said = self.run(arguments);
        assert_ne!(said.code, Some(0), "{arguments:?}: {}", said.out);
        assert!(!said.err.contains("panicked"), "{}", said.err);
        (said.code, said.err)
    }

    /// Runs a command until `holds` is true for its output.
    pub(crate) fn until(&self, arguments: &[&str], holds: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let said = self.json(arguments);
            if holds(&said) {
                return said;
            }
            assert!(start.elapsed() < PATIENCE, "{arguments:?} says {said}");
        }
    }
}
