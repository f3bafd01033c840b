//! The bodies of messages that are too large for the queue.
//!
//! They are not scrubbed, so none is kept for longer than its message has to come again. It is removed when all events of
//! its message are committed, and before the queue deletes the message:
//!
//! - a process that dies between the commit and the removal leaves both, and the message comes again: it changes nothing,
//!   and its body is removed then;
//! - one that dies between the removal and the answer to the queue leaves a message without a body. It comes again, too:
//!   its key names its project and its first event, which tell that it was processed;
//! - a message that fails keeps its body, also as a dead letter, to be read when it is redriven.

use formats::event_index::Width;
use formats::inbox::{Addressee, ClaimCheck};
use futures_util::future::try_join_all;
use futures_util::stream::{StreamExt, iter};
use model::id::{EventHash, ProjectId};

use crate::reason::Reason;
use crate::{Batch, Deadline, Processor};

/// How many bodies are removed at once.
const CONCURRENT: usize = 16;
/// How many entries of an event are looked for: any will do.
const ONE: usize = 1;
/// How many blocks of a bucket are read in one step, and how many steps are made: what was processed shortly before is in
/// the newest.
const BLOCKS: usize = 50;
const STEPS: usize = 20;

impl Processor {
    /// Removes the bodies of the batch's messages that did not fail. A message whose body cannot be removed fails, so that
    /// it comes again: nothing else would remove it in time.
    pub(crate) async fn remove_claims(&self, batch: &mut Batch, deadline: Deadline) {
        let claims = std::mem::take(&mut batch.claims);
        let done = claims.into_iter().filter(|(source, _)| !batch.failed.contains_key(source));
        let removed = done.map(|(source, key)| async move {
            let removed = deadline.bounds(self.claims.remove_claim_check(&key)).await;
            (source, removed.and_then(|removed| removed.map_err(Reason::from)))
        });
        let removed: Vec<_> = iter(removed).buffer_unordered(CONCURRENT).collect().await;
        for (source, removed) in removed {
            if let Err(reason) = removed {
                batch.fail(source, reason);
            }
        }
    }

    /// Whether a message whose body is gone was processed before, or went with its project.
    pub(crate) async fn is_done(&self, key: &str) -> Result<bool, Reason> {
        let Some(claim) = ClaimCheck::parse(key) else { return Ok(false) };
        let project = match &claim.project {
            Addressee::Id(id) => self.projects.by_id(*id).await?,
            // It is not made for this: a message that was processed has made it.
            Addressee::Name(name) => self.projects.by_name(name).await?,
        };
        match project.filter(|project| !project.deleting) {
            None => {
                tracing::warn!(outcome.reason = "project_deleted", "discarded a message whose body is gone");
                Ok(true)
            }
            Some(project) => Ok(self.is_entered(project.id, claim.event.hash()).await?),
        }
    }

    /// Whether the event index has an event. It is entered ahead of its commit; but a body is removed only after the commit
    /// of all events.
    async fn is_entered(&self, project: ProjectId, event: EventHash) -> store::Result<bool> {
        if !self.directory.locations(project, event, ONE).await?.is_empty() {
            return Ok(true);
        }
        let in_blocks = Width::ALL.into_iter().map(|width| async move {
            let (bucket, mut before) = (width.bucket_of(event), None);
            for _ in 0..STEPS {
                let page = self.directory.locations_in(project, event, bucket, before, BLOCKS).await?;
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
