use std::ops::RangeInclusive;

use async_trait::async_trait;
use domain::error::ErrorAggregate;
use domain::id::{ErrorUid, EventDigest, ProjectId, ReferenceId, SegmentId};
use domain::segment::FrameRange;
use domain::time::Timestamp;
use domain::timeline::{Hour, Timeline};
use futures_util::future::try_join_all;

use super::Page;
use crate::error::Result;

/// Where the occurrences of an error are, and how many there were when.
#[async_trait]
pub trait Occurrences: Send + Sync {
    /// The reference of this id.
    async fn reference(&self, project: ProjectId, uid: &ErrorUid, id: &ReferenceId) -> Result<Option<Reference>>;

    /// At most `limit` references of a stretch, in its order. `next` is the id behind which the stretch goes on.
    async fn stretch(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        stretch: &Stretch,
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
        let stretch = Stretch { older_than: before.copied(), ..Stretch::default() };
        self.stretch(project, uid, &stretch, limit).await
    }

    /// The counts of these hours. Reads one item for each hour that had any.
    async fn timeline(&self, project: ProjectId, uid: &ErrorUid, hours: RangeInclusive<Hour>) -> Result<Timeline>;

    /// The [`reference`](Self::reference) of this id to occurrences of an error, or of what is merged into it.
    async fn reference_of(&self, error: &ErrorAggregate, id: &ReferenceId) -> Result<Option<Reference>> {
        let lives: Vec<_> = error.uids().collect();
        let found = lives.iter().map(|uid| self.reference(error.project, uid, id));
        Ok(try_join_all(found).await?.into_iter().flatten().next())
    }

    /// The [`references`](Self::references) of an error and of all that is merged into it, newest first. Reads up to
    /// `limit` of each.
    async fn references_of(
        &self,
        error: &ErrorAggregate,
        before: Option<&ReferenceId>,
        limit: usize,
    ) -> Result<Page<Reference, ReferenceId>> {
        let lives: Vec<_> = error.uids().collect();
        let pages = lives.iter().map(|uid| self.references(error.project, uid, before, limit));
        let pages = try_join_all(pages).await?;
        // Of what is older than the end of a page that has a next one, not all is known.
        let known_from = pages.iter().filter_map(|page| page.next).max();
        let mut items: Vec<_> = pages.into_iter().flat_map(|page| page.items).collect();
        items.retain(|reference| known_from.is_none_or(|from| reference.id >= from));
        items.sort_by_key(|reference| std::cmp::Reverse(reference.id));
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(|reference| reference.id) } else { known_from };
        Ok(Page { items, next })
    }

    /// The [`timeline`](Self::timeline) of an error and all that is merged into it, added up.
    async fn timeline_of(&self, error: &ErrorAggregate, hours: RangeInclusive<Hour>) -> Result<Timeline> {
        let lives: Vec<_> = error.uids().collect();
        let timelines = lives.iter().map(|uid| self.timeline(error.project, uid, hours.clone()));
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
pub struct Stretch {
    /// Only references with a greater id.
    pub newer_than: Option<ReferenceId>,
    /// Only references with a smaller id.
    pub older_than: Option<ReferenceId>,
    /// From the oldest on.
    pub oldest_first: bool,
}

impl Stretch {
    /// What is left of it behind `id`, in its own direction.
    #[must_use]
    pub fn behind(self, id: ReferenceId) -> Self {
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
    pub events: Vec<EventDigest>,
}
