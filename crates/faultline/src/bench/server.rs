//! A `faultline serve` in its own process and directory, to measure.

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

/// How often to check how many events are stored. A longer pause would add several per cent to the time of a run.
const LOOK: Duration = Duration::from_millis(20);

/// A running server. Dropping it stops the process and removes its directory, however the benchmark ends.
pub(super) struct Server {
    process: Process,
    ready: Value,
    client: Client,
    dir: TempDir,
}

/// Storage that the events take, in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredBytes {
    /// Size of the segments, as they would be in S3.
    pub(super) segments: u64,
    /// Size of all files in the data directory.
    pub(super) files: u64,
}

impl Server {
    /// Starts this binary, with a data directory in `parent`.
    pub(super) fn start(parent: Option<&Path>) -> anyhow::Result<Self> {
        let parent = parent.map_or_else(std::env::temp_dir, PathBuf::from);
        let dir = tempfile::Builder::new().prefix("faultline-bench-").tempdir_in(&parent);
        let dir = dir
            .with_context(|| format!("cannot create a directory in {}: use --dir for another one", parent.display()))?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--data"]).arg(dir.path());
        // An admin key that is set for another faultline must not be used here.
        command.env_remove("FAULTLINE_ADMIN_KEY").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Process(command.spawn().context("cannot start `faultline serve`")?);
        let mut line = String::new();
        if let Some(out) = process.0.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let ready: Value =
            serde_json::from_str(&line).context("`faultline serve` did not start: see its message above")?;
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

    /// Waits until all accepted events are stored and counted, but not longer than `patience`. Returns how many are
    /// counted.
    pub(super) async fn stored(&mut self, outcome: &Outcome, patience: Duration) -> anyhow::Result<u64> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.process.0.try_wait()? {
                bail!("`faultline serve` ended ({status}) before all events were stored");
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

    /// Stops the server, and measures the files that it leaves.
    pub(super) async fn stop(self) -> anyhow::Result<StoredBytes> {
        let Self { process, dir, .. } = self;
        drop(process);
        // Opening the engines merges SQLite's journals into the files.
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
        // Errors mean that the process has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
