use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use model::error::{ErrorAggregate, Sighting};
use model::id::{OccurrenceId, ProjectName};
use model::time::Timestamp;
use rules::lane::{Lane, LaneEntry, OutboxEvent, RuleRef, Scope, summary_token};
use rules::{LinkFacts, Message, Notification, Overflow, Rule, Target, Timing, Trigger, expand_link};
use store::Result;

use crate::Notify;
use crate::channels::{Issue, IssueKey};
use crate::rule_cache::ProjectRules;
use crate::watch::commit_id;

/// Up to this many notifications of one error are sent one by one. If more are waiting, after a destination was
/// unavailable, they are sent together.
const MAX_SINGLE_MESSAGES: usize = 5;
/// Maximum number of notifications that one message lists.
const MAX_LISTED_NOTIFICATIONS: usize = 50;

/// The first entries of a lane, which are sent as one message.
pub(super) struct Batch {
    pub(super) entries: usize,
    /// The message and its target; `None` if there is nothing left to send.
    pub(super) delivery: Option<PendingDelivery>,
}

/// A message, ready to be sent.
pub(super) struct PendingDelivery {
    pub(super) target: Target,
    pub(super) message: Message,
    /// The existing issue of the error.
    pub(super) issue: Option<Issue>,
    pub(super) buttons: bool,
    /// The key that signs the markers in a tracker's issues.
    pub(super) issue_key: IssueKey,
}

impl Batch {
    fn nothing(entries: usize) -> Self {
        Self { entries, delivery: None }
    }
}

impl Notify {
    /// Returns the next message of a lane, which must not be empty.
    pub(super) async fn next_batch(&self, lane: &Lane) -> Result<Batch> {
        let first = &lane.pending[0];
        if matches!(lane.id.scope, Scope::Overflow(_) | Scope::PostedOverflow) {
            return self.overflow_batch(lane).await;
        }
        let of_rule = lane.pending.iter().take_while(|entry| entry.rule == first.rule).count();
        let Some(project_rules) = self.load_project_rules(lane.id.project).await? else {
            return Ok(Batch::nothing(lane.pending.len()));
        };
        let Some(rule) = self.find_rule(&project_rules, &first.rule).await? else { return Ok(Batch::nothing(of_rule)) };
        let Some(target) = rule.to.iter().find(|target| target.destination() == lane.id.destination).cloned() else {
            return Ok(Batch::nothing(of_rule));
        };
        let buttons = project_rules.rules.hooks.slack.is_some();
        if let OutboxEvent::Limited { limit, until, .. } = &first.event {
            let project = project_rules.project.name.clone();
            let message =
                Message::Limited { token: first.message_token(&lane.id), project, limit: limit.clone(), until: *until };
            return Ok(Batch {
                entries: 1,
                delivery: Some(PendingDelivery {
                    target,
                    message,
                    issue: None,
                    buttons,
                    issue_key: IssueKey::default(),
                }),
            });
        }
        let together = matches!(lane.id.scope, Scope::Collected(_)) || of_rule > MAX_SINGLE_MESSAGES;
        let mut sent = if together { 0..of_rule.min(MAX_LISTED_NOTIFICATIONS) } else { 0..1 };
        // Nobody is called about an error that was resolved in the meantime.
        if target.is_on_call()
            && let Some(end) = lane.pending[..of_rule].iter().rposition(is_end)
        {
            sent = end..end + 1;
        }
        let entries = sent.end;
        let loaded = lane.pending[sent].iter().map(|entry| self.load_notification(&project_rules, &rule, lane, entry));
        let loaded: Vec<_> = try_join_all(loaded).await?.into_iter().flatten().collect();
        let issue = loaded.first().and_then(|(error, _)| known_issue(error, &lane.id.destination));
        let error = loaded.first().map(|(error, _)| error.clone());
        let mut notifications: Vec<Notification> = loaded.into_iter().map(|(_, notification)| notification).collect();
        let Some(error) = error else { return Ok(Batch::nothing(entries)) };
        let more = if entries == lane.pending.len() { lane.more } else { 0 };
        let message = match notifications.pop() {
            Some(mut notification) if notifications.is_empty() && more == 0 => {
                // The notification of a posted config already has the occurrence that it came with.
                if !notification.is_posted
                    && let Some((id, occurrence)) = self.load_newest_occurrence(&error).await?
                {
                    notification.link =
                        self.build_link(&rule, &project_rules.project.name, &error, Some(&id.to_string()));
                    notification.occurrence = Some(Box::new(occurrence));
                }
                Message::One(Box::new(notification))
            }
            last => {
                notifications.extend(last);
                let token = summary_token(&lane.pending[..entries], more, &lane.id);
                Message::Several {
                    token,
                    project: project_rules.project.name.clone(),
                    notifications,
                    more,
                    overflow: None,
                }
            }
        };
        let issue_key = self.load_issue_key_for(&project_rules, &target).await?;
        Ok(Batch { entries, delivery: Some(PendingDelivery { target, message, issue, buttons, issue_key }) })
    }

    async fn load_issue_key_for(&self, project_rules: &ProjectRules, target: &Target) -> Result<IssueKey> {
        if target.is_tracker() { self.load_issue_key(&project_rules.project).await } else { Ok(IssueKey::default()) }
    }

    /// Returns the time until which a lane collects new entries; `None` if it does not collect.
    pub(super) async fn collection_end(&self, lane: &Lane) -> Result<Option<Timestamp>> {
        let Scope::Collected(id) = &lane.id.scope else { return Ok(None) };
        let Some(project_rules) = self.load_project_rules(lane.id.project).await? else { return Ok(None) };
        let rule = project_rules.rules.rules.iter().find(|rule| rule.id == *id);
        Ok(rule.and_then(|rule| match rule.delivery_timing(project_rules.project.tier, self.clock.now()) {
            Timing::Collected { until } => Some(until),
            Timing::Now => None,
        }))
    }

    /// Returns the rule as it is now; `None` if it was deleted.
    pub(super) async fn find_rule(&self, project_rules: &ProjectRules, reference: &RuleRef) -> Result<Option<Rule>> {
        match reference {
            RuleRef::Project(id) => Ok(project_rules.rules.rules.iter().find(|rule| rule.id == *id).cloned()),
            RuleRef::Posted(id, index) => {
                let posted = self.load_posted_rules(&project_rules.project, id).await?;
                Ok(posted.iter().find(|(place, _)| place == index).map(|(_, rule)| rule.clone()))
            }
        }
    }

    /// Returns the error of an entry as it is now; `None` if it was deleted, even if a new incarnation exists.
    pub(super) async fn load_error(&self, lane: &Lane, entry: &LaneEntry) -> Result<Option<ErrorAggregate>> {
        let OutboxEvent::Error { fingerprint, commit: life, .. } = &entry.event else { return Ok(None) };
        let error = self.stores.errors.get(lane.id.project, fingerprint).await?;
        Ok(error.filter(|error| commit_id(error).split(':').next() == life.split(':').next()))
    }

    /// Builds the link of a message, from the rule's template or to faultline's own page.
    fn build_link(
        &self,
        rule: &Rule,
        project: &ProjectName,
        error: &ErrorAggregate,
        newest: Option<&str>,
    ) -> Option<String> {
        let Some(template) = &rule.link_template else {
            return self.public_url.as_ref().map(|url| url.error(project, &error.fingerprint));
        };
        let facts = LinkFacts {
            project: project.as_str(),
            message: &error.message,
            reversed_unixtime: newest,
            fingerprint: &error.fingerprint.to_string(),
        };
        Some(expand_link(template, &facts))
    }

    /// Creates the notification of an entry. The error is as it is now; trigger, time and count are those of the entry.
    async fn load_notification(
        &self,
        project_rules: &ProjectRules,
        rule: &Rule,
        lane: &Lane,
        entry: &LaneEntry,
    ) -> Result<Option<(ErrorAggregate, Notification)>> {
        let OutboxEvent::Error { trigger, at, count, own, .. } = &entry.event else { return Ok(None) };
        let Some(error) = self.load_error(lane, entry).await? else { return Ok(None) };
        if let Some(id) = own {
            return Ok(self
                .load_posted_notification(project_rules, rule, lane, entry, &error, id)
                .await?
                .map(|notification| (error, notification)));
        }
        let project = &project_rules.project.name;
        let notification = Notification {
            token: entry.message_token(&lane.id),
            trigger: trigger.clone(),
            at: *at,
            project: project.clone(),
            fingerprint: error.fingerprint,
            kind: error.kind.clone(),
            message: error.message.clone(),
            culprit: error.culprit.clone(),
            level: error.level,
            platform: error.platform.clone(),
            environment: error.environment.clone(),
            release: error.last_release.clone(),
            count: *count,
            first_seen: error.first_seen,
            last_seen: error.last_seen,
            link: self.build_link(rule, project, &error, None),
            timezone: rule.timezone.clone(),
            occurrence: None,
            is_posted: false,
        };
        Ok(Some((error, notification)))
    }

    /// Creates the notification for a posted config. It shows the occurrence that the config came with, and nothing
    /// from other posts. Returns `None` if the occurrence is gone.
    async fn load_posted_notification(
        &self,
        project_rules: &ProjectRules,
        rule: &Rule,
        lane: &Lane,
        entry: &LaneEntry,
        error: &ErrorAggregate,
        id: &OccurrenceId,
    ) -> Result<Option<Notification>> {
        let OutboxEvent::Error { trigger, at, .. } = &entry.event else { return Ok(None) };
        let Some(occurrence) = self.load_occurrence(error, id).await? else { return Ok(None) };
        let own = Sighting::of(&occurrence, &occurrence.message);
        Ok(Some(Notification {
            token: entry.message_token(&lane.id),
            trigger: trigger.clone(),
            at: *at,
            project: project_rules.project.name.clone(),
            fingerprint: error.fingerprint,
            kind: own.kind,
            message: own.message,
            culprit: own.culprit,
            level: own.level,
            platform: own.platform,
            environment: own.environment,
            release: own.release,
            count: 1,
            first_seen: own.timestamp,
            last_seen: own.timestamp,
            link: self.build_link(rule, &project_rules.project.name, error, Some(&id.to_string())),
            timezone: rule.timezone.clone(),
            occurrence: Some(Box::new(occurrence)),
            is_posted: true,
        }))
    }

    /// Creates one message for all notifications over a rule's limit per minute. A rule's message lists some of them. A
    /// message for posted configs contains only their number, because they came with different posts.
    async fn overflow_batch(&self, lane: &Lane) -> Result<Batch> {
        let entries = lane.pending.len();
        let Some(project_rules) = self.load_project_rules(lane.id.project).await? else {
            return Ok(Batch::nothing(entries));
        };
        let mut recipient = None;
        for reference in lane.pending.iter().map(|entry| &entry.rule).collect::<BTreeSet<_>>() {
            let Some(rule) = self.find_rule(&project_rules, reference).await? else { continue };
            let target = rule.to.iter().find(|target| target.destination() == lane.id.destination).cloned();
            if let Some(target) = target {
                recipient = Some((rule, target));
                break;
            }
        }
        let Some((rule, target)) = recipient else { return Ok(Batch::nothing(entries)) };
        let listed =
            if matches!(lane.id.scope, Scope::PostedOverflow) { 0 } else { entries.min(MAX_LISTED_NOTIFICATIONS) };
        let loaded =
            lane.pending[..listed].iter().map(|entry| self.load_notification(&project_rules, &rule, lane, entry));
        let notifications: Vec<_> =
            try_join_all(loaded).await?.into_iter().flatten().map(|(_, notification)| notification).collect();
        let project = project_rules.project.name.clone();
        let overflow = Overflow {
            ceiling: rule.ceiling(&target),
            rule: rule.name.clone(),
            link: self.public_url.as_ref().map(|url| url.errors(&project)),
        };
        let more = lane.more + (entries - notifications.len()) as u64;
        let token = summary_token(&lane.pending, lane.more, &lane.id);
        let message = Message::Several { token, project, notifications, more, overflow: Some(overflow) };
        let issue_key = self.load_issue_key_for(&project_rules, &target).await?;
        Ok(Batch {
            entries,
            delivery: Some(PendingDelivery { target, message, issue: None, buttons: false, issue_key }),
        })
    }
}

/// Whether an entry closes an incident.
fn is_end(entry: &LaneEntry) -> bool {
    matches!(entry.event, OutboxEvent::Error { trigger: Trigger::Resolved, .. })
}

fn known_issue(error: &ErrorAggregate, destination: &str) -> Option<Issue> {
    error.links.get(destination).map(|link| Issue { number: link.number, url: link.url.clone() })
}
