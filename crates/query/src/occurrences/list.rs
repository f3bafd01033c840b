use domain::id::OccurrenceId;
use domain::outcome::Refusal;
use gate::{Answer, storage_failed};
use http::Uri;
use serde_json::{Value, json};
use store::ports::{Project, Reference};

use super::{MAX_BYTES, lines};
use crate::Query;
use crate::errors::named;
use crate::list::Parameters;

/// v1's default.
pub(super) const DEFAULT: usize = 10;
pub(super) const MOST: usize = 100;
/// How many references are read at once: more than a page has frames, unless each has only few occurrences.
const STEP: usize = 10;

/// `GET …/occurrences?limit=&after=`, newest first.
pub(crate) async fn list(query: &Query, project: &Project, message: &str, uri: &Uri) -> Answer {
    let parameters = Parameters::of(uri);
    let limit = parameters.limit(DEFAULT, MOST)?;
    let after = parameters.parsed("after", OccurrenceId::parse)?;
    let error = named(query, project, message).await?;

    let mut page = Page { query, project, limit, budget: MAX_BYTES, entries: Vec::new() };
    let mut before = None;
    if let Some(after) = &after {
        let reference = query.occurrences.reference_of(&error, &after.reference()).await;
        if let Some(reference) = reference.map_err(|error| storage_failed(&error))? {
            page.add(&reference, after.line().saturating_add(1)).await?;
        }
        before = Some(after.reference());
    }
    let mut end = false;
    while !page.is_full() && !end {
        let references = query.occurrences.references_of(&error, before.as_ref(), STEP).await;
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
    /// How many bytes more an answer may have.
    budget: usize,
    entries: Vec<Value>,
}

impl Page<'_> {
    fn is_full(&self) -> bool {
        self.entries.len() >= self.limit || self.budget == 0
    }

    /// Adds what fits of a frame, from `line` on.
    async fn add(&mut self, reference: &Reference, line: u32) -> Result<(), Refusal> {
        let limit = self.limit - self.entries.len();
        self.entries.extend(lines(self.query, self.project, reference, line, limit, &mut self.budget).await?);
        Ok(())
    }
}
