//! Reads the references of an error, and skips expired ones that are not removed yet.

use model::error::ErrorAggregate;
use model::id::ReferenceId;
use store::ports::{Occurrences, Page, Reference, ReferenceRange};

use crate::Query;

/// The most reads for one page while all references that are read have expired, and the most references per read.
/// DynamoDB removes expired references within days; an error may have thousands of references a day.
const MAX_READS: usize = 10;
const MAX_REFERENCES_READ: usize = 1_000;

/// The references of an error, including those of the errors that are merged into it.
pub(crate) struct References<'a> {
    occurrences: &'a dyn Occurrences,
    error: &'a ErrorAggregate,
}

impl<'a> References<'a> {
    pub(crate) fn new(query: &'a Query, error: &'a ErrorAggregate) -> Self {
        Self { occurrences: &*query.stores.occurrences, error }
    }

    /// Finds a reference by its id, in any of the merged incarnations. Reads one item per incarnation.
    pub(crate) async fn find(&self, id: &ReferenceId) -> store::Result<Option<Reference>> {
        self.occurrences.reference_of(self.error, id).await
    }

    /// Reads up to `limit` references of a range, in its order. Reads as many from each incarnation, and more only if
    /// all of them have expired and are not removed yet. In that case the page may be empty although there are more
    /// references.
    pub(crate) async fn page(
        &self,
        range: &ReferenceRange,
        limit: usize,
    ) -> store::Result<Page<Reference, ReferenceId>> {
        let (mut range, mut step) = (*range, limit);
        for _ in 0..MAX_READS {
            let page = self.occurrences.references_in_range_of(self.error, &range, step).await?;
            match page.next {
                Some(next) if page.items.is_empty() => range = range.after(next),
                _ => return Ok(page.cut(limit, |reference| reference.id)),
            }
            step = (step * 10).min(MAX_REFERENCES_READ);
        }
        let end = if range.oldest_first { range.newer_than } else { range.older_than };
        Ok(Page { items: Vec::new(), next: end })
    }
}
