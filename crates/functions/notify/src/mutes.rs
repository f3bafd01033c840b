//! Mutes that end at a time: the error is unresolved again from then on, though nothing happens to it. Rules announce its
//! next occurrence.

use model::error::history::{Action, Actor, HistoryEntry};
use model::error::{ErrorAggregate, ErrorChange, Status, StatusChange};
use model::id::Fingerprint;
use model::time::Timestamp;
use rules::lane::Lane;
use store::Result;

use crate::Notify;

/// The destination of the lanes that wake when a mute ends: nothing is sent.
pub(crate) const DESTINATION: &str = "-";

impl Notify {
    /// Ends the mute of an error, if its time is over. Somebody may have muted it again, or for another time, since.
    pub(crate) async fn end_mute(&self, lane: &Lane, fingerprint: &Fingerprint) -> Result<()> {
        let now = self.clock.now();
        let error = self.stores.errors.get(lane.id.project, fingerprint).await?;
        let Some(error) = error else { return Ok(()) };
        let Some(until) = ends_at(&error).filter(|until| *until <= now) else { return Ok(()) };
        let change = ErrorChange::from(StatusChange::Unmuted { at: until });
        let entries = HistoryEntry::all(Action::of(&change, &error), &Actor::Clock, until, self.clock.random());
        self.stores.errors.change(&error, &change, &entries, now).await.map(drop)
    }

    /// When the error's mute ends; now, if it does not.
    pub(crate) async fn muted_until(&self, lane: &Lane, fingerprint: &Fingerprint) -> Result<Timestamp> {
        let error = self.stores.errors.get(lane.id.project, fingerprint).await?;
        Ok(error.and_then(|error| ends_at(&error)).unwrap_or_else(|| self.clock.now()))
    }
}

fn ends_at(error: &ErrorAggregate) -> Option<Timestamp> {
    error.mute.filter(|_| error.status == Status::Muted)?.until
}
