use std::collections::BTreeMap;

use futures_util::stream::{FuturesUnordered, StreamExt};
use model::id::{DebugId, ProjectId};
use model::occurrence::Occurrence;
use source_maps::{At, FrameProblem, Lookup, Original, Wanted, apply, lookups};
use tokio::time::{Instant, timeout_at};

use crate::{Budget, Symbolicator};

/// The most frames that are looked up at once.
const CONCURRENT: usize = 16;

impl Symbolicator {
    /// Replaces the minified frames of an occurrence by the original ones, within `budget`. Frames that cannot be mapped
    /// stay as they are; with `explains`, they get the reason. A failure of storage is logged, and does not reach the
    /// caller. Returns whether any frame was mapped.
    pub async fn map(
        &self,
        project: ProjectId,
        occurrence: &mut Occurrence,
        budget: &mut Budget,
        explains: bool,
    ) -> bool {
        let wanted = lookups(occurrence);
        if wanted.is_empty() || (!explains && !wanted.iter().any(|(_, lookup)| matches!(lookup, Lookup::Find(_)))) {
            return false;
        }
        let started = Instant::now();
        let results = self.look_up(project, wanted, started + budget.left()).await;
        budget.spend(started.elapsed());
        let is_mapped = results.iter().any(|(_, result)| result.is_ok());
        if is_mapped || explains {
            apply(occurrence, results, explains);
        }
        is_mapped
    }

    async fn look_up(
        &self,
        project: ProjectId,
        wanted: Vec<(At, Lookup)>,
        end: Instant,
    ) -> Vec<(At, Result<Original, FrameProblem>)> {
        let mut results = Vec::new();
        let mut by_map: BTreeMap<DebugId, Vec<(At, Wanted)>> = BTreeMap::new();
        for (at, lookup) in wanted {
            match lookup {
                Lookup::Find(wanted) => by_map.entry(wanted.id).or_default().push((at, wanted)),
                Lookup::Impossible(problem) => results.push((at, Err(problem))),
            }
        }
        let mut waiting = by_map.into_iter().map(|(id, frames)| async move {
            let frames_of_map = timeout_at(end, self.look_up_in(project, id, &frames)).await;
            frames_of_map.unwrap_or_else(|_| frames.iter().map(|(at, _)| (*at, Err(FrameProblem::NotRead))).collect())
        });
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < CONCURRENT
                && let Some(next) = waiting.next()
            {
                running.push(next);
            }
            let Some(found) = running.next().await else { return results };
            results.extend(found);
        }
    }
}
