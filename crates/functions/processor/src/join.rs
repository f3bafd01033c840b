//! Joins events of which the source map came late to the error that their minified frames lead to.
//!
//! The first mapped event of an old error has other hashes than the error, and would become a new one. Errors of minified
//! code can share hashes although they differ in the source. So the newest occurrence of the old error is mapped, too: only
//! if it has the same hashes then, they are the same error. From then on the new hashes are aliases of the old error.

use std::collections::BTreeMap;
use std::time::Duration;

use model::id::{ErrorKey, Fingerprint, ProjectId};
use model::occurrence::Occurrence;
use scrub::Rules;
use symbolicator::Budget;

use crate::deadline::Deadline;
use crate::group::Groups;
use crate::processor::Processor;

/// The most groups of a batch that are compared with older errors.
const MAX_JOINS: usize = 20;
/// For how long an occurrence of an older error may wait for its source maps.
const SOURCE_MAP_TIME: Duration = Duration::from_secs(1);

/// The errors that groups of events belong to, although none of their hashes leads there yet.
#[derive(Default)]
pub(crate) struct JoinedErrors(BTreeMap<ErrorKey, Fingerprint>);

impl JoinedErrors {
    /// The error that a group with these hashes is joined to.
    pub(crate) fn error_of(&self, project: ProjectId, hashes: &[Fingerprint]) -> Option<Fingerprint> {
        self.0.get(&(project, *hashes.first()?)).copied()
    }
}

impl Processor {
    /// Finds the errors of mapped events that would otherwise make new errors. A failure of storage is logged: the events
    /// then make new errors, which can be merged.
    pub(crate) async fn find_minified(
        &self,
        groups: &Groups,
        owners: &BTreeMap<ErrorKey, Fingerprint>,
        deadline: Deadline,
    ) -> JoinedErrors {
        let mut joined = JoinedErrors::default();
        let is_new = |project: ProjectId, hashes: &[Fingerprint]| {
            !hashes.iter().any(|hash| owners.contains_key(&(project, *hash)))
        };
        let new = groups.sent.iter().filter(|((project, hashes), _)| is_new(*project, hashes));
        for ((project, hashes), sent) in new.take(MAX_JOINS) {
            let (Some(rules), Some(first)) = (groups.scrubbing.get(project), hashes.first()) else { continue };
            let found = deadline.limit_fallible(self.find_same_source(*project, hashes, sent, rules)).await;
            match found {
                Ok(Some(error)) => drop(joined.0.insert((*project, *first), error)),
                Ok(None) => {}
                Err(reason) => {
                    tracing::warn!(project.id = %project, error.message = ?reason, "failed to compare mapped events");
                }
            }
        }
        joined
    }

    /// Finds the error of minified events whose newest occurrence has one of `hashes` once it is mapped.
    async fn find_same_source(
        &self,
        project: ProjectId,
        hashes: &[Fingerprint],
        sent: &[Fingerprint],
        rules: &Rules,
    ) -> store::Result<Option<Fingerprint>> {
        let keys: Vec<_> = sent.iter().map(|hash| (project, *hash)).collect();
        let owners = self.stores.error_commits.owners(&keys).await?;
        let Some(owner) = keys.iter().find_map(|key| owners.get(key)).copied() else { return Ok(None) };
        for error in self.stores.errors.get_many(project, &[owner]).await? {
            let newest = self.stores.occurrences.references(project, &error.uid, None, 1).await?;
            let Some(reference) = newest.items.first() else { continue };
            let Some(frame) = self.stores.frame(reference).await? else { continue };
            let newest = frame.lines().next().and_then(Result::ok);
            let newest = newest.and_then(|line| serde_json::from_slice::<Occurrence>(&line).ok());
            let Some(mut occurrence) = newest else { continue };
            let mut budget = Budget::new(SOURCE_MAP_TIME);
            if !self.symbolicator.map(project, &mut occurrence, &mut budget, false).await {
                continue;
            }
            scrub::scrub(&mut occurrence, rules);
            if grouping::group(&occurrence).hashes.iter().any(|hash| hashes.contains(hash)) {
                return Ok(Some(owner));
            }
        }
        Ok(None)
    }
}
