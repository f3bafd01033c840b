use domain::id::OccurrenceId;
use domain::outcome::Refusal;
use gate::{Answer, storage_failed};
use http::Uri;
use serde_json::{Value, json};
use store::ports::{Project, Reference};

use super::lines;
use crate::Query;
use crate::errors::named;
use crate::list::Parameters;

/// v1's default.
const DEFAULT: usize = 10;
const MOST: usize = 100;
/// How many references are read at once: more than a page has frames, unless each has only few occurrences.
const STEP: usize = 10;
/// A page ends, whatever its limit, when it has this many bytes: a Lambda answer holds 6 MB.
const MAX_BYTES: usize = 3 << 20;

/// `GET …/occurrences?limit=&after=`, newest first.
pub(crate) async fn list(query: &Query, project: &Project, message: &str, uri: &Uri) -> Answer {
    let parameters = Parameters::of(uri);
    let limit = parameters.limit(DEFAULT, MOST)?;
    let after = parameters.parsed("after", OccurrenceId::parse)?;
    let error = named(query, project, message).await?;

    let mut page = Page { query, project, limit, bytes: 0, entries: Vec::new() };
    let mut before = None;
    if let Some(after) = &after {
        let reference = query.occurrences.reference(project.id, &error.uid, &after.reference()).await;
        if let Some(reference) = reference.map_err(|error| storage_failed(&error))? {
            page.add(&reference, after.line() + 1).await?;
        }
        before = Some(after.reference());
    }
    let mut end = false;
    while !page.is_full() && !end {
        let references = query.occurrences.references(project.id, &error.uid, before.as_ref(), STEP).await;
        let references = references.map_err(|error| storage_failed(&error))?;
        for reference in &references.items {
            if !page.is_full() {
                page.add(reference, 0).await?;
            }
        }
        end = references.next.is_none();
        before = references.next;
    }
    let next = page.entries.last().filter(|_| page.is_full()).map(|entry| entry["reversedUnixtime"].clone());
    gate::data(json!({ "errors": page.entries, "totalCount": error.count, "nextCursor": next }))
}

struct Page<'a> {
    query: &'a Query,
    project: &'a Project,
    limit: usize,
    bytes: usize,
    entries: Vec<Value>,
}

impl Page<'_> {
    fn is_full(&self) -> bool {
        self.entries.len() >= self.limit || self.bytes >= MAX_BYTES
    }

    /// Adds what fits of a frame, from `line` on.
    async fn add(&mut self, reference: &Reference, line: u32) -> Result<(), Refusal> {
        for entry in lines(self.query, self.project, reference, line, self.limit - self.entries.len()).await? {
            if self.is_full() {
                break;
            }
            self.bytes += entry.to_string().len();
            self.entries.push(entry);
        }
        Ok(())
    }
}
