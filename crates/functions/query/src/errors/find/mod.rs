//! Finding errors of a project, in an order, page by page.
//!
//! Some of what is looked for has few errors: those are read, and answered exactly. Else the errors are walked in the
//! order of the list, and those that do not match are left out; a request walks over
//! [`MAX_EXAMINED_ERRORS`] of them, and says where the next one goes on. Either way a request reads no more than some
//! hundred errors, however many there are.
//!
//! An error that had so many values of a tag that it does not remember them all is answered as one that may match.

mod candidates;
mod cursor;
mod post;
mod walk;

use candidates::Candidates;
pub(crate) use cursor::Cursor;
use model::error::{ErrorAggregate, Has};
use model::id::ProjectId;
use model::outcome::Refusal;
use search::{Filter, Sort};

use crate::Query;
use crate::list::{Parameters, refuse_parameter};

/// The most errors that a request reads.
pub(crate) const MAX_EXAMINED_ERRORS: usize = 400;
/// The most errors of a page: what one batch read of the table returns.
pub(crate) const MAX_LISTED_ERRORS: usize = 100;

/// What is looked for.
#[derive(Clone, Debug)]
pub(crate) struct ErrorSearch {
    pub(crate) filter: Filter,
    pub(crate) sort: Sort,
    pub(crate) after: Cursor,
    pub(crate) limit: usize,
}

/// A page of what was found.
#[derive(Debug)]
pub(crate) struct FoundErrors {
    /// Those that match, in the order that was asked for.
    pub(crate) errors: Vec<ErrorAggregate>,
    /// Those that may match, in the same order. Together with those that match they fill the page.
    pub(crate) uncertain: Vec<ErrorAggregate>,
    /// How many errors were read for it.
    pub(crate) examined: usize,
    /// Where the next page begins; `None` if there is certainly no more.
    pub(crate) next: Option<Cursor>,
}

impl ErrorSearch {
    /// What the parameters of a request ask for.
    pub(crate) fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let mut filter = Filter::default();
        for (name, value) in parameters.all() {
            filter.set(name, value).map_err(|error| refuse_parameter(&error.name, &error))?;
        }
        let limit = parameters.limit(MAX_LISTED_ERRORS, MAX_LISTED_ERRORS)?;
        let sort = parameters.parsed("sort", Sort::parse)?.unwrap_or_default();
        let after = parameters.parsed("cursor", |text| Cursor::parse(text, sort))?.unwrap_or_default();
        Ok(Self { filter, sort, after, limit })
    }
}

impl Query {
    /// A page of the errors of a project that `search` is about. One that is merged into another, or has expired, is
    /// none of them.
    pub(crate) async fn find(&self, project: ProjectId, search: &ErrorSearch) -> store::Result<FoundErrors> {
        let mut search = search.clone();
        let Some(candidates) = self.find_candidates(project, &mut search.filter).await? else {
            return self.walk(project, &search, None).await;
        };
        match (search.after.is_of_the_rest(), search.after.is_of_a_walk()) {
            // What is among the candidates was on the pages before.
            (true, _) => self.walk(project, &search, Some(&candidates.errors)).await,
            (false, true) => self.walk(project, &search, None).await,
            (false, false) => self.find_among(project, &search, candidates).await,
        }
    }

    /// Reads the candidates: of them the page is exact.
    async fn find_among(
        &self,
        project: ProjectId,
        search: &ErrorSearch,
        candidates: Candidates,
    ) -> store::Result<FoundErrors> {
        let Candidates { errors, are_all } = candidates;
        let candidates: Vec<_> = errors.into_iter().collect();
        let mut errors = self.stores.errors.get_many(project, &candidates).await?;
        errors.retain(|error| search.filter.matches(error) > Has::No && search.after.is_before(search.sort, error));
        search.order(&mut errors);
        let more = errors.len() > search.limit;
        errors.truncate(search.limit);
        let next = match errors.last().filter(|_| more) {
            Some(error) => Some(Cursor::behind(search.sort, error)),
            None => (!are_all).then(|| Cursor::of_the_rest(search.sort)),
        };
        Ok(search.page(errors, candidates.len(), next))
    }
}

impl ErrorSearch {
    /// The most first; those that are equal by their fingerprints, so that a cursor can stand between them.
    fn order(&self, errors: &mut [ErrorAggregate]) {
        errors.sort_by_key(|error| (std::cmp::Reverse(self.sort.value(error)), error.fingerprint));
    }

    /// A page of errors that match or may match.
    fn page(&self, errors: Vec<ErrorAggregate>, examined: usize, next: Option<Cursor>) -> FoundErrors {
        let is_certain = |error: &ErrorAggregate| self.filter.matches(error) == Has::Yes;
        let (errors, uncertain) = errors.into_iter().partition(is_certain);
        FoundErrors { errors, uncertain, examined, next }
    }
}
