use model::error::ErrorAggregate;
use model::error::PostingBatch;
use model::id::UserId;
use search::{Postings, Term};

use crate::Query;

impl Query {
    /// Posts all search terms of these errors before the errors are written. Merging and unmerging change many terms at
    /// once.
    pub(crate) async fn post_terms(&self, errors: &mut [ErrorAggregate]) -> store::Result<()> {
        let batch = PostingBatch::of_random(self.clock.random());
        let postings = Postings { now: self.clock.now(), batch };
        let posted: Vec<_> = errors.iter_mut().flat_map(|error| postings.of(None, error)).collect();
        self.stores.search_index.post(batch, &posted).await.map(drop)
    }

    /// Posts the assignee of an error before the error is written, so that a search by assignee finds it.
    pub(crate) async fn post_assignee(
        &self,
        error: &ErrorAggregate,
        assignee: &str,
        user: Option<UserId>,
    ) -> store::Result<()> {
        let batch = PostingBatch::of_random(self.clock.random());
        let postings = Postings { now: self.clock.now(), batch };
        let names = [Some(assignee.to_owned()), user.map(search::assignee_name)];
        let posted: Vec<_> =
            names.into_iter().flatten().map(|name| postings.posting(error, &Term::Assignee(name))).collect();
        self.stores.search_index.post(batch, &posted).await.map(drop)
    }
}
