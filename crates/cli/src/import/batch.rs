//! What is sent together.

use http::{Method, StatusCode};
use indicatif::ProgressBar;
use model::occurrence::Occurrence;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::state::KeptLine;
use crate::client::{Client, RefusedRequest};
use crate::output::note;

/// How many occurrences are sent at once, and how many bytes of them: a body may have 4 MiB.
const MAX_BATCH_EVENTS: usize = 200;
const MAX_BATCH_BYTES: usize = 2 << 20;

/// Occurrences of one project that wait to be sent together.
pub(super) struct ImportBatch<'a> {
    client: &'a Client,
    /// Where all go, whatever project they came from.
    into: Option<String>,
    project: String,
    waiting: Vec<ImportLine>,
    bytes: usize,
    imported: u64,
    failed: u64,
    progress: ProgressBar,
    states: Vec<KeptLine>,
    restored: u64,
}

/// An occurrence, where it was read, and how much progress it is.
struct ImportLine {
    origin: String,
    json: Box<RawValue>,
}

impl<'a> ImportBatch<'a> {
    pub(super) fn new(client: &'a Client, into: Option<String>) -> Self {
        let progress = ProgressBar::hidden();
        let (project, waiting) = (String::new(), Vec::new());
        Self {
            client,
            into,
            project,
            waiting,
            bytes: 0,
            imported: 0,
            failed: 0,
            progress,
            states: Vec::new(),
            restored: 0,
        }
    }

    /// Shows how far it is on this bar.
    pub(super) fn shows(&mut self, progress: ProgressBar) {
        self.progress = progress;
    }

    /// So much of the whole was read.
    pub(super) fn advance(&self, by: u64) {
        self.progress.inc(by);
    }

    /// How many occurrences were imported, of how many errors what people set was restored, and how many lines failed.
    pub(super) fn finish(self) -> (u64, u64, u64) {
        self.progress.finish_and_clear();
        (self.imported, self.restored, self.failed)
    }

    /// Keeps what people set of an error until its occurrences are stored.
    pub(super) fn keep(&mut self, origin: String, project: String, line: Value) {
        let project = self.into.clone().unwrap_or(project);
        self.states.push(KeptLine { origin, project, line });
    }

    /// Restores all that was kept. What cannot be is said, and keeps nothing else from it.
    pub(super) async fn restore(&mut self) -> anyhow::Result<()> {
        for kept in std::mem::take(&mut self.states) {
            match kept.restore(self.client).await {
                Ok(true) => self.restored += 1,
                Ok(false) => {}
                Err(error) => self.fail(&kept.origin, &concerns_occurrences(error)?),
            }
        }
        Ok(())
    }

    /// Says why what was read at `origin` is not imported.
    pub(super) fn fail(&mut self, origin: &str, why: &str) {
        self.failed += 1;
        self.progress.suspend(|| note(&format!("{origin}: {why}")));
    }

    /// Adds an occurrence of a project, and sends those that wait if they are enough.
    pub(super) async fn add(&mut self, origin: String, project: &str, occurrence: &Occurrence) -> anyhow::Result<()> {
        let project = self.into.as_deref().unwrap_or(project).to_owned();
        let json = serde_json::value::to_raw_value(occurrence)?;
        let is_full = self.waiting.len() == MAX_BATCH_EVENTS || self.bytes + json.get().len() > MAX_BATCH_BYTES;
        if is_full || project != self.project {
            self.send().await?;
        }
        self.project = project;
        self.bytes += json.get().len();
        self.waiting.push(ImportLine { origin, json });
        Ok(())
    }

    /// Sends those that wait. Where all are refused together, each is sent alone, and one that is bad costs itself only.
    pub(super) async fn send(&mut self) -> anyhow::Result<()> {
        self.bytes = 0;
        let waiting = std::mem::take(&mut self.waiting);
        match self.post(&waiting).await {
            Ok(()) => return Ok(()),
            Err(error) => drop(concerns_occurrences(error)?),
        }
        for entry in waiting.chunks(1) {
            if let Err(error) = self.post(entry).await {
                let why = concerns_occurrences(error)?;
                self.fail(&entry[0].origin, &why);
            }
        }
        Ok(())
    }

    async fn post(&mut self, entries: &[ImportLine]) -> anyhow::Result<()> {
        if entries.is_empty() {
            return Ok(());
        }
        let occurrences: Vec<_> = entries.iter().map(|entry| &entry.json).collect();
        let (body, path) = (json!({ "occurrences": occurrences }), ["projects", &self.project, "occurrences"]);
        let answer = self.client.send(Method::POST, &path, Some(&body)).await?;
        self.imported += answer["data"]["occurrences"]["postCount"].as_u64().unwrap_or_default();
        for refused in answer["refused"].as_array().into_iter().flatten() {
            let index = refused["path"][1].as_str().and_then(|index| index.parse::<usize>().ok());
            if let Some(entry) = index.and_then(|index| entries.get(index)) {
                self.fail(&entry.origin, refused["message"].as_str().unwrap_or("refused without a reason"));
            }
        }
        Ok(())
    }
}

/// What is wrong with the occurrences; any other error ends the import, since it would befall all that follow.
fn concerns_occurrences(error: anyhow::Error) -> anyhow::Result<String> {
    let about_them = |refused: &&RefusedRequest| {
        matches!(
            refused.status,
            StatusCode::BAD_REQUEST
                | StatusCode::NOT_FOUND
                | StatusCode::CONFLICT
                | StatusCode::PAYLOAD_TOO_LARGE
                | StatusCode::UNPROCESSABLE_ENTITY
        )
    };
    match error.downcast_ref::<RefusedRequest>().filter(about_them) {
        Some(refused) => Ok(refused.message.clone()),
        None => Err(error),
    }
}

/// A text at `key`; `None` if there is none.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value[key].as_str().filter(|text| !text.is_empty())
}
