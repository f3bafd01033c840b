use super::Rule;
use crate::error::{ErrorAggregate, Status};
use crate::notify::Why;
use crate::project::Tier;
use crate::time::Timestamp;

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What happened.
    pub why: Why,
    /// When to tell it.
    pub when: When,
}

/// When to tell something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// At once.
    Now,
    /// Together with what else is collected for the rule.
    Collected {
        /// Until then.
        until: Timestamp,
    },
}

impl Rule {
    /// What to tell of a commit that made `new` of `old`, in a project of this tier; the oldest first. It depends on
    /// nothing but its arguments, so a commit that is looked at twice gives the same twice.
    ///
    /// - The first occurrence of a life, also of one that follows a deletion, is told as such, and so is a regression;
    ///   whichever it is, a threshold that the same commit crosses is not told besides.
    /// - A threshold is told once for each unit of time in which the commit crossed it, with the true count, however many
    ///   multiples of the interval the commit jumped over.
    /// - Of a muted error nothing is told; that a mute has ended is nothing to tell either. Nor is anything told of an
    ///   error that is resolved in the next release, while only old ones bring it.
    /// - What people change (a status, a link, what is merged), and what deletes, brings no occurrence and tells nothing.
    /// - Of an error that is merged into another nothing is told: what it brings is told of that one.
    ///
    /// A posted config tells as v1 does: the first occurrence ever, and the threshold; nothing of a regression, and, what
    /// v1 does not have, nothing while the error is muted.
    pub fn decide(
        &self,
        old: Option<&ErrorAggregate>,
        new: &ErrorAggregate,
        tier: Tier,
        now: Timestamp,
    ) -> Vec<Decision> {
        let happened = self.happened(old.filter(|old| old.uid == new.uid), new, tier);
        let when = self.when(tier, now);
        happened.into_iter().map(|why| Decision { why, when }).collect()
    }

    fn happened(&self, before: Option<&ErrorAggregate>, new: &ErrorAggregate, tier: Tier) -> Vec<Why> {
        let was_seen = new.count > before.map_or(0, |before| before.count);
        let is_silent = new.status == Status::Muted || new.resolution.is_some() || new.merged_into.is_some();
        if !was_seen || is_silent || !self.filter.matches(new) {
            return Vec::new();
        }
        let tells = self.policy.tells(tier);
        let regressed =
            before.is_some_and(|before| before.status == Status::Resolved) && new.status == Status::Unresolved;
        if before.is_none() && tells.first {
            return vec![Why::First];
        }
        if regressed && tells.regression {
            return vec![Why::Regression];
        }
        let Some(threshold) = tells.threshold else { return Vec::new() };
        let unit = new.units.unit();
        let before = before.map(|before| &before.units).filter(|units| units.unit() == unit);
        let crossed = new
            .units
            .counts()
            .filter(|&(start, count)| threshold.is_crossed(before.map_or(0, |units| units.count(start)), count));
        crossed.map(|(start, count)| Why::Threshold { count, unit, start }).collect()
    }

    /// When to tell what happens `now` in a project of this tier: at once, or when it was collected for as long as the
    /// rule, or the tier, says, and in no case in the rule's quiet hours.
    pub fn when(&self, tier: Tier, now: Timestamp) -> When {
        let end_of_quiet = |moment| self.quiet.as_ref().and_then(|quiet| quiet.end(moment));
        match self.policy.tells(tier).collect {
            Some(minutes) => {
                let until = now.plus_seconds(i64::from(minutes) * 60);
                When::Collected { until: end_of_quiet(until).unwrap_or(until) }
            }
            None => end_of_quiet(now).map_or(When::Now, |until| When::Collected { until }),
        }
    }

    /// Whether it wants to hear that the project ran into a limit.
    pub fn tells_limits(&self, tier: Tier) -> bool {
        self.policy.tells(tier).limited
    }
}
