//! Batches of occurrences to import.

use http::{Method, StatusCode};
use indicatif::ProgressBar;
use model::occurrence::Occurrence;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::state::KeptLine;
use crate::client::{Client, RefusedRequest};
use crate::output::note;

/// Maximum number and bytes of occurrences that are sent in one request. The API accepts bodies of up to 4 MiB.
const MAX_BATCH_EVENTS: usize = 200;
const MAX_BATCH_BYTES: usize = 2 << 20;

/// Occurrences of one project that wait to be sent together.
pub(super) struct ImportBatch<'a> {
    client: &'a Client,
    /// The project to import everything into; `None` for the projects that the occurrences came from.
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

/// An occurrence, and the file and line that it was read from.
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

    /// Shows progress on this bar.
    pub(super) fn shows(&mut self, progress: ProgressBar) {
        self.progress = progress;
    }

    /// Advances the progress bar.
    pub(super) fn advance(&self, by: u64) {
        self.progress.inc(by);
    }

    /// Returns how many occurrences were imported, how many errors had their state restored, and how many lines failed.
    pub(super) fn finish(self) -> (u64, u64, u64) {
        self.progress.finish_and_clear();
        (self.imported, self.restored, self.failed)
    }

    /// Holds back the state that people set on an error until its occurrences are sent.
    pub(super) fn keep(&mut self, origin: String, project: String, line: Value) {
        let project = self.into.clone().unwrap_or(project);
        self.states.push(KeptLine { origin, project, line });
    }

    /// Restores the states that were held back. A state that cannot be restored is reported, and the others go on.
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

    /// Reports why the line or file at `origin` is not imported.
    pub(super) fn fail(&mut self, origin: &str, why: &str) {
        self.failed += 1;
        self.progress.suspend(|| note(&format!("{origin}: {why}")));
    }

    /// Adds an occurrence. If the batch is full, or is for another project, it is sent first.
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

    /// Sends the waiting occurrences. If the API refuses them together, each is sent alone, so that an invalid one does
    /// not stop the others.
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
                self.fail(&entry.origin, refused["message"].as_str().unwrap_or("refused, no reason given"));
            }
        }
        Ok(())
    }
}

/// Returns the message of a refusal that is about these occurrences. Any other error ends the import, because all later
/// requests would fail in the same way.
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

/// Returns the text at `key`; `None` if it is missing or empty.
pub(super) fn text<'v>(value: &'v Value, key: &str) -> Option<&'v str> {
    value[key].as_str().filter(|text| !text.is_empty())
}
