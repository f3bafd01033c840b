//! Posts the search terms of errors before they are committed, so that every committed error can be found. If the
//! processor dies in between, some postings lead to nothing, which readers notice.

use model::error::PostingBatch;
use model::occurrence::Occurrence;
use search::{Posting, Postings};
use store::ports::Commit;

use crate::error_batch::{ErrorBatch, FailedBatch};
use crate::prepare_commits::PreparedBatch;
use crate::processor::Processor;

/// A commit, after its search terms are posted.
pub(crate) struct PostedBatch {
    pub(crate) batch: ErrorBatch,
    pub(crate) commit: Commit,
}

impl Processor {
    /// Posts the new search terms of these batches in one write. If it fails, only the batches with new terms fail.
    pub(crate) async fn post_terms(
        &self,
        batches: Vec<PreparedBatch>,
        failed: &mut Vec<FailedBatch>,
    ) -> Vec<PostedBatch> {
        let id = PostingBatch::of_random(self.clock.random());
        let postings = Postings { now: self.clock.now(), batch: id };
        let mut terms = Vec::new();
        let mut batches_with_news = Vec::with_capacity(batches.len());
        for PreparedBatch { batch, stored, mut commit } in batches {
            if commit.error.indexed.is_none() {
                commit.error.frames = frame_names(&batch);
            }
            let mut new_terms = postings.of(stored.error.as_ref(), &mut commit.error);
            if let Some(target) = &mut commit.target {
                // A merged error is not in any list, but must be in all of them once it is split off again.
                new_terms.extend(postings.of(stored.target.as_ref(), target));
            }
            batches_with_news.push((PostedBatch { batch, commit }, !new_terms.is_empty()));
            terms.extend(new_terms);
        }
        let failure = if terms.is_empty() { None } else { self.write_postings(id, &terms).await.err() };
        let mut posted = Vec::with_capacity(batches_with_news.len());
        for (batch, has_news) in batches_with_news {
            match &failure {
                Some(error) if has_news => failed.push(FailedBatch { batch: batch.batch, error: error.clone() }),
                _ => posted.push(batch),
            }
        }
        posted
    }

    async fn write_postings(&self, batch: PostingBatch, postings: &[Posting]) -> store::Result<()> {
        let grown = self.stores.search_index.post(batch, postings).await?;
        for (project, bytes) in grown {
            self.caches.index_growth.add(project, bytes, self.clock.random());
        }
        Ok(())
    }
}

/// Returns the names in the stack frames of the newest occurrence. Only a new error needs them, so parsing one line
/// again costs less than keeping the names of every occurrence.
fn frame_names(batch: &ErrorBatch) -> Option<String> {
    let newest: Occurrence = serde_json::from_slice(&batch.occurrences.first()?.line).ok()?;
    search::frames(&newest)
}
