use model::error::ErrorAggregate;
use model::error::PostingBatch;
use search::{Postings, Term, blocks};

use crate::Query;

impl Query {
    /// Posts all that these errors are found by, before they are written: merging and its undoing change much at once.
    pub(crate) async fn post_terms(&self, errors: &mut [ErrorAggregate]) -> store::Result<()> {
        let batch = PostingBatch::of_random(self.clock.random());
        let postings = Postings { now: self.clock.now(), batch };
        let posted: Vec<_> = errors.iter_mut().flat_map(|error| postings.of(None, error)).collect();
        self.stores.search_index.post(&blocks(batch, posted)).await
    }

    /// Posts who is to look after an error, before it is written: so whoever asks for theirs finds it.
    pub(crate) async fn post_assignee(&self, error: &ErrorAggregate, assignee: &str) -> store::Result<()> {
        let batch = PostingBatch::of_random(self.clock.random());
        let posting = Postings { now: self.clock.now(), batch }.posting(error, &Term::Assignee(assignee.to_owned()));
        self.stores.search_index.post(&blocks(batch, [posting])).await
    }
}
