use std::ops::RangeInclusive;

use async_trait::async_trait;
use bytes::Bytes;
use formats::segment::FrameRange;
use model::id::{AttachmentFolder, ErrorUid, EventHash, ProjectId, ReferenceId, SegmentId};
use model::time::Timestamp;
use model::timeline::{Hour, Timeline};

use super::Table;
use super::call::Range;
use super::item::{Attributes, Reader, Writer, bytes, is_expired, key, number, text, time};
use super::schema::{REFERENCE, SK, error_pk, reference_sk};
use crate::error::{Result, StoreError};
use crate::ports::{FramePlace, Occurrences, Page, Reference, ReferenceRange};

/// A short name: an attribute's name counts towards the size of its item.
const INLINE_FRAME: &str = "frame";
/// Missing if no event has attachments.
const ATTACHED: &str = "attached";

#[async_trait]
impl Occurrences for Table {
    async fn reference(&self, project: ProjectId, uid: &ErrorUid, id: &ReferenceId) -> Result<Option<Reference>> {
        let doing = "reading a reference";
        let item = self.get(doing, key(error_pk(project, uid), reference_sk(id)), false).await?;
        let item = item.filter(|item| !is_expired(item, self.clock.now()));
        item.map(|item| decode(doing, project, &item)).transpose()
    }

    async fn references_in_range(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        range: &ReferenceRange,
        limit: usize,
    ) -> Result<Page<Reference, ReferenceId>> {
        let doing = "listing references";
        let first = range.newer_than.map_or(Some(ReferenceId::MIN), ReferenceId::next);
        let last = range.older_than.map_or(Some(ReferenceId::MAX), ReferenceId::previous);
        let (Some(first), Some(last)) = (first, last) else { return Ok(Page { items: Vec::new(), next: None }) };
        if first > last {
            // DynamoDB refuses a range that ends before it begins.
            return Ok(Page { items: Vec::new(), next: None });
        }
        let mut query = Range::between(error_pk(project, uid), reference_sk(&first), reference_sk(&last));
        query.newest_first = !range.oldest_first;
        query.limit = Some(limit);
        // If a deletion missed the newest reference, the segment data it refers to would never be removed.
        query.consistent = true;
        let (items, next) = self.query(doing, &query).await?;
        let now = self.clock.now();
        let live = items.iter().filter(|item| !is_expired(item, now));
        let items = live.map(|item| decode(doing, project, item)).collect::<Result<_>>()?;
        let next = next
            .map(|sk| ReferenceId::parse(&sk[REFERENCE.len()..]).map_err(|error| StoreError::corrupt(doing, error)));
        Ok(Page { items, next: next.transpose()? })
    }

    async fn timeline(&self, project: ProjectId, uid: &ErrorUid, hours: RangeInclusive<Hour>) -> Result<Timeline> {
        self.read_timeline("reading a timeline", error_pk(project, uid), hours).await
    }

    async fn remove_references(&self, project: ProjectId, uid: &ErrorUid, ids: &[ReferenceId]) -> Result<()> {
        let pk = error_pk(project, uid);
        let keys = ids.iter().map(|id| key(pk.as_str(), reference_sk(id))).collect();
        self.remove_all("removing references", keys).await
    }

    async fn remove_timeline(&self, project: ProjectId, uid: &ErrorUid) -> Result<bool> {
        self.remove_some_hours("removing a timeline", error_pk(project, uid)).await
    }
}

pub(super) fn encode(project: ProjectId, uid: &ErrorUid, reference: &Reference, expires_at: Timestamp) -> Attributes {
    let item = Writer::new(error_pk(project, uid), reference_sk(&reference.id));
    let item = match &reference.frame {
        FramePlace::Segment { id, range } => item
            .with("segment", text(id.to_string()))
            .with("offset", number(range.offset))
            .with("length", number(range.length)),
        FramePlace::Inline(frame) => item.with(INLINE_FRAME, bytes(frame.to_vec())),
    };
    let item = match reference.attached.as_slice() {
        [] => item,
        attached => item.with(ATTACHED, bytes(AttachmentFolder::pack(attached))),
    };
    item.with("first", time(reference.first))
        .with("last", time(reference.last))
        .with("events", bytes(EventHash::pack(reference.events.iter().copied())))
        .expiring(expires_at)
        .done()
}

pub(super) fn decode(doing: &'static str, project: ProjectId, item: &Attributes) -> Result<Reference> {
    let read = Reader::new(doing, item)?;
    Ok(Reference {
        id: read.parsed(SK, |sk| ReferenceId::parse(&sk[REFERENCE.len()..]))?,
        frame: if item.contains_key(INLINE_FRAME) {
            FramePlace::Inline(Bytes::copy_from_slice(read.bytes(INLINE_FRAME)?))
        } else {
            FramePlace::Segment {
                id: read.parsed("segment", |text| SegmentId::parse(project, text))?,
                range: FrameRange { offset: read.number("offset")?, length: read.number("length")? },
            }
        },
        first: read.time("first")?,
        last: read.time("last")?,
        events: EventHash::unpack(read.bytes("events")?).collect(),
        attached: read
            .if_any(ATTACHED, |read, name| {
                read.parsed_bytes(name, |packed| {
                    AttachmentFolder::unpack(project, packed).ok_or("folders of attachments are damaged")
                })
            })?
            .unwrap_or_default(),
    })
}
