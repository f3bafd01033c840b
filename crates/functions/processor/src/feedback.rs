//! Adds what users say about an event to the history of the event's error.

use model::error::ErrorAggregate;
use model::error::history::{Action, Actor, EntryId, HistoryEntry};
use model::id::{EventHash, ProjectId};
use model::occurrence::Occurrence;
use protocol::sentry::feedback::{self, Feedback};
use store::StoreError;

use crate::deadline::Deadline;
use crate::delivery::FailedDeliveries;
use crate::processor::Processor;

/// How many of the newest entries are compared with new feedback.
const COMPARED_ENTRIES: usize = 100;

/// A history entry for the error of another event.
pub(crate) struct FeedbackEntry {
    delivery_index: usize,
    project: ProjectId,
    about: EventHash,
    entry: HistoryEntry,
}

impl FeedbackEntry {
    /// Returns the entry for an occurrence that is feedback about an event. The same feedback gets the same id each
    /// time, so that a message that is delivered again changes nothing.
    pub(crate) fn of(occurrence: &Occurrence, project: ProjectId, delivery_index: usize) -> Option<Self> {
        if occurrence.kind != feedback::TYPE {
            return None;
        }
        let Feedback { about, name, email, message } = feedback::read(occurrence)?;
        if message.is_empty() {
            return None;
        }
        let (about, event, at) = (about?, occurrence.event_id, occurrence.received_at);
        let entry = HistoryEntry {
            id: EntryId::new(at, 0, event.hash().number().into()),
            at,
            by: Actor::Reporter { name },
            action: Action::FeedbackReceived { event, about, email, text: message },
        };
        Some(Self { delivery_index, project, about: about.hash(), entry })
    }
}

impl Processor {
    /// Enters feedback. It comes after the commits, so that the event may be in the same batch. Feedback about an event
    /// that is not stored (yet) is only an occurrence of its own, which names the event.
    pub(crate) async fn enter_feedback(
        &self,
        entries: Vec<FeedbackEntry>,
        failed: &mut FailedDeliveries,
        deadline: Deadline,
    ) {
        for FeedbackEntry { delivery_index, project, about, entry } in entries {
            let entered = deadline.limit_fallible(async {
                let Some(error) = self.find_event(project, about).await? else { return Ok(()) };
                let error = self.shown_error(error).await?;
                if !self.has_entry(&error, &entry).await? {
                    // If the error is being removed, so is its history.
                    self.stores.history.add_entry(&error, &entry).await?;
                }
                Ok::<_, StoreError>(())
            });
            if let Err(reason) = entered.await {
                failed.add(delivery_index, reason);
            }
        }
    }

    /// Whether the same feedback was entered before, when a client sent it for the first time. A message that is
    /// delivered again needs no look: its entry has the same id.
    async fn has_entry(&self, error: &ErrorAggregate, entry: &HistoryEntry) -> store::Result<bool> {
        let newest = self.stores.history.history(error.project, &error.uid, None, COMPARED_ENTRIES).await?;
        Ok(newest.items.iter().any(|other| other.action == entry.action))
    }

    /// Returns the error that shows the occurrences of `error`: itself, or the one that it is merged into.
    async fn shown_error(&self, error: ErrorAggregate) -> store::Result<ErrorAggregate> {
        let Some(target) = error.merged_into else { return Ok(error) };
        let targets = self.stores.errors.get_many(error.project, &[target]).await?;
        Ok(targets.into_iter().find(|target| target.has_merged(&error)).unwrap_or(error))
    }
}
