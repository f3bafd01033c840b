//! Finds errors of a project, in a sort order, page by page.
//!
//! If one of the search terms has few errors, these are read and the answer is exact. Otherwise the errors are walked
//! in the order of the list, and those that do not match are skipped. A request walks over [`MAX_EXAMINED_ERRORS`] of
//! them, and returns a cursor for the next request. Either way a request reads a few hundred errors at most, however
//! many there are.
//!
//! An error with more values of a tag than are kept is returned as one that may match.

mod candidates;
mod cursor;
mod post;
mod walk;

use std::borrow::Cow;

use candidates::Candidates;
pub(crate) use cursor::Cursor;
use http_common::Caller;
use model::error::{ErrorAggregate, Has};
use model::id::ProjectId;
use model::outcome::Refusal;
use search::{Filter, Sort};

use crate::Query;
use crate::list::{Parameters, refuse_parameter};

/// The most errors that a request reads.
pub(crate) const MAX_EXAMINED_ERRORS: usize = 400;
/// The most errors per page: one batch read of the table.
pub(crate) const MAX_LISTED_ERRORS: usize = 100;

/// The parameters of a search.
#[derive(Clone, Debug)]
pub(crate) struct ErrorSearch {
    pub(crate) filter: Filter,
    pub(crate) sort: Sort,
    pub(crate) after: Cursor,
    pub(crate) limit: usize,
}

/// A page of errors.
#[derive(Debug)]
pub(crate) struct FoundErrors {
    /// The errors that match, in the requested order.
    pub(crate) errors: Vec<ErrorAggregate>,
    /// The errors that may match, in the same order. Both lists together have at most `limit` errors.
    pub(crate) uncertain: Vec<ErrorAggregate>,
    /// The number of errors that were read.
    pub(crate) examined: usize,
    /// The start of the next page; `None` if there are certainly no more errors.
    pub(crate) next: Option<Cursor>,
}

/// The parameters that are not filters.
const LIST_PARAMETERS: [&str; 3] = ["sort", "limit", "cursor"];

fn refuse_unknown(name: &str) -> Refusal {
    let shown: String = name.chars().take(80).collect();
    let known = [&Filter::NAMES[..], &LIST_PARAMETERS[..]].concat().join("`, `");
    refuse_parameter(&shown, format!("this is not a parameter of this list: use `{known}`"))
}

/// Returns the value of a filter. For the assignee, `me` is the caller.
pub(crate) fn name_assignee<'a>(name: &str, value: &'a str, caller: &Caller) -> Result<Cow<'a, str>, Refusal> {
    if name != "assignee" || value != "me" {
        return Ok(value.into());
    }
    let user =
        caller.user().ok_or_else(|| refuse_parameter(name, "`me` is for users, and this is a key: send a name"))?;
    Ok(search::assignee_name(user).into())
}

impl ErrorSearch {
    /// Parses the parameters of a request.
    pub(crate) fn parse(parameters: &Parameters, caller: &Caller) -> Result<Self, Refusal> {
        let mut filter = Filter::default();
        for (name, value) in parameters.all() {
            let value = name_assignee(name, value, caller)?;
            let is_filter = filter.set(name, &value).map_err(|error| refuse_parameter(&error.name, &error))?;
            // A misspelt filter must not list all errors.
            if !is_filter && !LIST_PARAMETERS.contains(&name) {
                return Err(refuse_unknown(name));
            }
        }
        let limit = parameters.limit(MAX_LISTED_ERRORS, MAX_LISTED_ERRORS)?;
        let sort = parameters.parsed("sort", Sort::parse)?.unwrap_or_default();
        let after = parameters.parsed("cursor", |text| Cursor::parse(text, sort))?.unwrap_or_default();
        Ok(Self { filter, sort, after, limit })
    }
}

impl Query {
    /// Finds a page of the project's errors that match `search`. Errors that are merged into another one or have
    /// expired are left out.
    pub(crate) async fn find(&self, project: ProjectId, search: &ErrorSearch) -> store::Result<FoundErrors> {
        let mut search = search.clone();
        let Some(candidates) = self.find_candidates(project, &mut search.filter).await? else {
            return self.walk(project, &search, None).await;
        };
        match (search.after.is_of_the_rest(), search.after.is_of_a_walk()) {
            // The candidates were on previous pages.
            (true, _) => self.walk(project, &search, Some(&candidates.errors)).await,
            (false, true) => self.walk(project, &search, None).await,
            (false, false) => self.find_among(project, &search, candidates).await,
        }
    }

    /// Reads all candidates, so the page is exact.
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
    /// Sorts by value, highest first, and equal values by fingerprint, so that a cursor can point between them.
    fn order(&self, errors: &mut [ErrorAggregate]) {
        errors.sort_by_key(|error| (std::cmp::Reverse(self.sort.value(error)), error.fingerprint));
    }

    /// Builds a page from errors that match or may match.
    fn page(&self, errors: Vec<ErrorAggregate>, examined: usize, next: Option<Cursor>) -> FoundErrors {
        let is_certain = |error: &ErrorAggregate| self.filter.matches(error) == Has::Yes;
        let (errors, uncertain) = errors.into_iter().partition(is_certain);
        FoundErrors { errors, uncertain, examined, next }
    }
}
