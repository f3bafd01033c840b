use async_trait::async_trait;
use formats::directory::{self, BlockId, Bucket, Entries, Place};
use model::id::{EventHash, Fingerprint, ProjectId, ReferenceId};

use super::Table;
use super::call::Range;
use super::item::{Reader, Writer, bytes, is_expired, text};
use super::schema::{SK, block_pk, event_pk};
use crate::clock::{Clock, SystemClock};
use crate::error::{Result, StoreError};
use crate::ports::{Directory, Entered, Page};

#[async_trait]
impl Directory for Table {
    async fn enter(&self, project: ProjectId, entries: &Entries, entered: Entered) -> Result<()> {
        let Entered { at, random, expires_at } = entered;
        let alone = entries.alone.iter().map(|(event, place)| {
            Writer::new(event_pk(project, *event), place.reference.to_string())
                .with("error", text(place.fingerprint.to_string()))
                .expiring(expires_at)
                .done()
        });
        let blocks = entries.blocks.iter().enumerate().map(|(index, (bucket, block))| {
            Writer::new(block_pk(project, *bucket), BlockId::new(at, random, index).to_string())
                .with("events", bytes(block.clone()))
                .expiring(expires_at)
                .done()
        });
        self.put_all("entering events in the directory", alone.chain(blocks).collect()).await
    }

    async fn places(&self, project: ProjectId, event: EventHash, limit: usize) -> Result<Vec<Place>> {
        let doing = "looking for an event";
        let mut range = Range::of_prefix(event_pk(project, event), "");
        range.newest_first = true;
        range.limit = Some(limit);
        // Who has an id from an answer of a moment ago must find what is stored.
        range.consistent = true;
        let now = SystemClock.now();
        let (items, _) = self.query(doing, &range).await?;
        let place = |item| {
            let read = Reader::new(doing, item)?;
            let (reference, fingerprint) =
                (read.parsed(SK, ReferenceId::parse)?, read.parsed("error", Fingerprint::parse)?);
            Ok(Place { fingerprint, reference })
        };
        items.iter().filter(|item| !is_expired(item, now)).map(place).collect()
    }

    async fn places_in(
        &self,
        project: ProjectId,
        event: EventHash,
        bucket: Bucket,
        before: Option<BlockId>,
        limit: usize,
    ) -> Result<Page<Place, BlockId>> {
        let doing = "looking for an event in blocks";
        let mut range = Range::of_prefix(block_pk(project, bucket), "");
        range.after = before.map(|before| before.to_string());
        range.newest_first = true;
        range.limit = Some(limit);
        let now = SystemClock.now();
        let (items, next) = self.query(doing, &range).await?;
        let mut places = Vec::new();
        for item in items.iter().filter(|item| !is_expired(item, now)) {
            let found = directory::places(Reader::new(doing, item)?.bytes("events")?, event);
            places.extend(found.map_err(|error| StoreError::corrupt(doing, error))?);
        }
        let next = next.map(|sk| BlockId::parse(&sk).map_err(|error| StoreError::corrupt(doing, error)));
        Ok(Page { items: places, next: next.transpose()? })
    }
}
