use std::collections::HashSet;

use futures_util::future::{try_join, try_join_all};
use model::id::{Fingerprint, ProjectId};
use search::{Filter, Term, Terms};

use super::MAX_EXAMINED_ERRORS;
use crate::Query;

/// The most postings that are read per list. An error that was posted several times counts several times.
const MAX_POSTINGS: usize = 2 * MAX_EXAMINED_ERRORS;

/// The errors of a list; `None` if there are too many to read all.
type ErrorList = Option<HashSet<Fingerprint>>;

/// The errors that may match a filter.
pub(super) struct Candidates {
    pub(super) errors: HashSet<Fingerprint>,
    /// Whether these are all candidates. If not, there are more among the errors that have too many values to be posted
    /// under each of them. Only a walk finds those.
    pub(super) are_all: bool,
}

impl Query {
    /// Finds the errors that may match the filter, if they are few enough to be read: the intersection of all short
    /// lists. A word that no error is posted under is treated as a part of a word, which no list helps to find.
    pub(super) async fn find_candidates(
        &self,
        project: ProjectId,
        filter: &mut Filter,
    ) -> store::Result<Option<Candidates>> {
        let sets = filter.terms();
        let lists = try_join_all(sets.iter().map(|terms| self.read_lists(project, terms))).await?;
        let mut candidates: Option<Candidates> = None;
        for (terms, (list, others)) in sets.iter().zip(lists) {
            let Some(mut errors) = list else { continue };
            if let (Term::Word(word), true) = (&terms.term, errors.is_empty()) {
                filter.loosen(word);
                continue;
            }
            let others = others.filter(|others| errors.union(others).count() <= MAX_EXAMINED_ERRORS);
            let mut are_all = others.is_some();
            errors.extend(others.into_iter().flatten());
            if let Some(before) = candidates {
                errors.retain(|error| before.errors.contains(error));
                are_all &= before.are_all;
            }
            candidates = Some(Candidates { errors, are_all });
        }
        Ok(candidates)
    }

    /// Reads the errors that are posted under the term, and those that may match without being posted under it.
    async fn read_lists(&self, project: ProjectId, terms: &Terms) -> store::Result<(ErrorList, ErrorList)> {
        let others = try_join_all(terms.or.iter().map(|term| self.read_list(project, term)));
        let (list, others) = try_join(self.read_list(project, &terms.term), others).await?;
        let others: Option<Vec<_>> = others.into_iter().collect();
        Ok((list, others.map(|lists| lists.into_iter().flatten().collect())))
    }

    async fn read_list(&self, project: ProjectId, term: &Term) -> store::Result<ErrorList> {
        let (mut errors, mut read, mut after) = (HashSet::new(), 0, None);
        loop {
            let page = self
                .stores
                .search_index
                .list(project, term.hash(), after.as_ref(), MAX_EXAMINED_ERRORS + 1 - errors.len())
                .await?;
            read += page.items.len();
            errors.extend(page.items.into_iter().map(|posted| posted.fingerprint));
            match page.next {
                _ if errors.len() > MAX_EXAMINED_ERRORS => return Ok(None),
                None => return Ok(Some(errors)),
                Some(_) if read > MAX_POSTINGS => return Ok(None),
                next => after = next,
            }
        }
    }
}
