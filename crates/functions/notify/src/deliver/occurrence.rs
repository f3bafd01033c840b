use model::error::ErrorAggregate;
use model::id::OccurrenceId;
use model::json;
use model::occurrence::Occurrence;
use store::Result;
use store::ports::ReferenceRange;

use crate::Notify;

impl Notify {
    /// Loads an occurrence of an error. Returns `None` if it has expired or was deleted.
    pub(super) async fn load_occurrence(
        &self,
        error: &ErrorAggregate,
        id: &OccurrenceId,
    ) -> Result<Option<Occurrence>> {
        let reference = self.stores.occurrences.reference(error.project, &error.uid, &id.reference()).await?;
        let Some(reference) = reference else { return Ok(None) };
        let Some(frame) = self.stores.frame(&reference).await? else { return Ok(None) };
        let line = frame.lines().nth(id.line() as usize).and_then(|line| line.ok());
        Ok(line.and_then(|line| json::parse(&line).ok()))
    }

    /// Loads the newest occurrence of an error, with its id. Returns `None` if all have expired, or if it cannot be
    /// parsed: a message without a stack trace is better than none.
    pub(super) async fn load_newest_occurrence(
        &self,
        error: &ErrorAggregate,
    ) -> Result<Option<(OccurrenceId, Occurrence)>> {
        let page = self.stores.occurrences.references_in_range_of(error, &ReferenceRange::default(), 1).await?;
        let Some(reference) = page.items.first() else { return Ok(None) };
        let Some(frame) = self.stores.frame(reference).await? else { return Ok(None) };
        let line = frame.lines().next().and_then(|line| line.ok());
        let occurrence: Option<Occurrence> = line.and_then(|line| json::parse(&line).ok());
        Ok(occurrence.map(|occurrence| (OccurrenceId::new(occurrence.timestamp, reference.id, 0), occurrence)))
    }
}
