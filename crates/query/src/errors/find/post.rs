use domain::error::ErrorAggregate;
use domain::search::{Batch, Postings, Term, blocks};

use crate::Query;

impl Query {
    /// Posts who is to look after an error, before it is written: so whoever asks for theirs finds it.
    pub(crate) async fn post_assignee(&self, error: &ErrorAggregate, assignee: &str) -> store::Result<()> {
        let batch = Batch::of_random(self.clock.random());
        let posting = Postings { now: self.clock.now(), batch }.posting(error, &Term::Assignee(assignee.to_owned()));
        self.index.post(&blocks(batch, [posting])).await
    }
}
