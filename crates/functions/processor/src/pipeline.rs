//! The path of a batch, from the queue to the table.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};
use std::time::Duration;

use formats::inbox::Message;
use model::id::{EventId, ProjectId};
use symbolicator::Budget;

use crate::caches::ResolvedProject;
use crate::claims::ClaimedBodies;
use crate::deadline::Deadline;
use crate::delivery::{Delivery, FailedDeliveries, Failure};
use crate::error_batch::ErrorBatch;
use crate::failure_reason::FailureReason;
use crate::feedback::FeedbackEntry;
use crate::group::{GroupedOccurrence, Groups, group};
use crate::normalise::{normalise, scrub};
use crate::open::OpenedMessage;
use crate::outcome::BatchOutcome;
use crate::poison::isolate_panic;
use crate::processor::Processor;
use crate::retry::PendingBatches;

/// For how long the events of a batch may wait for their source maps, together.
const SOURCE_MAP_TIME: Duration = Duration::from_secs(2);
/// How many messages are read before the task yields to others on its thread.
const MESSAGES_PER_YIELD: usize = 32;

impl Processor {
    /// Processes a batch until `deadline`, and returns the messages that must be delivered again. The events of all
    /// other messages are stored, listed and counted once, however often they are delivered.
    ///
    /// Several batches may be processed concurrently: while one commits, another can be read.
    pub async fn process(&self, deliveries: &[Delivery], mut deadline: Deadline) -> Vec<Failure> {
        let mut batch = BatchState::default();
        let mut source_maps = Budget::new(SOURCE_MAP_TIME);
        let mut unread = deliveries.iter().enumerate().peekable();
        while unread.peek().is_some() {
            // The other half is reserved for committing: otherwise a batch that is slow to open would be delivered
            // again as a whole each time.
            let reading_deadline = deadline.half();
            let mut groups = Groups::default();
            while !groups.is_full()
                && let Some((index, delivery)) = unread.next()
            {
                let read = reading_deadline.limit_fallible(async {
                    let Some(opened) = self.open(&delivery.text).await? else { return Ok(()) };
                    let message = batch.take_message(index, opened);
                    let Some(resolved) = self.resolve_project(message).await? else { return Ok(()) };
                    batch.outcome.quota_usage.watch(resolved.project.id, resolved.project.limits);
                    let mut occurrences = isolate_panic(|| normalise(&resolved.message))?;
                    if delivery.is_repeated {
                        self.drop_stored(resolved.project.id, &mut occurrences).await?;
                    }
                    let sent = self.map_frames(&resolved, &mut occurrences, &mut source_maps).await;
                    let (feedback, grouped) = isolate_panic(|| {
                        let scrubbed = scrub(occurrences, &resolved.project.scrubbing);
                        let feedback = FeedbackEntry::all_of(&scrubbed, &resolved, index);
                        let (configs, attached) = (resolved.posted_configs(), resolved.attached());
                        Ok((feedback, group(scrubbed, sent, index, configs, attached.as_ref())?))
                    })?;
                    self.keep_configs(&resolved).await?;
                    batch.feedback.extend(feedback);
                    batch.add_new_events(&mut groups, index, &resolved.project, grouped);
                    Ok::<_, FailureReason>(())
                });
                if let Err(reason) = read.await {
                    batch.failed.add(index, reason);
                }
                if index % MESSAGES_PER_YIELD == MESSAGES_PER_YIELD - 1 {
                    tokio::task::yield_now().await;
                }
            }
            if groups.is_empty() {
                continue;
            }

            let _turn = self.wait_for_turn(&mut deadline).await;
            for round in self.assign_errors(groups, &mut batch.failed, deadline).await {
                let mut pending = PendingBatches::new(round);
                while let Some(errors) = self.next_attempt(&mut pending, &mut batch.failed, deadline).await {
                    let indexes: Vec<_> = errors.iter().flat_map(ErrorBatch::delivery_indexes).collect();
                    let attempt = deadline.limit(async {
                        let uncounted = self.drop_duplicates(errors, &mut pending.failed).await;
                        let released = self.record_releases(uncounted, &mut pending.failed).await;
                        let written = self.write_segments(released, &mut pending.failed).await;
                        let indexed = self.index_ids(written, &mut pending.failed).await;
                        let prepared = self.prepare_commits(pending.keep_back_conflicting(indexed));
                        let posted = self.post_terms(prepared, &mut pending.failed).await;
                        let committed = self.commit(posted, &mut pending.failed).await;
                        batch.outcome.add(&committed);
                    });
                    if let Err(reason) = attempt.await {
                        batch.failed.add_all(indexes, &reason);
                    }
                }
            }
        }
        self.enter_feedback(batch.feedback, &mut batch.failed, deadline).await;
        self.count(batch.outcome, deadline).await;
        self.compact_index(deadline).await;
        batch.failed.add_repeated(batch.repeated);
        self.remove_claims(batch.claims, &mut batch.failed, deadline).await;
        self.report_failures(deliveries, batch.failed, deadline).await
    }
}

/// The state of a batch across its messages.
#[derive(Default)]
struct BatchState {
    /// The events of the batch, and the first delivery that contained each.
    first_deliveries: BTreeMap<(ProjectId, EventId), usize>,
    /// Pairs of a delivery that repeats an event, and the earlier delivery that contained it first.
    repeated: Vec<(usize, usize)>,
    claims: ClaimedBodies,
    feedback: Vec<FeedbackEntry>,
    outcome: BatchOutcome,
    failed: FailedDeliveries,
}

impl BatchState {
    fn take_message(&mut self, delivery_index: usize, opened: OpenedMessage) -> Message {
        self.claims.extend(opened.claim.map(|key| (delivery_index, key)));
        self.outcome.key_uses.add(&opened.message.header);
        opened.message
    }

    /// Adds those events that are not in the batch yet.
    fn add_new_events(
        &mut self,
        groups: &mut Groups,
        delivery_index: usize,
        project: &ResolvedProject,
        occurrences: Vec<GroupedOccurrence>,
    ) {
        for grouped in occurrences {
            match self.first_deliveries.entry((project.id, grouped.event_id)) {
                Occupied(first) => self.repeated.push((delivery_index, *first.get())),
                Vacant(vacant) => {
                    vacant.insert(delivery_index);
                    groups.add(project, grouped);
                }
            }
        }
    }
}
