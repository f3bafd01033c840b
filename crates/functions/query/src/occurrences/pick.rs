//! The occurrence that a briefing shows.

use http_common::ReadableProject;
use model::error::ErrorAggregate;
use model::outcome::Refusal;

use super::best::{Picked, find_best};
use super::map_frames::map_frames;
use super::name::OccurrenceName;
use super::show::load;
use super::step::End;
use crate::Query;

/// Picks an occurrence of an error, with mapped frames. `None` if the best one is wanted and all have expired.
pub(crate) async fn pick(
    query: &Query,
    project: &ReadableProject,
    error: &ErrorAggregate,
    name: OccurrenceName,
) -> Result<Option<Picked>, Refusal> {
    let mut picked = match name {
        OccurrenceName::Best => find_best(query, error).await?,
        named => {
            let reason = match named {
                OccurrenceName::End(End::First) => "the oldest occurrence",
                OccurrenceName::End(End::Last) => "the newest occurrence",
                _ => "the occurrence that was asked for",
            };
            let found = load(query, project, error, named).await?.found;
            Some(Picked { found, reason: reason.to_owned() })
        }
    };
    if let Some(picked) = &mut picked {
        map_frames(query, project, &mut picked.found.occurrence).await;
    }
    Ok(picked)
}
