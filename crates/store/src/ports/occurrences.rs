use std::ops::RangeInclusive;

use async_trait::async_trait;
use domain::id::{ErrorUid, EventDigest, ProjectId, ReferenceId, SegmentId};
use domain::segment::FrameRange;
use domain::time::Timestamp;
use domain::timeline::{Hour, Timeline};

use super::Page;
use crate::error::Result;

/// Where the occurrences of an error are, and how many there were when.
#[async_trait]
pub trait Occurrences: Send + Sync {
    /// The reference of this id.
    async fn reference(&self, project: ProjectId, uid: &ErrorUid, id: &ReferenceId) -> Result<Option<Reference>>;

    /// At most `limit` references older than `before`, newest first.
    async fn references(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        before: Option<&ReferenceId>,
        limit: usize,
    ) -> Result<Page<Reference, ReferenceId>>;

    /// The counts of these hours. Reads one item for each hour that had any.
    async fn timeline(&self, project: ProjectId, uid: &ErrorUid, hours: RangeInclusive<Hour>) -> Result<Timeline>;

    /// Removes these references.
    async fn remove_references(&self, project: ProjectId, uid: &ErrorUid, ids: &[ReferenceId]) -> Result<()>;

    /// Removes at most 1,000 hours of the timeline; says whether any are left.
    async fn remove_timeline(&self, project: ProjectId, uid: &ErrorUid) -> Result<bool>;
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
