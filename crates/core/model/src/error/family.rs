use super::{ErrorAggregate, Merged, Part};
use crate::id::Fingerprint;
use crate::time::Timestamp;

/// An error with all that is merged into it, each as it is stored: what merging, and undoing it, is decided on.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The error that lists show.
    pub whole: ErrorAggregate,
    /// What is merged into it, in the order of the whole's parts.
    pub parts: Vec<ErrorAggregate>,
}

/// There would be more lives in one error than are possible.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("one error can be made of at most {most} errors, itself included, and this would be {0}", most = Family::MAX_INCARNATIONS)]
pub struct TooManyParts(usize);

impl Family {
    /// The most errors that one can be made of, itself included: to bury them takes two actions for each, which must
    /// fit DynamoDB's 100 actions of a transaction.
    pub const MAX_INCARNATIONS: usize = 50;

    /// The error `whole` with its parts, taken out of `stored`. A part that is not there any more, or is another incarnation by
    /// now, is dropped: nothing of it is left to be shown.
    pub fn new(whole: ErrorAggregate, stored: Vec<ErrorAggregate>) -> Self {
        let mut family = Self { parts: Vec::new(), whole };
        let part_of = |part: &Part| {
            let is_it = |other: &&ErrorAggregate| other.uid == part.uid && family.whole.has_part(other);
            stored.iter().find(is_it).cloned()
        };
        let parts: Vec<_> = family.whole.parts().iter().filter_map(part_of).collect();
        if parts.len() < family.whole.parts().len() {
            family.retain(|part| parts.iter().any(|kept| kept.uid == part.uid));
            family.parts = parts;
            family.add_up();
        } else {
            family.parts = parts;
        }
        family
    }

    /// All of its errors, the whole first.
    pub fn into_incarnations(self) -> impl Iterator<Item = ErrorAggregate> {
        std::iter::once(self.whole).chain(self.parts)
    }

    /// Merges `other`, with all that is merged into it, into this error. Its status, and what else people set, stay as
    /// they are: a resolved error stays so until an occurrence of either comes.
    pub fn merge(&mut self, other: Self) -> Result<(), TooManyParts> {
        let incarnations = 2 + self.parts.len() + other.parts.len();
        if incarnations > Self::MAX_INCARNATIONS {
            return Err(TooManyParts(incarnations));
        }
        let own = Box::new(self.whole.clone());
        let merged =
            self.whole.merged.get_or_insert(Merged { parts: Vec::new(), own, kept_until: Timestamp::default() });
        let Self { whole: other, parts: others } = other;
        let along_with = |part: &Part| Part { along_with: part.along_with.or(Some(other.fingerprint)), ..*part };
        merged.parts.push(Part { fingerprint: other.fingerprint, uid: other.uid, along_with: None });
        merged.parts.extend(other.parts().iter().map(along_with));
        self.parts.push(other.without_parts());
        self.parts.extend(others);
        for part in &mut self.parts {
            part.merged_into = Some(self.whole.fingerprint);
        }
        self.keep();
        self.add_up();
        Ok(())
    }

    /// Takes a part out again, with what was merged into it before it came: both are then what they would be had they
    /// never been merged, but for what people set meanwhile, which is the whole's. `None` if it is no part.
    pub fn split(&mut self, fingerprint: &Fingerprint) -> Option<Self> {
        let merged = self.whole.merged.as_ref()?;
        let part = merged.parts.iter().find(|part| part.fingerprint == *fingerprint)?;
        let mut leaving = vec![*part];
        // Parts stand behind what they came along with.
        for part in &merged.parts {
            if leaving.iter().any(|before| part.along_with == Some(before.fingerprint)) {
                leaving.push(*part);
            }
        }
        let leaves = |uid| leaving.iter().any(|part| part.uid == uid);
        let (gone, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.parts).into_iter().partition(|incarnation| leaves(incarnation.uid));
        let kept_until = merged.kept_until;
        self.retain(|part| !leaves(part.uid));
        self.parts = kept;
        self.add_up();

        let (mut first, mut rest): (Vec<_>, Vec<_>) =
            gone.into_iter().partition(|incarnation| incarnation.fingerprint == *fingerprint);
        let mut whole = first.pop()?;
        whole.merged_into = None;
        if !rest.is_empty() {
            let straight = |part: &Part| {
                let along_with = part.along_with.filter(|other| other != fingerprint);
                Part { along_with, ..*part }
            };
            let parts = leaving[1..].iter().map(straight).collect();
            whole.merged = Some(Merged { parts, own: Box::new(whole.clone()), kept_until });
            rest.iter_mut().for_each(|part| part.merged_into = Some(*fingerprint));
        }
        let mut family = Self { whole, parts: rest };
        family.add_up();
        Some(family)
    }

    /// Keeps all of them as long as the one that is kept the longest.
    fn keep(&mut self) {
        let Self { whole, parts } = self;
        let kept_until = parts.iter().map(|part| part.expires_at).fold(whole.expires_at, Ord::max);
        for incarnation in std::iter::once(&mut *whole).chain(parts) {
            incarnation.expires_at = kept_until;
        }
        if let Some(merged) = &mut whole.merged {
            merged.kept_until = kept_until;
        }
    }

    /// Keeps only these in the list of parts; an error without any is merged no more.
    fn retain(&mut self, keep: impl Fn(&Part) -> bool) {
        let Some(merged) = &mut self.whole.merged else { return };
        merged.parts.retain(keep);
        if merged.parts.is_empty() {
            self.whole = self.whole.clone().without_parts();
        }
    }

    /// Makes the whole's figures the sums over all incarnations.
    fn add_up(&mut self) {
        let Self { whole, parts } = self;
        let Some(Merged { own, .. }) = &whole.merged else { return };
        let mut incarnations: Vec<_> = std::iter::once(&**own).chain(&*parts).collect();
        (whole.hours, whole.tags, whole.users) = (own.hours.clone(), own.tags.clone(), own.users.clone());
        whole.origins.be_as(&own.origins);
        for part in &*parts {
            whole.hours.join(&part.hours);
            whole.tags.join(&part.tags);
            whole.users.join(&part.users);
            whole.origins.join(&part.origins);
        }
        let count = incarnations.iter().map(|incarnation| incarnation.count).sum();
        incarnations.sort_by_key(|incarnation| incarnation.first_seen);
        let first_release = incarnations.iter().find_map(|incarnation| incarnation.first_release.clone());
        let first_seen = incarnations.first().map(|incarnation| incarnation.first_seen);
        incarnations.sort_by_key(|incarnation| std::cmp::Reverse(incarnation.last_seen));
        let last_release = incarnations.iter().find_map(|incarnation| incarnation.last_release.clone());
        let newest = incarnations.first().map(|incarnation| (*incarnation).clone());
        if let (Some(first_seen), Some(newest)) = (first_seen, newest) {
            whole.first_seen = first_seen;
            whole.last_seen = newest.last_seen;
            whole.level = newest.level;
            whole.platform = newest.platform;
            whole.environment = newest.environment;
        }
        whole.first_release = first_release;
        whole.last_release = last_release;
        whole.recount(count);
    }
}

impl ErrorAggregate {
    /// The error without what is merged into it: what it would be alone.
    #[must_use]
    pub fn without_parts(mut self) -> Self {
        let Some(Merged { own, .. }) = self.merged.take() else { return self };
        // Named one by one: whatever field comes must say whether it is a figure, or something that people set.
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

    /// Sets the count. A mute for some more occurrences is for as many more as before.
    fn recount(&mut self, count: u64) {
        let before = std::mem::replace(&mut self.count, count);
        if let Some(limit) = self.mute.as_mut().and_then(|mute| mute.until_count.as_mut()) {
            *limit = (*limit + count).saturating_sub(before);
        }
    }
}
