use super::{Policy, Rule};
use crate::{Target, Trigger};
use model::error::{ErrorAggregate, Origin, Status};
use model::project::Tier;
use model::time::Timestamp;

/// A notification that the rule asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Why it is sent.
    pub trigger: Trigger,
    /// Timing it is sent.
    pub timing: Timing,
}

/// Timing a notification is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// At once.
    Now,
    /// Together with what else is collected for the rule.
    Collected {
        /// Until then.
        until: Timestamp,
    },
}

impl Rule {
    /// What to notify of after a commit that made `new` of `old`, in a project of this tier; the oldest first. It depends on
    /// nothing but its arguments, so a commit that is looked at twice gives the same twice.
    ///
    /// - The first occurrence of a life that the rule's filter matches is reported as such: a rule for production reports an
    ///   error that was in staging before. So is the first one that matches after the error came back, from being resolved
    ///   or from a mute that ended by itself. Whichever it is, a threshold that the same commit crosses is not reported as well.
    /// - A threshold is reported once for each unit of time in which the commit crossed it, with the true count, however many
    ///   multiples of the interval the commit jumped over.
    /// - A muted error sends nothing; nor does an error that is resolved in the next release, while only old ones bring
    ///   it.
    /// - What people change (a status, a link, what is merged), and what deletes, brings no occurrence and sends nothing.
    /// - An error that is merged into another sends nothing: what it brings is reported for that one.
    ///
    /// A posted config notifies as v1 does: of the first occurrence ever, and the threshold; not of a regression, and, what
    /// v1 does not have, nothing while the error is muted. It is asked about commits of the occurrences that it came with,
    /// and reports these for an error that is merged into another, too.
    pub fn decide(
        &self,
        old: Option<&ErrorAggregate>,
        new: &ErrorAggregate,
        tier: Tier,
        now: Timestamp,
    ) -> Vec<Decision> {
        let triggers = self.find_triggers(old.filter(|old| old.uid == new.uid), new, tier);
        let timing = self.delivery_timing(tier, now);
        triggers.into_iter().map(|trigger| Decision { trigger, timing }).collect()
    }

    fn find_triggers(&self, before: Option<&ErrorAggregate>, new: &ErrorAggregate, tier: Tier) -> Vec<Trigger> {
        let was_seen = new.count > before.map_or(0, |before| before.count);
        let is_part = new.merged_into.is_some() && !matches!(self.policy, Policy::V1 { .. });
        let is_silent = new.status == Status::Muted || new.resolution.is_some() || is_part;
        if !was_seen || is_silent || !self.filter.matches_title(new) {
            return Vec::new();
        }
        let conditions = self.policy.conditions(tier);
        if conditions.first && self.is_first(before, new) {
            return vec![Trigger::First];
        }
        if conditions.regression && self.is_back(before, new) {
            return vec![if new.is_unmuted() { Trigger::Unmuted } else { Trigger::Regression }];
        }
        if !self.filter.matches_any(new.seen.origins()) {
            return Vec::new();
        }
        let Some(threshold) = conditions.threshold else { return Vec::new() };
        let unit = new.threshold_windows.unit();
        let before = before.map(|before| &before.threshold_windows).filter(|units| units.unit() == unit);
        let crossed = new
            .threshold_windows
            .counts()
            .filter(|&(start, count)| threshold.is_crossed(before.map_or(0, |units| units.count(start)), count));
        crossed.map(|(start, count)| Trigger::Threshold { count, unit, start }).collect()
    }

    /// Whether the commit brought the first occurrence of this incarnation that the filter matches.
    fn is_first(&self, before: Option<&ErrorAggregate>, new: &ErrorAggregate) -> bool {
        let known = before.map_or(&[][..], |before| before.origins.ever());
        // Written before origins were kept: nobody knows where it was seen, and it is not new.
        let is_unknown = before.is_some_and(|before| before.count > 0 && known.is_empty());
        !is_unknown && self.is_new(known, new.origins.ever())
    }

    /// Whether the commit brought the first occurrence that the filter matches since the error came back by itself.
    fn is_back(&self, before: Option<&ErrorAggregate>, new: &ErrorAggregate) -> bool {
        let Some(back_at) = new.back_at() else { return false };
        let known = before.map_or(&[][..], |before| before.origins.since(back_at));
        let was_back = before.is_some_and(|before| before.back_at() == Some(back_at));
        // One that a person's change of status ended, or that came back by the clock alone, has none yet.
        let is_unknown = was_back && known.is_empty() && !new.is_unmuted();
        !is_unknown && self.is_new(known, new.origins.since(back_at))
    }

    fn is_new(&self, before: &[Origin], after: &[Origin]) -> bool {
        !self.filter.matches_any(before) && self.filter.matches_any(after)
    }

    /// When to notify of what happens `now` in a project of this tier: at once, or when it was collected for as long as the
    /// rule, or the tier, says, and in no case in the rule's quiet hours.
    pub fn delivery_timing(&self, tier: Tier, now: Timestamp) -> Timing {
        let end_of_quiet = |moment| self.quiet.as_ref().and_then(|quiet| quiet.end(moment));
        match self.policy.conditions(tier).collect {
            Some(minutes) => {
                let until = now.plus_seconds(i64::from(minutes) * 60);
                Timing::Collected { until: end_of_quiet(until).unwrap_or(until) }
            }
            None => end_of_quiet(now).map_or(Timing::Now, |until| Timing::Collected { until }),
        }
    }

    /// When to notify that the project ran into a limit `now`: at once, but not in the rule's quiet hours.
    pub fn limit_timing(&self, now: Timestamp) -> Timing {
        let end = self.quiet.as_ref().and_then(|quiet| quiet.end(now));
        end.map_or(Timing::Now, |until| Timing::Collected { until })
    }

    /// How many messages a minute it sends to `target` by themselves; what is over goes together.
    pub fn ceiling(&self, target: &Target) -> u32 {
        self.max_per_minute.unwrap_or(if target.is_tracker() { Self::TRACKER_CEILING } else { Self::CEILING })
    }

    /// Whether it reports that the project ran into a limit.
    pub fn reports_limits(&self, tier: Tier) -> bool {
        self.policy.conditions(tier).limited
    }
}
