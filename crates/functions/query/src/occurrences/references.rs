//! The references of an error, over those that have expired and are yet to be removed.

use model::error::ErrorAggregate;
use model::id::ReferenceId;
use store::ports::{Occurrences, Page, Reference, ReferenceRange};

use crate::Query;

/// How often references are read for one page, and how many at once at the most, while all of them have expired.
/// DynamoDB removes them within days; an error may have thousands a day.
const MAX_READS: usize = 10;
const MAX_REFERENCES_READ: usize = 1_000;

/// Where the occurrences of an error are. An error that others are merged into has their incarnations too.
pub(crate) struct References<'a> {
    occurrences: &'a dyn Occurrences,
    error: &'a ErrorAggregate,
}

impl<'a> References<'a> {
    /// Those of `error`.
    pub(crate) fn new(query: &'a Query, error: &'a ErrorAggregate) -> Self {
        Self { occurrences: &*query.stores.occurrences, error }
    }

    /// The reference of this id, in whichever incarnation it is. Reads one item for each incarnation.
    pub(crate) async fn find(&self, id: &ReferenceId) -> store::Result<Option<Reference>> {
        self.occurrences.reference_of(self.error, id).await
    }

    /// At most `limit` references of a range, in its order. Reads as many of each incarnation; more only where all of these
    /// have expired, and are yet to be removed. There it may end without any, though there are more.
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
