//! The bodies of messages that are too large for the queue.
//!
//! They are not scrubbed, so none is kept longer than its message may still come again. A body is removed when all events
//! of its message are committed, and before the queue deletes the message:
//!
//! - If a process dies between the commit and the removal, both are left. The message comes again, changes nothing, and
//!   its body is removed then.
//! - If a process dies between the removal and the answer to the queue, a message without a body comes again. Its key names
//!   its project and its first event, which show that it was processed.
//! - A message that fails keeps its body, also as a dead letter, to be read when it is redriven.

use formats::event_index::Width;
use formats::inbox::{Addressee, ClaimCheck};
use futures_util::future::try_join_all;
use futures_util::stream::{StreamExt, iter};
use model::id::{EventHash, ProjectId};

use crate::deadline::Deadline;
use crate::delivery::FailedDeliveries;
use crate::failure_reason::FailureReason;
use crate::processor::Processor;

const MAX_CONCURRENT_REMOVALS: usize = 16;
/// How many places of an event are looked for: any will do.
const MAX_PLACES: usize = 1;
/// How many blocks of a bucket are read in one step, and how many steps are made. Events that were processed lately are in
/// the newest blocks.
const BLOCKS_PER_STEP: usize = 50;
const MAX_STEPS: usize = 20;

/// The bodies in S3 of a batch's messages: the index of the delivery, and the key.
pub(crate) type ClaimedBodies = Vec<(usize, String)>;

impl Processor {
    /// Removes the bodies of messages that did not fail. A message whose body cannot be removed fails, so that it comes
    /// again: nothing else would remove it in time.
    pub(crate) async fn remove_claims(&self, claims: ClaimedBodies, failed: &mut FailedDeliveries, deadline: Deadline) {
        let processed: Vec<_> = claims.into_iter().filter(|(index, _)| !failed.contains(*index)).collect();
        let removals = iter(processed).map(|(delivery_index, key)| async move {
            (delivery_index, deadline.limit_fallible(self.stores.claim_checks.remove_claim_check(&key)).await)
        });
        let results: Vec<_> = removals.buffer_unordered(MAX_CONCURRENT_REMOVALS).collect().await;
        for (delivery_index, result) in results {
            if let Err(reason) = result {
                failed.add(delivery_index, reason);
            }
        }
    }

    /// Whether a message whose body is gone was processed before, or went with its project.
    pub(crate) async fn is_processed(&self, key: &str) -> Result<bool, FailureReason> {
        let Some(claim) = ClaimCheck::parse(key) else { return Ok(false) };
        let project = match &claim.project {
            Addressee::Id(id) => self.stores.projects.by_id(*id).await?,
            // It is not created here: a message that was processed has created it.
            Addressee::Name(name) => self.stores.projects.by_name(name).await?,
        };
        match project.filter(|project| !project.deleting) {
            None => {
                tracing::warn!(outcome.reason = "project_deleted", "discarded a message whose body is gone");
                Ok(true)
            }
            Some(project) => Ok(self.is_indexed(project.id, claim.event.hash()).await?),
        }
    }

    /// Whether an event is indexed by its id. That happens before its commit, but a body is removed only after the commits
    /// of all its events.
    async fn is_indexed(&self, project: ProjectId, event: EventHash) -> store::Result<bool> {
        if !self.stores.event_index.locations(project, event, MAX_PLACES).await?.is_empty() {
            return Ok(true);
        }
        let in_blocks = Width::ALL.into_iter().map(|width| async move {
            let bucket = width.bucket_of(event);
            let mut before = None;
            for _ in 0..MAX_STEPS {
                let page =
                    self.stores.event_index.locations_in(project, event, bucket, before, BLOCKS_PER_STEP).await?;
                if !page.items.is_empty() {
                    return Ok(true);
                }
                before = page.next;
                if before.is_none() {
                    break;
                }
            }
            store::Result::Ok(false)
        });
        Ok(try_join_all(in_blocks).await?.contains(&true))
    }
}
