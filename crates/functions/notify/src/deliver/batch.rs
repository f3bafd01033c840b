use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use model::error::{ErrorAggregate, Sighting};
use model::id::{OccurrenceId, ProjectName};
use model::time::Timestamp;
use rules::lane::{Happened, Lane, LaneEntry, RuleRef, Scope, name_of};
use rules::{Held, LinkFacts, Notice, Rule, Target, Telling, When, link};
use store::Result;

use crate::Notify;
use crate::channels::{Issue, IssueKey};
use crate::known::Ruled;
use crate::watch::commit;

/// So many things about one error are told one by one; more, after a destination was away, together.
const ONE_BY_ONE: usize = 5;
/// The most things that one message lists.
const LISTED: usize = 50;

/// What is told at once: the first entries of a lane.
pub(super) struct Batch {
    /// How many of them.
    pub(super) entries: usize,
    /// To whom what; `None` if there is nothing to tell any more.
    pub(super) message: Option<Message>,
}

/// A message, ready to be sent.
pub(super) struct Message {
    pub(super) target: Target,
    pub(super) telling: Telling,
    /// The issue that there is already.
    pub(super) issue: Option<Issue>,
    pub(super) buttons: bool,
    /// What issues are marked by, of a tracker.
    pub(super) issue_key: IssueKey,
}

impl Batch {
    fn nothing(entries: usize) -> Self {
        Self { entries, message: None }
    }
}

impl Notify {
    /// The next message of a lane, which is not empty.
    pub(super) async fn batch(&self, lane: &Lane) -> Result<Batch> {
        let first = &lane.pending[0];
        if matches!(lane.id.scope, Scope::Held(_) | Scope::HeldPosted) {
            return self.held(lane).await;
        }
        let of_rule = lane.pending.iter().take_while(|entry| entry.rule == first.rule).count();
        let Some(ruled) = self.ruled(lane.id.project).await? else { return Ok(Batch::nothing(lane.pending.len())) };
        let Some(rule) = self.rule(&ruled, &first.rule).await? else { return Ok(Batch::nothing(of_rule)) };
        let Some(target) = rule.to.iter().find(|target| target.destination() == lane.id.destination).cloned() else {
            return Ok(Batch::nothing(of_rule));
        };
        let buttons = ruled.rules.hooks.slack.is_some();
        if let Happened::Limited { limit, until, .. } = &first.happened {
            let project = ruled.project.name.clone();
            let telling = Telling::Limited { token: name(lane, first), project, limit: limit.clone(), until: *until };
            return Ok(Batch {
                entries: 1,
                message: Some(Message { target, telling, issue: None, buttons, issue_key: IssueKey::default() }),
            });
        }
        let together = matches!(lane.id.scope, Scope::Collected(_)) || of_rule > ONE_BY_ONE;
        let entries = if together { of_rule.min(LISTED) } else { 1 };
        let facts = lane.pending[..entries].iter().map(|entry| self.facts(&ruled, &rule, lane, entry));
        let facts: Vec<_> = try_join_all(facts).await?.into_iter().flatten().collect();
        let issue = facts.first().and_then(|(error, _)| issue(error, &lane.id.destination));
        let error = facts.first().map(|(error, _)| error.clone());
        let mut notices: Vec<Notice> = facts.into_iter().map(|(_, notice)| notice).collect();
        let Some(error) = error else { return Ok(Batch::nothing(entries)) };
        let more = if entries == lane.pending.len() { lane.more } else { 0 };
        let telling = match notices.pop() {
            Some(mut notice) if notices.is_empty() && more == 0 => {
                // A posted config's notice has its own occurrence already.
                if !notice.is_posted
                    && let Some((id, occurrence)) = self.newest(&error).await?
                {
                    notice.link = self.link_to(&rule, &ruled.project.name, &error, Some(&id.to_string()));
                    notice.occurrence = Some(Box::new(occurrence));
                }
                Telling::One(Box::new(notice))
            }
            last => {
                notices.extend(last);
                let token = name_of(&lane.pending[..entries], more, &lane.id);
                Telling::Several { token, project: ruled.project.name.clone(), notices, more, held: None }
            }
        };
        let issue_key = self.key_for(&ruled, &target).await?;
        Ok(Batch { entries, message: Some(Message { target, telling, issue, buttons, issue_key }) })
    }

    async fn key_for(&self, ruled: &Ruled, target: &Target) -> Result<IssueKey> {
        if target.is_tracker() { self.issue_key(&ruled.project).await } else { Ok(IssueKey::default()) }
    }

    /// Until when a lane collects what comes from now on.
    pub(super) async fn collected_until(&self, lane: &Lane) -> Result<Option<Timestamp>> {
        let Scope::Collected(id) = &lane.id.scope else { return Ok(None) };
        let Some(ruled) = self.ruled(lane.id.project).await? else { return Ok(None) };
        let rule = ruled.rules.rules.iter().find(|rule| rule.id == *id);
        Ok(rule.and_then(|rule| match rule.when(ruled.project.tier, self.clock.now()) {
            When::Collected { until } => Some(until),
            When::Now => None,
        }))
    }

    /// The rule as it is now; `None` if it is gone.
    pub(super) async fn rule(&self, ruled: &Ruled, reference: &RuleRef) -> Result<Option<Rule>> {
        match reference {
            RuleRef::Project(id) => Ok(ruled.rules.rules.iter().find(|rule| rule.id == *id).cloned()),
            RuleRef::Posted(id, index) => {
                let posted = self.posted(&ruled.project, id).await?;
                Ok(posted.iter().find(|(place, _)| place == index).map(|(_, rule)| rule.clone()))
            }
        }
    }

    /// The error of an entry as it is now; `None` if it is gone, or is another incarnation.
    pub(super) async fn error_of(&self, lane: &Lane, entry: &LaneEntry) -> Result<Option<ErrorAggregate>> {
        let Happened::Error { fingerprint, commit: incarnation, .. } = &entry.happened else { return Ok(None) };
        let error = self.errors.get(lane.id.project, fingerprint).await?;
        Ok(error.filter(|error| commit(error).split(':').next() == incarnation.split(':').next()))
    }

    /// Where a message links to: where the rule says, or to faultline's own page.
    fn link_to(
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
        Some(link(template, &facts))
    }

    /// What is known about an entry's error: as it is now, but for what the entry says.
    async fn facts(
        &self,
        ruled: &Ruled,
        rule: &Rule,
        lane: &Lane,
        entry: &LaneEntry,
    ) -> Result<Option<(ErrorAggregate, Notice)>> {
        let Happened::Error { why, at, count, own, .. } = &entry.happened else { return Ok(None) };
        let Some(error) = self.error_of(lane, entry).await? else { return Ok(None) };
        if let Some(id) = own {
            return Ok(self.own_facts(ruled, rule, lane, entry, &error, id).await?.map(|notice| (error, notice)));
        }
        let project = &ruled.project.name;
        let notice = Notice {
            token: name(lane, entry),
            why: why.clone(),
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
            link: self.link_to(rule, project, &error, None),
            timezone: rule.timezone.clone(),
            occurrence: None,
            is_posted: false,
        };
        Ok(Some((error, notice)))
    }

    /// What a posted config is told: the occurrence that it came with, and nothing that is known from others. `None` if
    /// the occurrence is gone.
    async fn own_facts(
        &self,
        ruled: &Ruled,
        rule: &Rule,
        lane: &Lane,
        entry: &LaneEntry,
        error: &ErrorAggregate,
        id: &OccurrenceId,
    ) -> Result<Option<Notice>> {
        let Happened::Error { why, at, .. } = &entry.happened else { return Ok(None) };
        let Some(occurrence) = self.occurrence(error, id).await? else { return Ok(None) };
        let own = Sighting::of(&occurrence, &occurrence.message);
        Ok(Some(Notice {
            token: name(lane, entry),
            why: why.clone(),
            at: *at,
            project: ruled.project.name.clone(),
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
            link: self.link_to(rule, &ruled.project.name, error, Some(&id.to_string())),
            timezone: rule.timezone.clone(),
            occurrence: Some(Box::new(occurrence)),
            is_posted: true,
        }))
    }

    /// All that a ceiling held back, as one message. Of a rule some are listed; posted configs learn only how many there
    /// are, since they came with different posts.
    async fn held(&self, lane: &Lane) -> Result<Batch> {
        let entries = lane.pending.len();
        let Some(ruled) = self.ruled(lane.id.project).await? else { return Ok(Batch::nothing(entries)) };
        let mut leads = None;
        for reference in lane.pending.iter().map(|entry| &entry.rule).collect::<BTreeSet<_>>() {
            let Some(rule) = self.rule(&ruled, reference).await? else { continue };
            let target = rule.to.iter().find(|target| target.destination() == lane.id.destination).cloned();
            if let Some(target) = target {
                leads = Some((rule, target));
                break;
            }
        }
        let Some((rule, target)) = leads else { return Ok(Batch::nothing(entries)) };
        let listed = if matches!(lane.id.scope, Scope::HeldPosted) { 0 } else { entries.min(LISTED) };
        let facts = lane.pending[..listed].iter().map(|entry| self.facts(&ruled, &rule, lane, entry));
        let notices: Vec<_> = try_join_all(facts).await?.into_iter().flatten().map(|(_, notice)| notice).collect();
        let project = ruled.project.name.clone();
        let held = Held {
            ceiling: rule.ceiling(&target),
            rule: rule.name.clone(),
            link: self.public_url.as_ref().map(|url| url.errors(&project)),
        };
        let more = lane.more + (entries - notices.len()) as u64;
        let token = name_of(&lane.pending, lane.more, &lane.id);
        let telling = Telling::Several { token, project, notices, more, held: Some(held) };
        let issue_key = self.key_for(&ruled, &target).await?;
        Ok(Batch { entries, message: Some(Message { target, telling, issue: None, buttons: false, issue_key }) })
    }
}

/// What names a message to whoever gets it: the same however often it is sent.
fn name(lane: &Lane, entry: &LaneEntry) -> String {
    entry.name_in(&lane.id)
}

fn issue(error: &ErrorAggregate, destination: &str) -> Option<Issue> {
    error.links.get(destination).map(|link| Issue { number: link.number, url: link.url.clone() })
}
