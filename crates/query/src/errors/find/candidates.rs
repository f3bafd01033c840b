use std::collections::HashSet;

use domain::id::{Fingerprint, ProjectId};
use domain::search::{Filter, Term};
use futures_util::future::try_join_all;

use super::MOST;
use crate::Query;

/// The most postings that are read of one list: an error that was posted several times counts as often.
const POSTINGS: usize = 2 * MOST;

/// The errors of a list; `None` if there are so many that it is not read to its end.
type List = Option<HashSet<Fingerprint>>;

impl Query {
    /// All errors that may pass the filter, if they are few enough to be read: those that stand in each of the lists that
    /// are short. A word that no error is posted under is taken for a part of one, which no list helps to find.
    pub(super) async fn candidates(&self, project: ProjectId, filter: &mut Filter) -> store::Result<List> {
        let sets = filter.terms();
        let lists = sets.iter().map(|terms| try_join_all(terms.iter().map(|term| self.list(project, term))));
        let lists = try_join_all(lists).await?;
        let mut candidates: List = None;
        for (terms, lists) in sets.iter().zip(lists) {
            let Some(any) = union(lists) else { continue };
            if let ([Term::Word(word)], true) = (terms.as_slice(), any.is_empty()) {
                filter.loosen(word);
                continue;
            }
            candidates = Some(match candidates {
                Some(others) => others.intersection(&any).copied().collect(),
                None => any,
            });
        }
        Ok(candidates)
    }

    async fn list(&self, project: ProjectId, term: &Term) -> store::Result<List> {
        let (mut errors, mut read, mut after) = (HashSet::new(), 0, None);
        loop {
            let page = self.index.list(project, term.hash(), after.as_ref(), MOST + 1 - errors.len()).await?;
            read += page.items.len();
            errors.extend(page.items.into_iter().map(|posted| posted.fingerprint));
            match page.next {
                _ if errors.len() > MOST => return Ok(None),
                None => return Ok(Some(errors)),
                Some(_) if read > POSTINGS => return Ok(None),
                next => after = next,
            }
        }
    }
}

/// The errors of any of these lists, if all are known and together are not too many.
fn union(lists: Vec<List>) -> List {
    let lists: Option<Vec<_>> = lists.into_iter().collect();
    let any: HashSet<_> = lists?.into_iter().flatten().collect();
    (any.len() <= MOST).then_some(any)
}
