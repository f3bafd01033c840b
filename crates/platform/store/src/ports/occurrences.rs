use std::ops::RangeInclusive;

use async_trait::async_trait;
use formats::segment::FrameRange;
use futures_util::future::try_join_all;
use model::error::ErrorAggregate;
use model::id::{ErrorUid, EventHash, ProjectId, ReferenceId, SegmentId};
use model::time::Timestamp;
use model::timeline::{Hour, Timeline};

use super::Page;
use crate::error::Result;

/// Where the occurrences of an error are, and how many there were when.
#[async_trait]
pub trait Occurrences: Send + Sync {
    /// The reference of this id.
    async fn reference(&self, project: ProjectId, uid: &ErrorUid, id: &ReferenceId) -> Result<Option<Reference>>;

    /// At most `limit` references of a range, in its order. `next` is the id behind which the range goes on.
    async fn references_in_range(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        range: &ReferenceRange,
        limit: usize,
    ) -> Result<Page<Reference, ReferenceId>>;

    /// At most `limit` references older than `before`, newest first.
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

    /// The counts of these hours. Reads one item for each hour that had any.
    async fn timeline(&self, project: ProjectId, uid: &ErrorUid, hours: RangeInclusive<Hour>) -> Result<Timeline>;

    /// The [`reference`](Self::reference) of this id to occurrences of an error, or of what is merged into it.
    async fn reference_of(&self, error: &ErrorAggregate, id: &ReferenceId) -> Result<Option<Reference>> {
        let incarnations: Vec<_> = error.uids().collect();
        let found = incarnations.iter().map(|uid| self.reference(error.project, uid, id));
        Ok(try_join_all(found).await?.into_iter().flatten().next())
    }

    /// A [range](Self::references_in_range) of the references of an error and of all that is merged into it, as one list. Reads up
    /// to `limit` of each.
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

    /// The [`timeline`](Self::timeline) of an error and all that is merged into it, added up.
    async fn timeline_of(&self, error: &ErrorAggregate, hours: RangeInclusive<Hour>) -> Result<Timeline> {
        let incarnations: Vec<_> = error.uids().collect();
        let timelines = incarnations.iter().map(|uid| self.timeline(error.project, uid, hours.clone()));
        let mut sum = Timeline::default();
        for timeline in try_join_all(timelines).await? {
            timeline.minutes().for_each(|(minute, count)| sum.add(minute, count));
        }
        Ok(sum)
    }

    /// Removes these references.
    async fn remove_references(&self, project: ProjectId, uid: &ErrorUid, ids: &[ReferenceId]) -> Result<()>;

    /// Removes at most 1,000 hours of the timeline; says whether any are left.
    async fn remove_timeline(&self, project: ProjectId, uid: &ErrorUid) -> Result<bool>;
}

/// A part of the references of an error, and the way to go through it: newest first unless it says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReferenceRange {
    /// Only references with a greater id.
    pub newer_than: Option<ReferenceId>,
    /// Only references with a smaller id.
    pub older_than: Option<ReferenceId>,
    /// From the oldest on.
    pub oldest_first: bool,
}

impl ReferenceRange {
    /// What is left of it behind `id`, in its own direction.
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
    /// Its name, which has the time of the newest occurrence.
    pub id: ReferenceId,
    /// The segment that holds the frame.
    pub segment: SegmentId,
    /// Where in the segment.
    pub frame: FrameRange,
    /// The time of its oldest occurrence.
    pub first: Timestamp,
    /// The time of its newest occurrence.
    pub last: Timestamp,
    /// One for each of its occurrences, to recognise those that come again.
    pub events: Vec<EventHash>,
}

/// One page of several, each in the same order.
fn merge(pages: Vec<Page<Reference, ReferenceId>>, oldest_first: bool, limit: usize) -> Page<Reference, ReferenceId> {
    // Of an incarnation that was not read to its end nothing is known behind where its page ends, so no page may go further.
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
            segment: SegmentId::new(ProjectId::new(1).unwrap(), at, 1),
            frame: FrameRange { offset: 0, length: 1 },
            first: at,
            last: at,
            events: vec![EventId::from_bytes([0; 16]).hash()],
        }
    }

    /// What a store answers for an incarnation with references at `seconds`.
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
        /// Whatever the incarnations and the limit, paging goes over all references once, in order.
        #[test]
        fn incarnations_are_one_list(
            incarnations in proptest::collection::vec(proptest::collection::btree_set(0..200i64, 0..30), 1..4),
            limit in 1..8usize,
            oldest_first: bool,
        ) {
            // Each second in one incarnation only: ids are unique.
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
