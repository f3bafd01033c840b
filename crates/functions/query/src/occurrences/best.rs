//! The occurrence that shows an error best.

use briefing::{MAX_CANDIDATES, choose_best};
use model::error::ErrorAggregate;
use model::occurrence::Filter;
use model::outcome::Refusal;

use super::References;
use super::frame::LocatedOccurrence;
use super::walk::{Walk, WalkStart};
use crate::Query;

/// An occurrence, and why it was picked.
pub(crate) struct Picked {
    pub(crate) found: LocatedOccurrence,
    pub(crate) reason: String,
}

/// Finds the best of the newest occurrences, by the rules of [`choose_best`]. Reads up to ten references and frames.
pub(super) async fn find_best(query: &Query, error: &ErrorAggregate) -> Result<Option<Picked>, Refusal> {
    let (references, filter) = (References::new(query, error), Filter::default());
    let mut newest = Walk::begin(query, &references, &filter, MAX_CANDIDATES, WalkStart::Now).await?.go().await?.found;
    let best = choose_best(newest.iter().map(|found| &found.occurrence));
    Ok(best.map(|best| Picked { found: newest.swap_remove(best.index), reason: best.reason() }))
}
