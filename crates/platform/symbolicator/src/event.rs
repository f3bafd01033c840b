use std::collections::BTreeMap;

use futures_util::stream::{FuturesUnordered, StreamExt};
use model::id::{DebugId, ProjectId};
use model::occurrence::Occurrence;
use source_maps::{At, FrameProblem, Lookup, Original, Wanted, apply, lookups, may_have_file_maps};
use tokio::time::{Instant, timeout_at};

use crate::{Budget, Symbolicator};

/// The most frames that are looked up at once.
const CONCURRENT: usize = 16;

impl Symbolicator {
    /// Replaces the minified frames of JavaScript and the obfuscated ones of Java by the original ones, within `budget`.
    /// Frames that cannot be mapped stay as they are; with `explains`, they get the reason. A failure of storage is logged,
    /// and does not reach the caller. Returns whether any frame was mapped.
    pub async fn map(
        &self,
        project: ProjectId,
        occurrence: &mut Occurrence,
        budget: &mut Budget,
        explains: bool,
    ) -> bool {
        self.map_and_keep(project, occurrence, budget, explains).await.is_some()
    }

    /// Like [`map`](Self::map), but returns the occurrence as it was before, if any frame was mapped.
    pub async fn map_and_keep(
        &self,
        project: ProjectId,
        occurrence: &mut Occurrence,
        budget: &mut Budget,
        explains: bool,
    ) -> Option<Box<Occurrence>> {
        let started = Instant::now();
        let end = started + budget.left();
        let scripts = self.map_scripts(project, occurrence, end, explains).await;
        let classes = self.map_classes(project, occurrence, end, explains).await;
        budget.spend(started.elapsed());
        scripts.or(classes)
    }

    async fn map_scripts(
        &self,
        project: ProjectId,
        occurrence: &mut Occurrence,
        end: Instant,
        explains: bool,
    ) -> Option<Box<Occurrence>> {
        let finds_files = may_have_file_maps(occurrence)
            && matches!(timeout_at(end, self.has_file_maps(project)).await, Ok(Ok(true)));
        let wanted = lookups(occurrence, finds_files);
        if wanted.is_empty() || (!explains && wanted.iter().all(|(_, lookup)| matches!(lookup, Lookup::Impossible(_))))
        {
            return None;
        }
        let wanted = self.find_files(project, wanted, end).await;
        let results = self.look_up(project, wanted, end).await;
        let is_mapped = results.iter().any(|(_, result)| result.is_ok());
        let before = is_mapped.then(|| Box::new(occurrence.clone()));
        if is_mapped || explains {
            apply(occurrence, results, explains);
        }
        before
    }

    /// Finds the maps of files without debug ids. What is left has an id, or is impossible.
    async fn find_files(&self, project: ProjectId, wanted: Vec<(At, Lookup)>, end: Instant) -> Vec<(At, Lookup)> {
        let is_file = |(_, lookup): &(At, Lookup)| matches!(lookup, Lookup::FindFile(_));
        if !wanted.iter().any(is_file) {
            return wanted;
        }
        let mut known: BTreeMap<Vec<DebugId>, Result<Option<DebugId>, FrameProblem>> = BTreeMap::new();
        let mut found = Vec::with_capacity(wanted.len());
        for (at, lookup) in wanted {
            let Lookup::FindFile(file) = lookup else {
                found.push((at, lookup));
                continue;
            };
            if !known.contains_key(&file.ids) {
                let id = timeout_at(end, self.find_file(project, &file.ids)).await;
                known.insert(file.ids.clone(), id.unwrap_or(Err(FrameProblem::NotRead)));
            }
            let lookup = match known.get(&file.ids) {
                Some(Ok(Some(id))) => Some(Lookup::Find(Wanted { id: *id, line: file.line, column: file.column })),
                Some(Err(problem)) => Some(Lookup::Impossible(problem.clone())),
                Some(Ok(None)) | None => file.no_file.map(Lookup::Impossible),
            };
            found.extend(lookup.map(|lookup| (at, lookup)));
        }
        found
    }

    /// The first of these ids that has a map.
    async fn find_file(&self, project: ProjectId, ids: &[DebugId]) -> Result<Option<DebugId>, FrameProblem> {
        for id in ids {
            match self.find_item(project, *id).await {
                Ok(Some(_)) => return Ok(Some(*id)),
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(error.message = %error, "failed to look up the source map of a file");
                    return Err(FrameProblem::NotRead);
                }
            }
        }
        Ok(None)
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
                // All were found, or are impossible.
                Lookup::FindFile(_) => {}
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
