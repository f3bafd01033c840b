//! Drops the occurrences that are already counted, and reads the errors for the stages that follow.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::RangeInclusive;

use futures_util::stream::{StreamExt, TryStreamExt, iter};
use model::error::ErrorAggregate;
use model::id::ErrorKey;
use model::timeline::Minute;

use crate::caches::StoredError;
use crate::error_batch::{ErrorBatch, FailedBatch};
use crate::processor::Processor;

const MAX_CONCURRENT_READS: usize = 16;

/// Occurrences that their error does not count yet, and the error as it was read.
pub(crate) struct UncountedBatch {
    pub(crate) batch: ErrorBatch,
    pub(crate) stored: StoredError,
}

impl Processor {
    /// Drops the occurrences that are already counted. A batch without any other occurrence is done.
    pub(crate) async fn drop_duplicates(
        &self,
        batches: Vec<ErrorBatch>,
        failed: &mut Vec<FailedBatch>,
    ) -> Vec<UncountedBatch> {
        let mut uncounted = Vec::new();
        let mut unread = vec![batches];
        while let Some(mut batches) = unread.pop() {
            match self.read_errors(&batches).await {
                Ok(stored) => uncounted.extend(batches.into_iter().zip(stored).filter_map(drop_counted)),
                Err(error) if batches.len() > 1 && !error.is_transient() => {
                    // One of the errors cannot be read. Try each half alone, so that the other errors can go on.
                    let rest = batches.split_off(batches.len() / 2);
                    unread.extend([rest, batches]);
                }
                Err(error) => {
                    failed.extend(batches.into_iter().map(|batch| FailedBatch { batch, error: error.clone() }));
                }
            }
        }
        uncounted
    }

    /// Reads the errors of these batches, from the cache or else from the table. Counted events are looked up in the
    /// minute in which they happened and in the minutes before and after it: a client that sends an event again sends
    /// the same time, and the correction of its clock differs by less than a minute.
    async fn read_errors(&self, batches: &[ErrorBatch]) -> store::Result<Vec<StoredError>> {
        let of_new = || StoredError { error: None, target: None, counted: HashSet::new() };
        let known = |batch: &ErrorBatch| self.caches.errors.get(batch).or_else(|| batch.is_new.then(of_new));
        let mut stored: Vec<_> = batches.iter().map(known).collect();
        let missing: Vec<_> = (0..batches.len()).filter(|&index| stored[index].is_none()).collect();
        let mut errors = self.load_errors(missing.iter().map(|&index| batches[index].key()).collect()).await?;
        let keys_of_targets = errors.values().filter_map(|error| Some((error.project, error.merged_into?)));
        let targets = self.load_errors(keys_of_targets.collect()).await?;
        let reads = missing.into_iter().map(|index| {
            let batch = &batches[index];
            let error = errors.remove(&batch.key());
            let into = error.as_ref().and_then(|error| error.merged_into);
            let target = into.and_then(|into| targets.get(&(batch.project, into)));
            let target = target.filter(|target| error.as_ref().is_some_and(|error| target.has_merged(error))).cloned();
            async move {
                let mut counted = HashSet::new();
                if let Some(error) = &error {
                    for minutes in minute_ranges(batch) {
                        counted.extend(self.stores.error_commits.counted(batch.project, &error.uid, minutes).await?);
                    }
                }
                store::Result::Ok((index, StoredError { error, target, counted }))
            }
        });
        let mut reads = iter(reads).buffer_unordered(MAX_CONCURRENT_READS);
        while let Some((index, read)) = reads.try_next().await? {
            stored[index] = Some(read);
        }
        Ok(stored.into_iter().flatten().collect())
    }

    async fn load_errors(&self, keys: BTreeSet<ErrorKey>) -> store::Result<HashMap<ErrorKey, ErrorAggregate>> {
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        self.stores.error_commits.load(&keys.into_iter().collect::<Vec<_>>()).await
    }
}

fn drop_counted((mut batch, stored): (ErrorBatch, StoredError)) -> Option<UncountedBatch> {
    let len = batch.occurrences.len();
    batch.occurrences.retain(|occurrence| !stored.counted.contains(&occurrence.event));
    if batch.occurrences.len() < len {
        // The references contain the dropped occurrences, too.
        batch.references = None;
    }
    (!batch.occurrences.is_empty()).then_some(UncountedBatch { batch, stored })
}

/// Returns the minutes in which the occurrences happened, each with the one before and after, as few ranges as
/// possible. An old event in the same batch as a new one must not make us read all minutes in between.
fn minute_ranges(batch: &ErrorBatch) -> Vec<RangeInclusive<Minute>> {
    let mut ranges: Vec<RangeInclusive<Minute>> = Vec::new();
    for occurrence in batch.occurrences.iter().rev() {
        let minute = occurrence.minute();
        match ranges.last_mut() {
            Some(range) if minute.previous() <= range.end().next() => *range = *range.start()..=minute.next(),
            _ => ranges.push(minute.previous()..=minute.next()),
        }
    }
    ranges
}
