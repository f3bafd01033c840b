use std::ops::RangeInclusive;

use async_trait::async_trait;
use bytes::Bytes;
use formats::segment::{FrameRange, Lines};
use formats::{inline_frame, segment};
use futures_util::future::try_join_all;
use model::error::ErrorAggregate;
use model::id::{AttachmentFolder, ErrorUid, EventHash, ProjectId, ReferenceId, SegmentId};
use model::time::Timestamp;
use model::timeline::{Hour, Timeline};

use super::Page;
use crate::error::Result;

/// References to the occurrences of errors, and timelines that count them.
#[async_trait]
pub trait Occurrences: Send + Sync {
    async fn reference(&self, project: ProjectId, uid: &ErrorUid, id: &ReferenceId) -> Result<Option<Reference>>;

    /// Returns at most `limit` references of a range, in the range's order. `next` is the id after which the range
    /// continues.
    async fn references_in_range(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        range: &ReferenceRange,
        limit: usize,
    ) -> Result<Page<Reference, ReferenceId>>;

    /// Returns at most `limit` references older than `before`, newest first.
    async fn references(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        before: Option<&ReferenceId>,
        limit: usize,
    ) -> Result<Page<Reference, ReferenceId>> {
        let range = ReferenceRange { older_than: before.copied(), ..ReferenceRange::default() };
        self.references_in_range(project, uid, &range, limit).await
    }

    /// Returns the counts of these hours. Reads one item for each hour with events.
    async fn timeline(&self, project: ProjectId, uid: &ErrorUid, hours: RangeInclusive<Hour>) -> Result<Timeline>;

    /// Like [`reference`](Self::reference), but also looks at the errors that are merged into this one.
    async fn reference_of(&self, error: &ErrorAggregate, id: &ReferenceId) -> Result<Option<Reference>> {
        let incarnations: Vec<_> = error.uids().collect();
        let found = incarnations.iter().map(|uid| self.reference(error.project, uid, id));
        Ok(try_join_all(found).await?.into_iter().flatten().next())
    }

    /// Like [`references_in_range`](Self::references_in_range), but combines the references of an error and of all
    /// errors that are merged into it into one list. Reads up to `limit` references of each.
    async fn references_in_range_of(
        &self,
        error: &ErrorAggregate,
        range: &ReferenceRange,
        limit: usize,
    ) -> Result<Page<Reference, ReferenceId>> {
        let incarnations: Vec<_> = error.uids().collect();
        let pages = incarnations.iter().map(|uid| self.references_in_range(error.project, uid, range, limit));
        Ok(merge(try_join_all(pages).await?, range.oldest_first, limit))
    }

    /// The sum of the [`timeline`](Self::timeline)s of an error and of all errors that are merged into it.
    async fn timeline_of(&self, error: &ErrorAggregate, hours: RangeInclusive<Hour>) -> Result<Timeline> {
        let incarnations: Vec<_> = error.uids().collect();
        let timelines = incarnations.iter().map(|uid| self.timeline(error.project, uid, hours.clone()));
        let mut sum = Timeline::default();
        for timeline in try_join_all(timelines).await? {
            timeline.minutes().for_each(|(minute, count)| sum.add(minute, count));
        }
        Ok(sum)
    }

    async fn remove_references(&self, project: ProjectId, uid: &ErrorUid, ids: &[ReferenceId]) -> Result<()>;

    /// Removes at most 1,000 hours of the timeline. Returns whether any are left.
    async fn remove_timeline(&self, project: ProjectId, uid: &ErrorUid) -> Result<bool>;
}

/// A range of an error's references, and the direction in which to read it. The default is everything, newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReferenceRange {
    /// Only references with a greater id.
    pub newer_than: Option<ReferenceId>,
    /// Only references with a smaller id.
    pub older_than: Option<ReferenceId>,
    pub oldest_first: bool,
}

impl ReferenceRange {
    /// The rest of the range after `id`, in its own direction.
    #[must_use]
    pub fn after(self, id: ReferenceId) -> Self {
        match self.oldest_first {
            true => Self { newer_than: self.newer_than.max(Some(id)), ..self },
            false => Self { older_than: Some(self.older_than.map_or(id, |bound| bound.min(id))), ..self },
        }
    }
}

/// A frame of occurrences of one error that happened in one minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The id. It contains the time of the newest occurrence.
    pub id: ReferenceId,
    /// Where the occurrences are.
    pub frame: FramePlace,
    /// The time of the oldest occurrence.
    pub first: Timestamp,
    /// The time of the newest occurrence.
    pub last: Timestamp,
    /// One hash for each occurrence, to recognise events that are delivered again.
    pub events: Vec<EventHash>,
    /// Where the attachments of those events are that have any.
    pub attached: Vec<AttachmentFolder>,
}

/// Where a frame is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FramePlace {
    /// A part of an object in the bucket.
    Segment { id: SegmentId, range: FrameRange },
    /// In the reference itself, as [`inline_frame`](formats::inline_frame) packs it. Few occurrences that come alone are
    /// stored so: an object of their own would cost more than all the rest of them.
    Inline(Bytes),
}

impl FramePlace {
    /// The length of the frame in bytes.
    pub fn length(&self) -> u64 {
        match self {
            Self::Segment { range, .. } => range.length,
            Self::Inline(frame) => frame.len() as u64,
        }
    }
}

/// A frame that was read.
#[derive(Clone, Debug)]
pub enum Frame {
    Segment(Bytes),
    Inline(Bytes),
}

impl Frame {
    /// Returns its lines, each an occurrence in JSON.
    pub fn lines(&self) -> Lines<'_> {
        match self {
            Self::Segment(frame) => segment::lines(frame),
            Self::Inline(frame) => inline_frame::lines(frame),
        }
    }
}

/// Merges one page of each incarnation into one page. All pages have the same order.
fn merge(pages: Vec<Page<Reference, ReferenceId>>, oldest_first: bool, limit: usize) -> Page<Reference, ReferenceId> {
    // If an incarnation was not read to its end, its references after that page are unknown, so the merged page must
    // end there.
    let ends = pages.iter().filter_map(|page| page.next);
    let horizon = if oldest_first { ends.min() } else { ends.max() };
    let within = |id: ReferenceId| match horizon {
        Some(end) if oldest_first => id <= end,
        Some(end) => id >= end,
        None => true,
    };
    let mut items: Vec<_> = pages.into_iter().flat_map(|page| page.items).filter(|item| within(item.id)).collect();
    items.sort_by_key(|item| item.id);
    if !oldest_first {
        items.reverse();
    }
    Page { items, next: horizon }.cut(limit, |item| item.id)
}

#[cfg(test)]
mod tests {
    use model::id::EventId;

    use super::*;

    fn id(second: i64) -> ReferenceId {
        ReferenceId::new(Timestamp::from_seconds(second), 7)
    }

    fn reference(second: i64) -> Reference {
        let at = Timestamp::from_seconds(second);
        Reference {
            id: id(second),
            frame: FramePlace::Segment {
                id: SegmentId::new(ProjectId::new(1).unwrap(), at, 1),
                range: FrameRange { offset: 0, length: 1 },
            },
            first: at,
            last: at,
            events: vec![EventId::from_bytes([0; 16]).hash()],
            attached: Vec::new(),
        }
    }

    /// The page that a store returns for an incarnation with references at `seconds`.
    fn page_of(seconds: &[i64], range: &ReferenceRange, limit: usize) -> Page<Reference, ReferenceId> {
        let bound = |id: &ReferenceId| {
            range.newer_than.is_none_or(|bound| *id > bound) && range.older_than.is_none_or(|bound| *id < bound)
        };
        let mut all: Vec<_> = seconds.iter().map(|&second| reference(second)).filter(|one| bound(&one.id)).collect();
        all.sort_by_key(|one| one.id);
        if !range.oldest_first {
            all.reverse();
        }
        Page { items: all, next: None }.cut(limit, |one| one.id)
    }

    proptest::proptest! {
        /// For any incarnations and limit, paging returns every reference once, in order.
        #[test]
        fn incarnations_are_one_list(
            incarnations in proptest::collection::vec(proptest::collection::btree_set(0..200i64, 0..30), 1..4),
            limit in 1..8usize,
            oldest_first: bool,
        ) {
            // Each second is used in one incarnation only, because ids are unique.
            let mut seen = std::collections::BTreeSet::new();
            let incarnations: Vec<Vec<i64>> = incarnations
                .into_iter()
                .map(|incarnation| incarnation.into_iter().filter(|second| seen.insert(*second)).collect())
                .collect();
            let (mut range, mut all) = (ReferenceRange { oldest_first, ..ReferenceRange::default() }, Vec::new());
            loop {
                let pages = incarnations.iter().map(|incarnation| page_of(incarnation, &range, limit)).collect();
                let page = merge(pages, oldest_first, limit);
                proptest::prop_assert!(page.items.len() <= limit);
                all.extend(page.items.iter().map(|one| one.last.seconds()));
                match page.next {
                    Some(next) => range = range.after(next),
                    None => break,
                }
            }
            let mut expected: Vec<_> = seen.into_iter().collect();
            if !oldest_first {
                expected.reverse();
            }
            proptest::prop_assert_eq!(all, expected);
        }
    }
}
