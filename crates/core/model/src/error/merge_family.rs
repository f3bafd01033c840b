use super::{ErrorAggregate, MergeRecord, MergedError};
use crate::id::Fingerprint;
use crate::time::Timestamp;

/// An error with all errors that are merged into it, each as it is stored. Decisions about merging and unmerging are
/// made on this.
#[derive(Clone, Debug, PartialEq)]
pub struct MergeFamily {
    /// The error that lists show, into which the others are merged.
    pub target: ErrorAggregate,
    /// The errors that are merged into it, in the order of the target's list of merged errors.
    pub merged_errors: Vec<ErrorAggregate>,
}

/// The merge would combine more errors than are possible.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("one error can consist of at most {most} errors, this would be {0}", most = MergeFamily::MAX_INCARNATIONS)]
pub struct TooManyMergedErrors(usize);

impl MergeFamily {
    /// Maximum number of errors in a family, the target included. Deleting a family takes two actions for each error,
    /// and DynamoDB allows 100 actions in a transaction.
    pub const MAX_INCARNATIONS: usize = 50;

    /// Creates the family of `target`, whose merged errors are taken from `stored`. A merged error that no longer
    /// exists, or that is another incarnation now, is dropped: nothing of it is left to show.
    pub fn new(target: ErrorAggregate, stored: Vec<ErrorAggregate>) -> Self {
        let mut family = Self { merged_errors: Vec::new(), target };
        let part_of = |merged_error: &MergedError| {
            let is_it = |other: &&ErrorAggregate| other.uid == merged_error.uid && family.target.has_merged(other);
            stored.iter().find(is_it).cloned()
        };
        let merged_errors: Vec<_> = family.target.merged_errors().iter().filter_map(part_of).collect();
        if merged_errors.len() < family.target.merged_errors().len() {
            family.retain(|merged_error| merged_errors.iter().any(|kept| kept.uid == merged_error.uid));
            family.merged_errors = merged_errors;
            family.add_up();
        } else {
            family.merged_errors = merged_errors;
        }
        family
    }

    /// Returns all errors of the family, the target first.
    pub fn into_incarnations(self) -> impl Iterator<Item = ErrorAggregate> {
        std::iter::once(self.target).chain(self.merged_errors)
    }

    /// Merges `other`, with everything that is merged into it, into this error. This error's status, and whatever else
    /// people set, stay as they are: a resolved error stays resolved until an occurrence of either comes.
    pub fn merge(&mut self, other: Self) -> Result<(), TooManyMergedErrors> {
        let incarnations = 2 + self.merged_errors.len() + other.merged_errors.len();
        if incarnations > Self::MAX_INCARNATIONS {
            return Err(TooManyMergedErrors(incarnations));
        }
        let own = Box::new(self.target.clone());
        let merged = self.target.merged.get_or_insert(MergeRecord {
            merged_errors: Vec::new(),
            own,
            kept_until: Timestamp::default(),
        });
        let Self { target: other, merged_errors: others } = other;
        let along_with = |merged_error: &MergedError| MergedError {
            along_with: merged_error.along_with.or(Some(other.fingerprint)),
            ..*merged_error
        };
        merged.merged_errors.push(MergedError { fingerprint: other.fingerprint, uid: other.uid, along_with: None });
        merged.merged_errors.extend(other.merged_errors().iter().map(along_with));
        self.merged_errors.push(other.without_merged());
        self.merged_errors.extend(others);
        for merged_error in &mut self.merged_errors {
            merged_error.merged_into = Some(self.target.fingerprint);
        }
        self.keep();
        self.add_up();
        Ok(())
    }

    /// Takes a merged error out again, together with the errors that had been merged into it before. Both families are
    /// then as if they had never been merged, except that the target keeps everything that people set in the meantime.
    /// Returns `None` if the error is not merged into this one.
    pub fn split(&mut self, fingerprint: &Fingerprint) -> Option<Self> {
        let merged = self.target.merged.as_ref()?;
        let merged_error = merged.merged_errors.iter().find(|merged_error| merged_error.fingerprint == *fingerprint)?;
        let mut leaving = vec![*merged_error];
        // In the list, merged errors come after the error that they came along with.
        for merged_error in &merged.merged_errors {
            if leaving.iter().any(|before| merged_error.along_with == Some(before.fingerprint)) {
                leaving.push(*merged_error);
            }
        }
        let leaves = |uid| leaving.iter().any(|merged_error| merged_error.uid == uid);
        let (gone, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.merged_errors).into_iter().partition(|incarnation| leaves(incarnation.uid));
        let kept_until = merged.kept_until;
        self.retain(|merged_error| !leaves(merged_error.uid));
        self.merged_errors = kept;
        self.add_up();

        let (mut first, mut rest): (Vec<_>, Vec<_>) =
            gone.into_iter().partition(|incarnation| incarnation.fingerprint == *fingerprint);
        let mut target = first.pop()?;
        target.merged_into = None;
        if !rest.is_empty() {
            let straight = |merged_error: &MergedError| {
                let along_with = merged_error.along_with.filter(|other| other != fingerprint);
                MergedError { along_with, ..*merged_error }
            };
            let merged_errors = leaving[1..].iter().map(straight).collect();
            target.merged = Some(MergeRecord { merged_errors, own: Box::new(target.clone()), kept_until });
            rest.iter_mut().for_each(|merged_error| merged_error.merged_into = Some(*fingerprint));
        }
        let mut family = Self { target, merged_errors: rest };
        family.add_up();
        Some(family)
    }

    /// Sets the expiry of all errors to that of the one that is kept the longest.
    fn keep(&mut self) {
        let Self { target, merged_errors } = self;
        let kept_until =
            merged_errors.iter().map(|merged_error| merged_error.expires_at).fold(target.expires_at, Ord::max);
        for incarnation in std::iter::once(&mut *target).chain(merged_errors) {
            incarnation.expires_at = kept_until;
        }
        if let Some(merged) = &mut target.merged {
            merged.kept_until = kept_until;
        }
    }

    /// Keeps only these in the list of merged errors. An error without any is no longer a merge target.
    fn retain(&mut self, keep: impl Fn(&MergedError) -> bool) {
        let Some(merged) = &mut self.target.merged else { return };
        merged.merged_errors.retain(keep);
        if merged.merged_errors.is_empty() {
            self.target = self.target.clone().without_merged();
        }
    }

    /// Sets the target's figures to the sums over all incarnations.
    fn add_up(&mut self) {
        let Self { target, merged_errors } = self;
        let Some(MergeRecord { own, .. }) = &target.merged else { return };
        let mut incarnations: Vec<_> = std::iter::once(&**own).chain(&*merged_errors).collect();
        (target.hours, target.tags, target.users) = (own.hours.clone(), own.tags.clone(), own.users.clone());
        target.origins.be_as(&own.origins);
        for merged_error in &*merged_errors {
            target.hours.join(&merged_error.hours);
            target.tags.join(&merged_error.tags);
            target.users.join(&merged_error.users);
            target.origins.join(&merged_error.origins);
        }
        let count = incarnations.iter().map(|incarnation| incarnation.count).sum();
        incarnations.sort_by_key(|incarnation| incarnation.first_seen);
        let first_release = incarnations.iter().find_map(|incarnation| incarnation.first_release.clone());
        let first_seen = incarnations.first().map(|incarnation| incarnation.first_seen);
        incarnations.sort_by_key(|incarnation| std::cmp::Reverse(incarnation.last_seen));
        let last_release = incarnations.iter().find_map(|incarnation| incarnation.last_release.clone());
        let newest = incarnations.first().map(|incarnation| (*incarnation).clone());
        if let (Some(first_seen), Some(newest)) = (first_seen, newest) {
            target.first_seen = first_seen;
            target.last_seen = newest.last_seen;
            target.level = newest.level;
            target.platform = newest.platform;
            target.environment = newest.environment;
        }
        target.first_release = first_release;
        target.last_release = last_release;
        target.recount(count);
    }
}

impl ErrorAggregate {
    /// Returns the error without its merged errors, as it would be alone.
    #[must_use]
    pub fn without_merged(mut self) -> Self {
        let Some(MergeRecord { own, .. }) = self.merged.take() else { return self };
        // All fields are listed, so that whoever adds a field must decide whether it is a figure or something that
        // people set.
        let Self {
            project: _,
            fingerprint: _,
            uid: _,
            version: _,
            kind,
            message,
            culprit,
            level,
            platform,
            status: _,
            status_at: _,
            mute: _,
            resolution: _,
            regression: _,
            assignee: _,
            assignee_user: _,
            count,
            first_seen,
            last_seen,
            first_release,
            last_release,
            environment,
            threshold_windows,
            hours,
            tags,
            users,
            seen,
            origins,
            unmuted_at: _,
            posted: _,
            expires_at: _,
            frames: _,
            indexed: _,
            links: _,
            merged_into: _,
            merged: _,
        } = *own;
        self.recount(count);
        Self {
            kind,
            message,
            culprit,
            level,
            platform,
            first_seen,
            last_seen,
            first_release,
            last_release,
            environment,
            threshold_windows,
            hours,
            tags,
            users,
            seen,
            origins,
            ..self
        }
    }

    /// Sets the count. A mute that ends after a number of further occurrences still ends after as many.
    fn recount(&mut self, count: u64) {
        let before = std::mem::replace(&mut self.count, count);
        if let Some(limit) = self.mute.as_mut().and_then(|mute| mute.until_count.as_mut()) {
            *limit = (*limit + count).saturating_sub(before);
        }
    }
}
