//! Assigns occurrences to errors and splits them into batches that fit into one commit each.

use std::collections::btree_map::Entry::Vacant;
use std::collections::{BTreeMap, BTreeSet};

use model::id::{ConfigId, ErrorKey, Fingerprint};
use store::ports::Commit;

use crate::deadline::Deadline;
use crate::delivery::FailedDeliveries;
use crate::error_batch::{ErrorBatch, OccurrenceLine};
use crate::group::Groups;
use crate::join::JoinedErrors;
use crate::processor::Processor;
use crate::segments::split_into_frames;

/// The most sets of posted configs that are used for one error in a batch. Each set needs a commit of its own.
const MAX_POSTED_CONFIGS: usize = 10;

impl Processor {
    /// Assigns the occurrences to errors. Returns rounds of error batches, which must be committed one round after the
    /// other.
    pub(crate) async fn assign_errors(
        &self,
        groups: Groups,
        failed: &mut FailedDeliveries,
        deadline: Deadline,
    ) -> Vec<Vec<ErrorBatch>> {
        let mut assigned = Groups::default();
        let mut owners = BTreeMap::new();
        let mut unassigned = vec![groups];
        while let Some(mut groups) = unassigned.pop() {
            match deadline.limit(self.find_owners(&groups, deadline)).await {
                Ok(Ok(found)) => {
                    owners.extend(found);
                    assigned.append(groups);
                }
                Ok(Err(error)) if groups.len() > 1 && !error.is_transient() => {
                    // One of the hashes cannot be looked up. Try each half alone, so that the other hashes can go on.
                    let rest = groups.split_off_half();
                    unassigned.extend([rest, groups]);
                }
                Ok(Err(error)) => failed.add_all(groups.delivery_indexes(), &error.into()),
                Err(reason) => failed.add_all(groups.delivery_indexes(), &reason),
            }
        }
        let joined = self.find_minified(&assigned, &owners, deadline).await;
        into_rounds(assigned, owners, &joined)
    }

    /// Returns the errors that the hashes of these groups lead to, from the cache or from the table.
    async fn find_owners(&self, groups: &Groups, deadline: Deadline) -> store::Result<BTreeMap<ErrorKey, Fingerprint>> {
        let sets = groups.occurrences.keys();
        let hashes = sets.flat_map(|(project, hashes)| hashes.iter().map(|hash| (*project, *hash)));
        let (mut owners, missing) = self.caches.errors.owners(hashes);
        if missing.is_empty() {
            return Ok(owners);
        }
        let mut found = self.stores.error_commits.owners(&missing).await;
        for attempt in 1.. {
            let pause = self.pause_after(attempt);
            if !matches!(&found, Err(error) if error.is_transient()) || deadline.is_within(pause) {
                break;
            }
            tokio::time::sleep(pause).await;
            found = self.stores.error_commits.owners(&missing).await;
        }
        let found = found?;
        self.caches.errors.insert_owners(&found);
        owners.extend(found);
        Ok(owners)
    }
}

/// Makes one error batch for each error, or several if its events happened in more minutes than one commit can hold. A
/// round has at most one batch of each error, so all batches of a round can be committed at the same time. The oldest
/// occurrences come first: counting a newer minute can close an older one to thresholds.
///
/// An occurrence belongs to the error that any of its hashes leads to, or to the error that it is `joined` to. If there is
/// none, it belongs to a new error that is named by its first hash, together with all other groups that share one of its
/// hashes.
fn into_rounds(
    groups: Groups,
    mut owners: BTreeMap<ErrorKey, Fingerprint>,
    joined: &JoinedErrors,
) -> Vec<Vec<ErrorBatch>> {
    let mut errors: BTreeMap<ErrorKey, (Vec<Fingerprint>, Vec<OccurrenceLine>)> = BTreeMap::new();
    let mut new = BTreeSet::new();
    for ((project, hashes), occurrences) in groups.occurrences {
        let owned = hashes.iter().find_map(|hash| owners.get(&(project, *hash))).copied();
        let owned = owned.or_else(|| joined.error_of(project, &hashes));
        let Some(owner) = owned.or_else(|| hashes.first().copied()) else { continue };
        if owned.is_none() {
            new.insert((project, owner));
        }
        let (aliases, of_error) = errors.entry((project, owner)).or_default();
        for hash in hashes {
            // A hash that already belongs to another error stays with that error.
            if let Vacant(vacant) = owners.entry((project, hash)) {
                vacant.insert(owner);
                if hash != owner && aliases.len() < Commit::MAX_ALIASES {
                    aliases.push(hash);
                }
            }
        }
        of_error.extend(occurrences);
    }

    let mut rounds: Vec<Vec<ErrorBatch>> = Vec::new();
    for ((project, fingerprint), (mut aliases, mut occurrences)) in errors {
        let settings = groups.settings.get(&project).copied().unwrap_or_default();
        occurrences.sort_by_key(|occurrence| std::cmp::Reverse(occurrence.sighting.timestamp));
        let by_configs = split_by_configs(occurrences).into_iter();
        let parts = by_configs.flat_map(|occurrences| split_by_size(occurrences).into_iter().rev());
        for (round, occurrences) in parts.enumerate() {
            if rounds.len() == round {
                rounds.push(Vec::new());
            }
            rounds[round].push(ErrorBatch {
                project,
                fingerprint,
                // Only the batch of the first round commits the aliases.
                aliases: std::mem::take(&mut aliases),
                settings,
                // The batch of a later round follows one that has created the error.
                is_new: round == 0 && new.contains(&(project, fingerprint)),
                occurrences,
                references: None,
                ids_indexed: false,
            });
        }
    }
    rounds
}

/// Splits occurrences, newest first, by the configs that were posted with them. The part with the oldest occurrence
/// comes first. A config applies only to the occurrences that it was posted with, so these are committed and counted
/// separately. Beyond [`MAX_POSTED_CONFIGS`] sets, occurrences are stored as if no configs had been posted with them.
fn split_by_configs(occurrences: Vec<OccurrenceLine>) -> Vec<Vec<OccurrenceLine>> {
    if occurrences.iter().all(|occurrence| occurrence.posted.is_none()) {
        return vec![occurrences];
    }
    let mut order: Vec<Option<ConfigId>> = Vec::new();
    let mut parts: BTreeMap<Option<ConfigId>, Vec<OccurrenceLine>> = BTreeMap::new();
    let mut ignored = 0_usize;
    for mut occurrence in occurrences.into_iter().rev() {
        let is_new = occurrence.posted.is_some() && !order.contains(&occurrence.posted);
        if is_new && order.iter().filter(|posted| posted.is_some()).count() >= MAX_POSTED_CONFIGS {
            occurrence.posted = None;
            ignored += 1;
        }
        if !order.contains(&occurrence.posted) {
            order.push(occurrence.posted);
        }
        parts.entry(occurrence.posted).or_default().push(occurrence);
    }
    if ignored > 0 {
        tracing::warn!(events.len = ignored, "ignored posted configs: too many different sets for one error");
    }
    let take_newest_first = |posted| {
        let mut part = parts.remove(&posted).unwrap_or_default();
        part.reverse();
        part
    };
    order.into_iter().map(take_newest_first).collect()
}

/// Splits occurrences, newest first, into parts that need no more frames than one commit can have references.
fn split_by_size(mut occurrences: Vec<OccurrenceLine>) -> Vec<Vec<OccurrenceLine>> {
    let mut parts = Vec::new();
    while !occurrences.is_empty() {
        let frames = split_into_frames(&occurrences).take(Commit::MAX_REFERENCES);
        let part_len: usize = frames.map(<[OccurrenceLine]>::len).sum();
        let rest = occurrences.split_off(part_len);
        parts.push(std::mem::replace(&mut occurrences, rest));
    }
    parts
}
