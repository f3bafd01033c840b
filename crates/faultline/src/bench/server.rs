//! A `faultline serve` in a process and a directory of its own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use embedded::Engines;
use serde_json::Value;
use tempfile::TempDir;

use super::Outcome;
use cli::Remote;
use cli::client::Client;
use server::system::stored_bytes;

/// How often it is looked what is stored: some per cent of the time that a run takes would be in the figures else.
const LOOK: Duration = Duration::from_millis(20);

/// Ends, and leaves nothing, however the measurement ends.
pub(super) struct Server {
    process: Process,
    ready: Value,
    client: Client,
    dir: TempDir,
}

/// What is kept of a load, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredBytes {
    /// Occurrences, as S3 would have them.
    pub(super) segments: u64,
    /// All files of the data directory.
    pub(super) files: u64,
}

impl Server {
    /// Starts this very binary, with a data directory in `parent`.
    pub(super) fn start(parent: Option<&Path>) -> anyhow::Result<Self> {
        let parent = parent.map_or_else(std::env::temp_dir, PathBuf::from);
        let dir = tempfile::Builder::new().prefix("faultline-bench-").tempdir_in(&parent);
        let dir =
            dir.with_context(|| format!("no directory can be made in {}: --dir says where else", parent.display()))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--data"]).arg(dir.path());
        // What is set for another faultline must not be what lets in here.
        command.env_remove("FAULTLINE_ADMIN_KEY").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Process(command.spawn().context("faultline serve cannot be started")?);
        let mut line = String::new();
        if let Some(out) = process.0.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let ready: Value =
            serde_json::from_str(&line).context("faultline serve did not start: what it says stands above")?;
        let text = |key: &str| ready[key].as_str().map(str::to_owned);
        let client = Client::of(&Remote { url: text("url"), key: text("adminKey"), ..Remote::default() })?;
        Ok(Self { process, ready, client, dir })
    }

    pub(super) fn dsn(&self) -> &str {
        self.ready["dsn"].as_str().unwrap_or_default()
    }

    pub(super) fn project(&self) -> &str {
        self.ready["project"]["name"].as_str().unwrap_or_default()
    }

    pub(super) fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// Waits until all that was accepted is stored, and counted; at most for `patience`. Returns how many are.
    pub(super) async fn stored(&mut self, outcome: &Outcome, patience: Duration) -> anyhow::Result<u64> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.process.0.try_wait()? {
                bail!("faultline serve ended ({status}) before all was stored");
            }
            let path = ["projects", self.project(), "timeline"];
            let timeline = self.client.get(&path, &[("unit", "day".to_owned())]).await?;
            let stored = timeline["totalCount"].as_u64().unwrap_or_default();
            if stored >= outcome.accepted || start.elapsed() > patience {
                return Ok(stored);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Ends it, and looks at what it leaves.
    pub(super) async fn stop(self) -> anyhow::Result<StoredBytes> {
        let Self { process, dir, .. } = self;
        drop(process);
        // Whoever opens it folds the journals into the files.
        let engines = Engines::open(dir.path())?;
        let segments = stored_bytes(&engines).await?;
        drop(engines);
        let mut files = 0;
        for entry in std::fs::read_dir(dir.path())? {
            files += entry?.metadata()?.len();
        }
        Ok(StoredBytes { segments, files })
    }
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already, or is ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
