use store::Kind;
use store::ports::Commit;

use crate::error_batch::{ErrorBatch, FailedBatch};
use crate::post_terms::PostedBatch;
use crate::processor::Processor;

/// Occurrences that are stored, listed and counted.
pub(crate) struct CommittedBatch(pub(crate) ErrorBatch);

impl Processor {
    /// Writes each batch's error, timeline and references in one transaction.
    pub(crate) async fn commit(&self, batches: Vec<PostedBatch>, failed: &mut Vec<FailedBatch>) -> Vec<CommittedBatch> {
        let (batches, mut commits): (Vec<_>, Vec<_>) =
            batches.into_iter().map(|PostedBatch { batch, commit }| (batch, commit)).unzip();
        self.extend_parts(&mut commits).await;
        let results = self.stores.error_commits.commit(&commits).await;
        let mut committed = Vec::with_capacity(batches.len());
        for ((mut batch, commit), result) in batches.into_iter().zip(&commits).zip(results) {
            match result {
                Ok(()) => {
                    self.caches.errors.insert(commit);
                    committed.push(CommittedBatch(batch));
                }
                Err(error) => {
                    self.caches.errors.remove(&batch);
                    batch.is_new = false;
                    if error.kind() == Kind::Conflict {
                        // If another error took an alias in the meantime, the hash stays with that error.
                        batch.aliases.clear();
                    }
                    failed.push(FailedBatch { batch, error });
                }
            }
        }
        committed
    }

    /// Extends the retention of the errors that are merged into those of these commits, long before it ends. A merged
    /// error that expired earlier than its target would come back as a new error.
    async fn extend_parts(&self, commits: &mut [Commit]) {
        let now = self.clock.now().seconds();
        for commit in commits {
            let target = commit.target.as_mut().unwrap_or(&mut commit.error);
            let Some(merged) = &target.merged else { continue };
            let left = merged.kept_until.seconds() - now;
            let wanted = target.expires_at.seconds() - now;
            if 3 * left >= 2 * wanted {
                continue;
            }
            match self.stores.error_commits.keep_merged(target, target.expires_at).await {
                Ok(()) => target.merged.iter_mut().for_each(|merged| merged.kept_until = target.expires_at),
                // A third of the retention is left, so a later commit can do it.
                Err(error) => {
                    tracing::warn!(error.message = %error, "failed to keep merged errors for longer");
                }
            }
        }
    }
}
