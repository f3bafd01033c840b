//! Adds what users say about an event to the history of the event's error.

use formats::inbox::PayloadKind;
use model::error::ErrorAggregate;
use model::error::history::{Action, Actor, EntryId, HistoryEntry};
use model::id::{EventHash, ProjectId};
use model::occurrence::Occurrence;
use protocol::sentry::feedback::{self, Feedback};
use store::StoreError;

use crate::deadline::Deadline;
use crate::delivery::FailedDeliveries;
use crate::normalise::ScrubbedOccurrence;
use crate::processor::Processor;
use crate::resolve::ResolvedMessage;

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
    /// Returns the entries for a message: none, unless it is feedback about an event. Imported feedback has no entry,
    /// because the history of its error is imported, too.
    pub(crate) fn all_of(
        occurrences: &[ScrubbedOccurrence],
        resolved: &ResolvedMessage,
        delivery_index: usize,
    ) -> Vec<Self> {
        match resolved.message.header.source {
            PayloadKind::Feedback | PayloadKind::UserReport => {
                let entry = |one: &ScrubbedOccurrence| Self::of(&one.0, resolved.project.id, delivery_index);
                occurrences.iter().filter_map(entry).collect()
            }
            PayloadKind::V1
            | PayloadKind::Sentry
            | PayloadKind::Security
            | PayloadKind::Rollbar
            | PayloadKind::Airbrake
            | PayloadKind::Bugsnag
            | PayloadKind::Otlp
            | PayloadKind::Import => Vec::new(),
        }
    }

    /// The same feedback gets the same id each time, so that a message that is delivered again changes nothing.
    fn of(occurrence: &Occurrence, project: ProjectId, delivery_index: usize) -> Option<Self> {
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
