//! The references of an error, over all of its lives, in one order.

use domain::error::ErrorAggregate;
use domain::id::{ErrorUid, ProjectId, ReferenceId};
use futures_util::future::try_join_all;
use store::ports::{Occurrences, Page, Reference, Stretch};

use crate::Query;

/// How often references are read for one page, and how many at once at the most, while all of them have expired.
/// DynamoDB removes them within days; an error may have thousands a day.
const MOST_READS: usize = 10;
const LONGEST_STEP: usize = 1_000;

/// Where the occurrences of an error are. An error that others are merged into has their lives too.
pub(crate) struct References<'a> {
    occurrences: &'a dyn Occurrences,
    project: ProjectId,
    lives: Vec<ErrorUid>,
}

impl<'a> References<'a> {
    /// Those of `error`.
    pub(crate) fn of(query: &'a Query, error: &ErrorAggregate) -> Self {
        Self { occurrences: &*query.occurrences, project: error.project, lives: error.uids().collect() }
    }

    /// The reference of this id, in whichever life it is. Reads one item for each life.
    pub(crate) async fn find(&self, id: &ReferenceId) -> store::Result<Option<Reference>> {
        let found = self.lives.iter().map(|uid| self.occurrences.reference(self.project, uid, id));
        Ok(try_join_all(found).await?.into_iter().flatten().next())
    }

    /// At most `limit` references of a stretch, in its order. Reads as many of each life; more only where all of these
    /// have expired, and are yet to be removed. There it may end without any, though there are more.
    pub(crate) async fn page(&self, stretch: &Stretch, limit: usize) -> store::Result<Page<Reference, ReferenceId>> {
        let (mut stretch, mut step) = (*stretch, limit);
        for _ in 0..MOST_READS {
            let pages = self.lives.iter().map(|uid| self.occurrences.stretch(self.project, uid, &stretch, step));
            let page = merge(try_join_all(pages).await?, stretch.oldest_first, limit);
            match page.next {
                Some(next) if page.items.is_empty() => stretch = stretch.behind(next),
                _ => return Ok(page),
            }
            step = (step * 10).min(LONGEST_STEP);
        }
        let end = if stretch.oldest_first { stretch.newer_than } else { stretch.older_than };
        Ok(Page { items: Vec::new(), next: end })
    }
}

/// One page of several, each in the same order.
fn merge(pages: Vec<Page<Reference, ReferenceId>>, oldest_first: bool, limit: usize) -> Page<Reference, ReferenceId> {
    // Of a life that was not read to its end nothing is known behind where its page ends, so no page may go further.
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
    let is_cut = items.len() > limit;
    items.truncate(limit);
    let next = if is_cut { items.last().map(|item| item.id) } else { horizon };
    Page { items, next }
}

#[cfg(test)]
mod tests {
    use domain::id::{EventId, SegmentId};
    use domain::segment::FrameRange;
    use domain::time::Timestamp;

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
            events: vec![EventId::from_bytes([0; 16]).digest()],
        }
    }

    /// What a store answers for a life with references at `seconds`.
    fn page_of(seconds: &[i64], stretch: &Stretch, limit: usize) -> Page<Reference, ReferenceId> {
        let bound = |id: &ReferenceId| {
            stretch.newer_than.is_none_or(|bound| *id > bound) && stretch.older_than.is_none_or(|bound| *id < bound)
        };
        let mut all: Vec<_> = seconds.iter().map(|&second| reference(second)).filter(|one| bound(&one.id)).collect();
        all.sort_by_key(|one| one.id);
        if !stretch.oldest_first {
            all.reverse();
        }
        let is_cut = all.len() > limit;
        all.truncate(limit);
        let next = all.last().filter(|_| is_cut).map(|one| one.id);
        Page { items: all, next }
    }

    proptest::proptest! {
        /// Whatever the lives and the limit, paging goes over all references once, in order.
        #[test]
        fn lives_are_one_list(
            lives in proptest::collection::vec(proptest::collection::btree_set(0..200i64, 0..30), 1..4),
            limit in 1..8usize,
            oldest_first: bool,
        ) {
            // Each second in one life only: ids are unique.
            let mut seen = std::collections::BTreeSet::new();
            let lives: Vec<Vec<i64>> = lives
                .into_iter()
                .map(|life| life.into_iter().filter(|second| seen.insert(*second)).collect())
                .collect();
            let (mut stretch, mut all) = (Stretch { oldest_first, ..Stretch::default() }, Vec::new());
            loop {
                let pages = lives.iter().map(|life| page_of(life, &stretch, limit)).collect();
                let page = merge(pages, oldest_first, limit);
                proptest::prop_assert!(page.items.len() <= limit);
                all.extend(page.items.iter().map(|one| one.last.seconds()));
                match page.next {
                    Some(next) => stretch = stretch.behind(next),
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
