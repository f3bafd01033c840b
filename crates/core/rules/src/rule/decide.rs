use super::{Policy, Rule};
use crate::{Target, Trigger};
use model::error::{ErrorAggregate, Origin, Status};
use model::project::Tier;
use model::time::Timestamp;

/// A notification that a rule asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Why it is sent.
    pub trigger: Trigger,
    /// When it is sent.
    pub timing: Timing,
}

/// The time at which a notification is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    Now,
    /// Together with everything else that is collected for the rule.
    Collected {
        /// When the collected message is sent.
        until: Timestamp,
    },
}

impl Rule {
    /// Decides which notifications to send after a commit that changed `old` to `new`, in a project of this tier;
    /// oldest first. The result depends on the arguments only, so a commit that is looked at twice gives the same
    /// result twice.
    ///
    /// - The first occurrence of an incarnation that the rule's filter matches is reported as the first: a rule for
    ///   production reports an error that was in staging before. In the same way, the first matching occurrence after
    ///   the error came back, from being resolved or from a mute that ended by itself, is reported as a regression or
    ///   as unmuted. In both cases, a threshold that the same commit crosses is not reported in addition.
    /// - A threshold is reported once for each unit of time in which the commit crossed it, with the true count,
    ///   however many multiples of the interval the commit skipped.
    /// - Nothing is sent for a muted error, or for an error that is resolved in the next release while only old
    ///   releases report it.
    /// - Changes by people (a status, a link, a merge) and deletions bring no occurrence and send nothing, except that an
    ///   assignment is reported, if the filter matches any occurrence of the error so far.
    /// - An error that is merged into another one sends nothing: its occurrences are reported for the target.
    ///
    /// A posted config notifies as in v1: about the first occurrence ever, and about the threshold, but not about
    /// regressions. It sends nothing while the error is muted, which v1 does not have. It is only asked about commits of
    /// the occurrences that it came with, and it reports these for a merged error too.
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
        if !was_seen {
            return self.find_assignment(before, new, tier).into_iter().collect();
        }
        let is_silent = new.status == Status::Muted || new.resolution.is_some() || is_part;
        if is_silent || !self.filter.matches_title(new) {
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

    /// Returns the trigger if somebody was assigned.
    fn find_assignment(&self, before: Option<&ErrorAggregate>, new: &ErrorAggregate, tier: Tier) -> Option<Trigger> {
        let before = before.filter(|_| new.merged_into.is_none())?;
        let is_new = new.assignee != before.assignee || new.assignee_user != before.assignee_user;
        let is_wanted = is_new
            && self.policy.conditions(tier).assigned
            && self.filter.matches_title(new)
            && self.filter.matches_any(new.origins.ever());
        new.assignee.clone().filter(|_| is_wanted).map(|assignee| Trigger::Assigned { assignee })
    }

    /// Whether the commit brought the first occurrence of this incarnation that the filter matches.
    fn is_first(&self, before: Option<&ErrorAggregate>, new: &ErrorAggregate) -> bool {
        let known = before.map_or(&[][..], |before| before.origins.ever());
        self.is_new(known, new.origins.ever())
    }

    /// Whether the commit brought the first occurrence that the filter matches since the error came back by itself.
    fn is_back(&self, before: Option<&ErrorAggregate>, new: &ErrorAggregate) -> bool {
        let Some(back_at) = new.back_at() else { return false };
        let known = before.map_or(&[][..], |before| before.origins.since(back_at));
        let was_back = before.is_some_and(|before| before.back_at() == Some(back_at));
        // There is no origin yet if the clock alone ended its mute. Otherwise an occurrence brought it back, and if its
        // origin is not known, that occurrence was of an error which is not merged into this one any more.
        let is_unknown = was_back && known.is_empty() && !new.is_unmuted();
        !is_unknown && self.is_new(known, new.origins.since(back_at))
    }

    fn is_new(&self, before: &[Origin], after: &[Origin]) -> bool {
        !self.filter.matches_any(before) && self.filter.matches_any(after)
    }

    /// Whether a change ends an error that the rule may have reported: somebody resolved it, or merged it into another
    /// one. On-call services then close its incident.
    pub fn reports_end(&self, old: Option<&ErrorAggregate>, new: &ErrorAggregate) -> bool {
        let Some(old) = old.filter(|old| old.uid == new.uid) else { return false };
        let is_resolved = new.status == Status::Resolved && old.status != Status::Resolved;
        let is_merged = new.merged_into.is_some() && old.merged_into.is_none();
        (is_resolved || is_merged) && self.filter.matches_title(new) && self.filter.matches_any(new.origins.ever())
    }

    /// When to notify about something that happens `now` in a project of this tier: immediately, or after collecting
    /// for as long as the rule or the tier says, but never during the rule's quiet hours.
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

    /// When to notify that the project reached a limit `now`: immediately, or after the rule's quiet hours.
    pub fn limit_timing(&self, now: Timestamp) -> Timing {
        let end = self.quiet.as_ref().and_then(|quiet| quiet.end(now));
        end.map_or(Timing::Now, |until| Timing::Collected { until })
    }

    /// The number of messages per minute that it sends to `target` individually. Those beyond it are sent together.
    pub fn ceiling(&self, target: &Target) -> u32 {
        self.max_per_minute.unwrap_or(if target.is_tracker() { Self::TRACKER_CEILING } else { Self::CEILING })
    }

    /// Whether it reports that the project reached a limit.
    pub fn reports_limits(&self, tier: Tier) -> bool {
        self.policy.conditions(tier).limited
    }
}
