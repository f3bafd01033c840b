//! Finding errors of a project, in an order, page by page.
//!
//! Some of what is looked for has few errors: those are read, and answered exactly. Else the errors are walked in the
//! order of the list, and those that do not match are left out; a request walks over [`MOST`] of them, and says where the
//! next one goes on. Either way a request reads no more than some hundred errors, however many there are.

mod candidates;
mod cursor;
mod post;
mod walk;

use std::collections::HashSet;

pub(crate) use cursor::Cursor;
use domain::error::ErrorAggregate;
use domain::id::{Fingerprint, ProjectId};
use domain::outcome::Refusal;
use domain::search::{Filter, Sort};

use crate::Query;
use crate::list::{Parameters, parameter};

/// The most errors that a request reads.
pub(crate) const MOST: usize = 400;
/// The most errors of a page: what one batch read of the table returns.
pub(crate) const LIMIT: usize = 100;

/// What is looked for.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub(crate) filter: Filter,
    pub(crate) sort: Sort,
    pub(crate) after: Cursor,
    pub(crate) limit: usize,
}

/// A page of what was found.
#[derive(Debug)]
pub(crate) struct Found {
    /// In the order that was asked for.
    pub(crate) errors: Vec<ErrorAggregate>,
    /// How many errors were read for it.
    pub(crate) examined: usize,
    /// Where the next page begins; `None` if there is certainly no more.
    pub(crate) next: Option<Cursor>,
}

impl Search {
    /// What the parameters of a request ask for.
    pub(crate) fn parse(parameters: &Parameters) -> Result<Self, Refusal> {
        let mut filter = Filter::default();
        for (name, value) in parameters.all() {
            filter.set(name, value).map_err(|error| parameter(&error.name, &error))?;
        }
        let limit = parameters.limit(LIMIT, LIMIT)?;
        let sort = parameters.parsed("sort", Sort::parse)?.unwrap_or_default();
        let after = parameters.parsed("cursor", |text| Cursor::parse(text, sort))?.unwrap_or_default();
        Ok(Self { filter, sort, after, limit })
    }
}

impl Query {
    /// A page of the errors of a project that `search` is about. One that is merged into another, or has expired, is
    /// none of them.
    pub(crate) async fn find(&self, project: ProjectId, search: &Search) -> store::Result<Found> {
        let mut search = search.clone();
        let candidates = self.candidates(project, &mut search.filter).await?;
        match candidates.filter(|_| !search.after.is_of_a_walk()) {
            Some(candidates) => self.among(project, &search, candidates).await,
            None => self.walk(project, &search).await,
        }
    }

    /// Reads all that may match; the page is exact.
    async fn among(
        &self,
        project: ProjectId,
        search: &Search,
        candidates: HashSet<Fingerprint>,
    ) -> store::Result<Found> {
        let candidates: Vec<_> = candidates.into_iter().collect();
        let mut errors = self.errors.get_many(project, &candidates).await?;
        errors.retain(|error| search.filter.matches(error) && search.after.is_before(search.sort, error));
        search.order(&mut errors);
        let more = errors.len() > search.limit;
        errors.truncate(search.limit);
        let next = errors.last().filter(|_| more).map(|error| Cursor::behind(search.sort, error));
        Ok(Found { errors, examined: candidates.len(), next })
    }
}

impl Search {
    /// The most first; those that are equal by their fingerprints, so that a cursor can stand between them.
    fn order(&self, errors: &mut [ErrorAggregate]) {
        errors.sort_by_key(|error| (std::cmp::Reverse(self.sort.value(error)), error.fingerprint));
    }
}
