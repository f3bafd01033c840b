use std::ops::RangeInclusive;

use async_trait::async_trait;
use domain::id::{ErrorUid, EventDigest, ProjectId, ReferenceId, SegmentId};
use domain::segment::FrameRange;
use domain::time::Timestamp;
use domain::timeline::{Hour, Timeline};

use super::Table;
use super::call::Range;
use super::item::{Attributes, Reader, Writer, bytes, is_expired, key, number, text, time};
use super::schema::{REFERENCE, SK, TIMELINE, error_pk, reference_sk, timeline_sk};
use crate::error::{Result, StoreError};
use crate::ports::{Occurrences, Page, Reference};

#[async_trait]
impl Occurrences for Table {
    async fn reference(&self, project: ProjectId, uid: &ErrorUid, id: &ReferenceId) -> Result<Option<Reference>> {
        let doing = "reading a reference";
        let item = self.get(doing, key(error_pk(project, uid), reference_sk(id)), false).await?;
        let item = item.filter(|item| !is_expired(item, self.clock.now()));
        item.map(|item| decode(doing, project, &item)).transpose()
    }

    async fn references(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        before: Option<&ReferenceId>,
        limit: usize,
    ) -> Result<Page<Reference, ReferenceId>> {
        let doing = "listing references";
        let mut range = Range::of_prefix(error_pk(project, uid), REFERENCE);
        range.after = before.map(reference_sk);
        range.newest_first = true;
        range.limit = Some(limit);
        // A deletion that did not see the newest reference would leave what it refers to for good.
        range.consistent = true;
        let (items, next) = self.query(doing, &range).await?;
        let now = self.clock.now();
        let live = items.iter().filter(|item| !is_expired(item, now));
        let items = live.map(|item| decode(doing, project, item)).collect::<Result<_>>()?;
        let next = next
            .map(|sk| ReferenceId::parse(&sk[REFERENCE.len()..]).map_err(|error| StoreError::corrupt(doing, error)));
        Ok(Page { items, next: next.transpose()? })
    }

    async fn timeline(&self, project: ProjectId, uid: &ErrorUid, hours: RangeInclusive<Hour>) -> Result<Timeline> {
        let doing = "reading a timeline";
        let (first, last) = hours.into_inner();
        let range = Range::between(error_pk(project, uid), timeline_sk(first), timeline_sk(last));
        let mut timeline = Timeline::default();
        for item in self.query_all(doing, range).await? {
            let hour = Reader::new(doing, &item)?
                .parsed(SK, |sk| Hour::parse(&sk[TIMELINE.len()..]).ok_or("an hour that is no number"))?;
            for minute in 0..60 {
                if let Some(count) = item.get(&minute_attribute(minute)) {
                    let count = count.as_n().ok().and_then(|count| count.parse().ok());
                    let count = count.ok_or_else(|| StoreError::corrupt(doing, "a count that is no number"))?;
                    timeline.add(hour.minute(minute), count);
                }
            }
        }
        Ok(timeline)
    }

    async fn remove_references(&self, project: ProjectId, uid: &ErrorUid, ids: &[ReferenceId]) -> Result<()> {
        let pk = error_pk(project, uid);
        let keys = ids.iter().map(|id| key(pk.as_str(), reference_sk(id))).collect();
        self.remove_all("removing references", keys).await
    }

    async fn remove_timeline(&self, project: ProjectId, uid: &ErrorUid) -> Result<bool> {
        let doing = "removing a timeline";
        let pk = error_pk(project, uid);
        let mut range = Range::of_prefix(pk.as_str(), TIMELINE);
        range.limit = Some(1_000);
        let (items, next) = self.query(doing, &range).await?;
        let keys = items.iter().map(|item| Ok(key(pk.as_str(), Reader::new(doing, item)?.text(SK)?)));
        self.remove_all(doing, keys.collect::<Result<_>>()?).await?;
        Ok(next.is_some())
    }
}

/// The attribute of a minute of an hour, 0 to 59.
pub(super) fn minute_attribute(minute: u8) -> String {
    format!("m{minute:02}")
}

pub(super) fn encode(project: ProjectId, uid: &ErrorUid, reference: &Reference, expires_at: Timestamp) -> Attributes {
    Writer::new(error_pk(project, uid), reference_sk(&reference.id))
        .with("segment", text(reference.segment.to_string()))
        .with("offset", number(reference.frame.offset))
        .with("length", number(reference.frame.length))
        .with("first", time(reference.first))
        .with("last", time(reference.last))
        .with("events", bytes(EventDigest::pack(reference.events.iter().copied())))
        .expiring(expires_at)
        .done()
}

pub(super) fn decode(doing: &'static str, project: ProjectId, item: &Attributes) -> Result<Reference> {
    let read = Reader::new(doing, item)?;
    Ok(Reference {
        id: read.parsed(SK, |sk| ReferenceId::parse(&sk[REFERENCE.len()..]))?,
        segment: read.parsed("segment", |text| SegmentId::parse(project, text))?,
        frame: FrameRange { offset: read.number("offset")?, length: read.number("length")? },
        first: read.time("first")?,
        last: read.time("last")?,
        events: EventDigest::unpack(read.bytes("events")?).collect(),
    })
}
