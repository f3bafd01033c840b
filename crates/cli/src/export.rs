//! `faultline export`: all occurrences, and what people set on errors, as lines of JSON.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::client::{Client, RefusedRequest};
use super::errors::pages;
use super::output::{Output, note};
use super::progress::bar;
use super::text::{counted, harmless, harmless_json};
use super::{InProject, Remote};

/// How many occurrences, or errors, are requested at once.
const PAGE_SIZE: usize = 100;

/// Format version of the lines with the state that people set on errors.
pub(super) const STATE_VERSION: u64 = 1;

/// Options of `faultline export`.
#[derive(Debug, Clone, clap::Args)]
pub struct Export {
    #[command(flatten)]
    project: InProject,
    /// Only occurrences of this error, named by its fingerprint; its message works too if it came through faultline's own
    /// API
    #[arg(long, value_name = "ERROR")]
    error: Option<String>,
    /// File to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes error by error, newest occurrence first. Holds one page in memory.
pub(super) async fn run(options: Export, remote: &Remote) -> anyhow::Result<()> {
    let client = Client::of(remote)?.patient();
    let project = options.project.name(&client).await?;
    let Some(file) = &options.out else {
        let mut export = Exporter::new(&client, &project, Box::new(std::io::stdout().lock()));
        return export.all(options.error.as_deref()).await;
    };
    // The file has another name until it is complete, so that nobody mistakes a partial export for a complete one.
    let mut part = file.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let cannot = |path: &Path| format!("cannot write {}", path.display());
    let out = create_private(&part).with_context(|| cannot(&part))?;
    let mut export = Exporter::new(&client, &project, Box::new(out));
    export.all(options.error.as_deref()).await.with_context(|| format!("{} is incomplete", part.display()))?;
    std::fs::rename(&part, file).with_context(|| cannot(file))?;
    let written = export.written;
    let data = json!({ "exported": written, "file": file });
    Output::of(remote).show(&data, |_| {
        format!("exported {} to {}", counted(written, "occurrence"), harmless(&file.to_string_lossy()))
    })
}

/// Creates an empty file that only its owner can read, because occurrences are confidential.
fn create_private(path: &Path) -> std::io::Result<File> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

struct Exporter<'a> {
    client: &'a Client,
    project: &'a str,
    out: BufWriter<Box<dyn Write + 'a>>,
    written: u64,
    progress: ProgressBar,
}

impl<'a> Exporter<'a> {
    fn new(client: &'a Client, project: &'a str, out: Box<dyn Write + 'a>) -> Self {
        Self { client, project, out: BufWriter::new(out), written: 0, progress: bar(0, "occurrences") }
    }

    /// Exports one error, or all. An error that occurs during the export moves to the head of the list, so the list is
    /// read again until it contains nothing new.
    async fn all(&mut self, only: Option<&str>) -> anyhow::Result<()> {
        if let Some(name) = only {
            let found = self.client.get(&["projects", self.project, "errors", name], &[]).await?;
            self.of(&found["error"]).await?;
        } else {
            let mut exported = HashSet::new();
            while self.all_but(&mut exported).await? {}
        }
        self.progress.finish_and_clear();
        Ok(self.out.flush()?)
    }

    /// Exports the errors that are not in `exported` yet. Returns whether there were any.
    async fn all_but(&mut self, exported: &mut HashSet<String>) -> anyhow::Result<bool> {
        let mut any = false;
        let mut list = pages(self.client, &["projects", self.project, "errors"], Vec::new(), "cursor");
        while let Some(page) = list.next(PAGE_SIZE).await? {
            let errors = page["errors"].as_array().into_iter().flatten();
            let fingerprint = |error: &Value| error["fingerprint"].as_str().unwrap_or_default().to_owned();
            let new: Vec<_> = errors.filter(|error| exported.insert(fingerprint(error))).collect();
            self.progress.inc_length(new.iter().filter_map(|error| error["count"].as_u64()).sum());
            for error in new {
                any = true;
                self.of(error).await?;
            }
        }
        Ok(any)
    }

    async fn of(&mut self, error: &Value) -> anyhow::Result<()> {
        let fingerprint = error["fingerprint"].as_str().context("the list has an error without a fingerprint")?;
        let path = ["projects", self.project, "errors", fingerprint, "occurrences"];
        let mut list = pages(self.client, &path, Vec::new(), "after");
        let mut newest = Value::Null;
        loop {
            let mut page = match list.next(PAGE_SIZE).await {
                Ok(Some(page)) => page,
                Ok(None) => return self.state(fingerprint, error, newest).await,
                Err(error) if error.downcast_ref::<RefusedRequest>().is_some_and(|refused| refused.status == 404) => {
                    self.progress.suspend(|| note(&format!("{fingerprint} was deleted during the export")));
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            for occurrence in page["errors"].as_array_mut().into_iter().flatten() {
                occurrence["fingerprint"] = fingerprint.into();
                if newest.is_null() {
                    newest = occurrence["eventId"].clone();
                }
                self.line(occurrence)?;
                self.written += 1;
                self.progress.inc(1);
            }
        }
    }

    fn line(&mut self, value: &Value) -> std::io::Result<()> {
        let line = serde_json::to_string(value).map_err(std::io::Error::from)?;
        self.out.write_all(harmless_json(&line).as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// Writes a line with the state that people set on an error, and its history, after its occurrences. Writes nothing
    /// if the history is empty. The line names one occurrence, so that the import finds the error even if it gets
    /// another fingerprint there.
    async fn state(&mut self, fingerprint: &str, error: &Value, occurrence: Value) -> anyhow::Result<()> {
        let path = ["projects", self.project, "errors", fingerprint, "history"];
        let mut list = pages(self.client, &path, Vec::new(), "cursor");
        let mut history = Vec::new();
        while let Some(mut page) = list.next(PAGE_SIZE).await? {
            if let Value::Array(entries) = page["history"].take() {
                history.extend(entries);
            }
        }
        if history.is_empty() {
            return Ok(());
        }
        let count = error["count"].as_u64().unwrap_or_default();
        let more = error["mutedUntilCount"].as_u64().map(|until| until.saturating_sub(count).max(1));
        let state = json!({
            "status": error["status"],
            "until": error["mutedUntil"],
            "occurrences": more,
            "after": error["resolution"]["after"],
            "assignee": error["assignee"],
        });
        Ok(self.line(&json!({
            "kind": "error",
            "version": STATE_VERSION,
            "project": self.project,
            "fingerprint": fingerprint,
            "eventId": occurrence,
            "merged": error["merged"],
            "state": state,
            "history": history,
        }))?)
    }
}
