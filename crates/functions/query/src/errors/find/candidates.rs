use std::collections::HashSet;

use model::id::{Fingerprint, ProjectId};
use search::{Filter, Term, Terms};

use super::MAX_EXAMINED_ERRORS;
use crate::Query;

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
        let terms: Vec<_> = sets.iter().flat_map(Terms::all).map(Term::hash).collect();
        let mut lists = self.stores.search_index.find(project, &terms, MAX_EXAMINED_ERRORS).await?.into_iter();
        let mut candidates: Option<Candidates> = None;
        for terms in &sets {
            let list: ErrorList = lists.next().flatten();
            let others: Option<Vec<_>> = lists.by_ref().take(terms.or.len()).collect();
            let others: ErrorList = others.map(|lists| lists.into_iter().flatten().collect());
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
}
