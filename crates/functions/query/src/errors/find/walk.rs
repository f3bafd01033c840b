use std::collections::{HashMap, HashSet, VecDeque};

use model::error::PostingBatch;
use model::error::{ErrorAggregate, Has, Status};
use model::id::{Fingerprint, ProjectId};
use model::time::Timestamp;
use search::{Sort, TermHash, slot};
use store::ports::{ErrorCursor, PostingPosition};

use super::cursor::WalkPosition;
use super::{ErrorSearch, FoundErrors, MAX_EXAMINED_ERRORS};
use crate::Query;

/// The number of errors that are read at once if not all of them match.
const MAX_ERRORS_READ: usize = 100;

impl Query {
    /// Walks over the errors in the order of the list, until the page is full or [`MAX_EXAMINED_ERRORS`] were read. One
    /// page is in the exact order; across pages it is the order of [`Sort::order`]. Errors in `shown` are skipped.
    pub(super) async fn walk(
        &self,
        project: ProjectId,
        search: &ErrorSearch,
        shown: Option<&HashSet<Fingerprint>>,
    ) -> store::Result<FoundErrors> {
        let ErrorSearch { filter, sort, after, limit } = search;
        let is_shown = |error: &ErrorAggregate| shown.is_some_and(|shown| shown.contains(&error.fingerprint));
        let is_plain = *sort == Sort::LastSeen && !filter.asks_errors();
        let mut way = Way::new(self, project, search);
        let (mut errors, mut seen, mut examined, mut last) = (Vec::new(), HashSet::new(), 0, None);
        while errors.len() < *limit && examined < MAX_EXAMINED_ERRORS {
            let stride = if is_plain { limit - errors.len() } else { MAX_ERRORS_READ };
            let entries = way.next(stride.min(MAX_EXAMINED_ERRORS - examined)).await?;
            if entries.is_empty() {
                break;
            }
            let prints: Vec<_> = entries.iter().map(|entry| entry.fingerprint).collect();
            let read = self.stores.errors.get_many(project, &prints).await?;
            let mut read: HashMap<_, _> = read.into_iter().map(|error| (error.fingerprint, error)).collect();
            examined += entries.len();
            let mut entries = VecDeque::from(entries);
            while let Some(entry) = entries.pop_front() {
                let is_it = read.get(&entry.fingerprint).is_some_and(|error| {
                    sort.stands(error, entry.batch)
                        && after.is_before(*sort, error)
                        && !is_shown(error)
                        && filter.matches(error) > Has::No
                });
                last = Some(entry.place);
                if is_it && seen.insert(entry.fingerprint) {
                    errors.extend(read.remove(&entry.fingerprint));
                }
                if errors.len() == *limit {
                    break;
                }
            }
            way.put_back(entries);
        }
        search.order(&mut errors);
        let next = if way.has_more() { last.map(|place| after.at(*sort, place)) } else { None };
        Ok(search.page(errors, examined, next))
    }
}

/// An entry of the list. The error may have moved to another position since.
struct ListedError {
    fingerprint: Fingerprint,
    batch: PostingBatch,
    place: WalkPosition,
}

/// Iterates over the errors of a project in a sort order.
struct Way<'a> {
    query: &'a Query,
    project: ProjectId,
    /// For `lastSeen`: the statuses whose lists are read.
    statuses: Vec<Status>,
    /// For other sort orders: the term whose list is read.
    term: Option<TermHash>,
    after: Option<WalkPosition>,
    /// The lowest order that may match.
    lowest: u32,
    ahead: VecDeque<ListedError>,
    is_at_end: bool,
}

impl<'a> Way<'a> {
    fn new(query: &'a Query, project: ProjectId, search: &ErrorSearch) -> Self {
        let ErrorSearch { filter, sort, after, .. } = search;
        let (from, to) = match sort {
            Sort::LastSeen => filter.last_seen,
            Sort::FirstSeen => filter.first_seen,
            Sort::Count | Sort::Users => (None, None),
        };
        let of_slot = |moment: Timestamp| slot(moment.seconds());
        let highest = [after.order(), to.map(of_slot)].into_iter().flatten().min();
        let above = |order| match sort {
            Sort::LastSeen => WalkPosition::Seen(ErrorCursor::above(order)),
            _ => WalkPosition::Posted(PostingPosition::above(order)),
        };
        Self {
            query,
            project,
            statuses: filter.status.map_or(Status::ALL.to_vec(), |status| vec![status]),
            term: sort.term().map(|term| term.hash()),
            after: after.place().cloned().or_else(|| highest.map(above)),
            lowest: from.map(of_slot).unwrap_or_default(),
            ahead: VecDeque::new(),
            is_at_end: false,
        }
    }

    /// Returns the next `count` entries, or fewer at the end of the list. Looks one entry further ahead, to know
    /// whether there are more.
    async fn next(&mut self, count: usize) -> store::Result<Vec<ListedError>> {
        while self.ahead.len() <= count && !self.is_at_end {
            self.look_ahead(count + 1 - self.ahead.len()).await?;
        }
        Ok(self.ahead.drain(..count.min(self.ahead.len())).collect())
    }

    async fn look_ahead(&mut self, count: usize) -> store::Result<()> {
        let before = self.ahead.len();
        let is_last = match (&self.term, &self.after) {
            (Some(term), after) => {
                let after = if let Some(WalkPosition::Posted(place)) = after { Some(place) } else { None };
                let page = self.query.stores.search_index.list(self.project, *term, after, count).await?;
                self.ahead.extend(page.items.into_iter().map(|posted| ListedError {
                    fingerprint: posted.fingerprint,
                    batch: posted.position.batch,
                    place: WalkPosition::Posted(posted.position),
                }));
                page.next.is_none()
            }
            (None, after) => {
                let after = if let Some(WalkPosition::Seen(place)) = after { Some(place) } else { None };
                let page = self.query.stores.errors.places(self.project, &self.statuses, after, count).await?;
                self.ahead.extend(page.items.into_iter().filter_map(|place| {
                    let fingerprint = place.fingerprint()?;
                    Some(ListedError { fingerprint, batch: PostingBatch::default(), place: WalkPosition::Seen(place) })
                }));
                page.next.is_none()
            }
        };
        self.is_at_end = is_last || self.ahead.len() == before;
        self.after = self.ahead.back().map(|entry| entry.place.clone()).or(self.after.take());
        let order = |place: &WalkPosition| match place {
            WalkPosition::Seen(place) => place.slot(),
            WalkPosition::Posted(place) => place.order,
        };
        while self.ahead.back().is_some_and(|entry| order(&entry.place) < self.lowest) {
            self.ahead.pop_back();
            self.is_at_end = true;
        }
        Ok(())
    }

    /// Puts back entries that were taken but not examined, so that they come next.
    fn put_back(&mut self, entries: VecDeque<ListedError>) {
        for entry in entries.into_iter().rev() {
            self.ahead.push_front(entry);
        }
    }

    fn has_more(&self) -> bool {
        !self.ahead.is_empty() || !self.is_at_end
    }
}
