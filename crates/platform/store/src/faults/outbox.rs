//! Wrappers of the ports that `notify` uses in addition to those of the processor.

use std::ops::RangeInclusive;
use std::sync::Arc;

use async_trait::async_trait;
use model::error::history::HistoryEntry;
use model::error::{ErrorAggregate, ErrorChange, Link, Status};
use model::id::{ErrorUid, Fingerprint, ProjectId, ProjectName, ReferenceId};
use model::sealed::Sealed;
use model::time::Timestamp;
use model::timeline::{Hour, Timeline};
use rules::lane::{Lane, LaneId};

use super::Faulty;
use crate::error::Result;
use crate::ports::{
    ErrorCursor, Errors, Links, Occurrences, Outbox, Page, ReceivedLetter, Reference, ReferenceRange, Sealer,
    Undelivered,
};

#[async_trait]
impl<P: Outbox> Outbox for Faulty<P> {
    async fn lane(&self, id: &LaneId) -> Result<Option<Lane>> {
        self.call("Outbox::lane", || self.port.lane(id)).await
    }

    async fn save(&self, lane: Lane, expires_at: Timestamp) -> Result<Lane> {
        self.call("Outbox::save", || self.port.save(lane.clone(), expires_at)).await
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<LaneId>> {
        self.call("Outbox::due", || self.port.due(now, limit)).await
    }
}

#[async_trait]
impl<P: Links> Links for Faulty<P> {
    async fn link(&self, error: &ErrorAggregate, destination: &str, link: &Link) -> Result<()> {
        self.call("Links::link", || self.port.link(error, destination, link)).await
    }
}

#[async_trait]
impl<P: Undelivered> Undelivered for Faulty<P> {
    async fn keep(&self, text: String) -> Result<()> {
        self.call("Undelivered::keep", || self.port.keep(text.clone())).await
    }

    async fn receive(&self) -> Result<Vec<ReceivedLetter>> {
        self.call("Undelivered::receive", || self.port.receive()).await
    }

    async fn remove(&self, received: &ReceivedLetter) -> Result<()> {
        self.call("Undelivered::remove", || self.port.remove(received)).await
    }

    async fn release(&self, received: &ReceivedLetter) -> Result<()> {
        self.call("Undelivered::release", || self.port.release(received)).await
    }
}

#[async_trait]
impl<P: Errors> Errors for Faulty<P> {
    async fn get(&self, project: ProjectId, fingerprint: &Fingerprint) -> Result<Option<ErrorAggregate>> {
        self.call("Errors::get", || self.port.get(project, fingerprint)).await
    }

    async fn page(
        &self,
        project: ProjectId,
        statuses: &[Status],
        after: Option<&ErrorCursor>,
        limit: usize,
    ) -> Result<Page<ErrorAggregate, ErrorCursor>> {
        self.call("Errors::page", || self.port.page(project, statuses, after, limit)).await
    }

    async fn places(
        &self,
        project: ProjectId,
        statuses: &[Status],
        after: Option<&ErrorCursor>,
        limit: usize,
    ) -> Result<Page<ErrorCursor, ErrorCursor>> {
        self.call("Errors::places", || self.port.places(project, statuses, after, limit)).await
    }

    async fn get_many(&self, project: ProjectId, fingerprints: &[Fingerprint]) -> Result<Vec<ErrorAggregate>> {
        self.call("Errors::get_many", || self.port.get_many(project, fingerprints)).await
    }

    async fn change(
        &self,
        error: &ErrorAggregate,
        change: &ErrorChange,
        entries: &[HistoryEntry],
        now: Timestamp,
    ) -> Result<Option<ErrorAggregate>> {
        self.call("Errors::change", || self.port.change(error, change, entries, now)).await
    }

    async fn start_purge(&self, error: &ErrorAggregate) -> Result<()> {
        self.call("Errors::start_purge", || self.port.start_purge(error)).await
    }

    async fn stored(&self, project: ProjectId, limit: usize) -> Result<Vec<ErrorAggregate>> {
        self.call("Errors::stored", || self.port.stored(project, limit)).await
    }

    async fn pending_purges(&self, project: ProjectId, limit: usize) -> Result<Vec<ErrorUid>> {
        self.call("Errors::pending_purges", || self.port.pending_purges(project, limit)).await
    }

    async fn forget(&self, project: ProjectId, uid: &ErrorUid) -> Result<()> {
        self.call("Errors::forget", || self.port.forget(project, uid)).await
    }
}

#[async_trait]
impl<P: Occurrences> Occurrences for Faulty<P> {
    async fn reference(&self, project: ProjectId, uid: &ErrorUid, id: &ReferenceId) -> Result<Option<Reference>> {
        self.call("Occurrences::reference", || self.port.reference(project, uid, id)).await
    }

    async fn references_in_range(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        range: &ReferenceRange,
        limit: usize,
    ) -> Result<Page<Reference, ReferenceId>> {
        self.call("Occurrences::references_in_range", || self.port.references_in_range(project, uid, range, limit))
            .await
    }

    async fn timeline(&self, project: ProjectId, uid: &ErrorUid, hours: RangeInclusive<Hour>) -> Result<Timeline> {
        self.call("Occurrences::timeline", || self.port.timeline(project, uid, hours.clone())).await
    }

    async fn remove_references(&self, project: ProjectId, uid: &ErrorUid, ids: &[ReferenceId]) -> Result<()> {
        self.call("Occurrences::remove_references", || self.port.remove_references(project, uid, ids)).await
    }

    async fn remove_timeline(&self, project: ProjectId, uid: &ErrorUid) -> Result<bool> {
        self.call("Occurrences::remove_timeline", || self.port.remove_timeline(project, uid)).await
    }
}

/// Allows a [`Faulty`] of a shared sealer.
#[async_trait]
impl Sealer for Arc<dyn Sealer> {
    async fn seal(&self, project: &ProjectName, plaintext: &[u8]) -> Result<Sealed> {
        self.as_ref().seal(project, plaintext).await
    }

    async fn open(&self, project: &ProjectName, sealed: &Sealed) -> Result<Vec<u8>> {
        self.as_ref().open(project, sealed).await
    }

    async fn encrypt_foreign(&self, plaintext: &[u8]) -> Result<String> {
        self.as_ref().encrypt_foreign(plaintext).await
    }

    async fn open_foreign(&self, ciphertext: &str) -> Result<Vec<u8>> {
        self.as_ref().open_foreign(ciphertext).await
    }
}
