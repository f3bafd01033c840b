use async_trait::async_trait;
use formats::event_index::{self, BlockId, Bucket, Entries, EventLocation};
use model::id::{EventHash, Fingerprint, ProjectId, ReferenceId};

use super::Table;
use super::call::Range;
use super::item::{Reader, Writer, bytes, is_expired, text};
use super::schema::{SK, block_pk, event_pk};
use crate::clock::{Clock, SystemClock};
use crate::error::{Result, StoreError};
use crate::ports::{Entered, EventIndex, Page};

#[async_trait]
impl EventIndex for Table {
    async fn enter(&self, project: ProjectId, entries: &Entries, entered: Entered) -> Result<()> {
        let Entered { at, random, expires_at } = entered;
        let alone = entries.alone.iter().map(|(event, location)| {
            Writer::new(event_pk(project, *event), location.reference.to_string())
                .with("error", text(location.fingerprint.to_string()))
                .expiring(expires_at)
                .done()
        });
        let blocks = entries.blocks.iter().enumerate().map(|(index, (bucket, block))| {
            Writer::new(block_pk(project, *bucket), BlockId::new(at, random, index).to_string())
                .with("events", bytes(block.clone()))
                .expiring(expires_at)
                .done()
        });
        self.put_all("adding events to the event index", alone.chain(blocks).collect()).await
    }

    async fn locations(&self, project: ProjectId, event: EventHash, limit: usize) -> Result<Vec<EventLocation>> {
        let doing = "looking for an event";
        let mut range = Range::of_prefix(event_pk(project, event), "");
        range.newest_first = true;
        range.limit = Some(limit);
        // A client may ask for an event right after it received the id, and must find it if it is stored.
        range.consistent = true;
        let now = SystemClock.now();
        let (items, _) = self.query(doing, &range).await?;
        let location = |item| {
            let read = Reader::new(doing, item)?;
            let (reference, fingerprint) =
                (read.parsed(SK, ReferenceId::parse)?, read.parsed("error", Fingerprint::parse)?);
            Ok(EventLocation { fingerprint, reference })
        };
        items.iter().filter(|item| !is_expired(item, now)).map(location).collect()
    }

    async fn locations_in(
        &self,
        project: ProjectId,
        event: EventHash,
        bucket: Bucket,
        before: Option<BlockId>,
        limit: usize,
    ) -> Result<Page<EventLocation, BlockId>> {
        let doing = "looking for an event in blocks";
        let mut range = Range::of_prefix(block_pk(project, bucket), "");
        range.after = before.map(|before| before.to_string());
        range.newest_first = true;
        range.limit = Some(limit);
        let now = SystemClock.now();
        let (items, next) = self.query(doing, &range).await?;
        let mut locations = Vec::new();
        for item in items.iter().filter(|item| !is_expired(item, now)) {
            let found = event_index::locations(Reader::new(doing, item)?.bytes("events")?, event);
            locations.extend(found.map_err(|error| StoreError::corrupt(doing, error))?);
        }
        let next = next.map(|sk| BlockId::parse(&sk).map_err(|error| StoreError::corrupt(doing, error)));
        Ok(Page { items: locations, next: next.transpose()? })
    }
}
