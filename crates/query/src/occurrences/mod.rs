//! `/projects/{project}/errors/{message}/occurrences`

mod describe;
mod list;
mod show;

pub(crate) use describe::{describe, properties};
use domain::error::ErrorAggregate;
use domain::id::OccurrenceId;
use domain::occurrence::Occurrence;
use domain::outcome::{Reason, Refusal};
use domain::{json, segment, v1};
use gate::storage_failed;
pub(crate) use list::list;
use serde_json::Value;
pub(crate) use show::show;
use store::Kind;
use store::ports::{Project, Reference};

use crate::Query;

/// The newest occurrence of an error; `None` if all have expired, or so many of the newest that it is not worth the search.
pub(crate) async fn newest(query: &Query, project: &Project, error: &ErrorAggregate) -> Result<Option<Value>, Refusal> {
    let mut before = None;
    for limit in NEWEST {
        let page = query.occurrences.references_of(error, before.as_ref(), limit).await;
        let page = page.map_err(|error| storage_failed(&error))?;
        for reference in &page.items {
            if let Some(entry) = lines(query, project, reference, 0, 1, &mut MAX_BYTES.clone()).await?.pop() {
                return Ok(Some(entry));
            }
        }
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    Ok(None)
}

/// How many references are read at a time in looking for the newest occurrence. The first nearly always has it: others are
/// looked at where the newest have expired before older ones, as in a project that keeps things for less time than before.
const NEWEST: [usize; 4] = [1, 10, 50, 100];

/// A page of occurrences ends, whatever its limit, when it has this many bytes: a Lambda answer holds 6 MB.
const MAX_BYTES: usize = 3 << 20;

/// At most `limit` occurrences of a frame from `line` on, as the API shows them, until the `budget` of bytes is used up. A
/// frame that expired before its reference has none.
async fn lines(
    query: &Query,
    project: &Project,
    reference: &Reference,
    line: u32,
    limit: usize,
    budget: &mut usize,
) -> Result<Vec<Value>, Refusal> {
    let frame = match query.segments.frame(&reference.segment, reference.frame).await {
        Ok(frame) => frame,
        Err(error) if error.kind() == Kind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(storage_failed(&error)),
    };
    let mut entries = Vec::new();
    for (text, line) in segment::lines(&frame).zip(0u32..).skip(line as usize) {
        if entries.len() == limit || *budget == 0 {
            break;
        }
        // A damaged frame cannot be read on; a line that cannot be read costs itself only.
        let text = text.map_err(|error| unreadable(reference, &error))?;
        // It is shown twice: as v1 has it, and whole.
        *budget = budget.saturating_sub(2 * text.len());
        match json::parse::<Occurrence>(&text) {
            Ok(occurrence) => {
                let id = OccurrenceId::new(occurrence.timestamp, reference.id, line);
                entries.push(v1::occurrence_entry(&project.name, &id, &occurrence));
            }
            Err(error) => drop(unreadable(reference, &error)),
        }
    }
    Ok(entries)
}

fn unreadable(reference: &Reference, error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(reference.id = %reference.id, segment.id = %reference.segment, error.message = %error, "a frame cannot be read");
    Refusal::new(Reason::Internal, "this occurrence cannot be read: the log of faultline has the details")
}
