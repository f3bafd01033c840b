use domain::error::ErrorAggregate;
use domain::id::ProjectName;
use domain::notify::lane::{Entry, Happened, Lane, RuleRef, Scope, name_of};
use domain::notify::{LinkFacts, Notice, Rule, Target, Telling, When, link};
use domain::time::Timestamp;
use futures_util::future::try_join_all;
use store::Result;

use crate::Notify;
use crate::channels::Issue;
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
            return Ok(Batch { entries: 1, message: Some(Message { target, telling, issue: None, buttons }) });
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
                if let Some((id, occurrence)) = self.newest(&error).await? {
                    notice.link = self.link_to(&rule, &ruled.project.name, &error, Some(&id.to_string()));
                    notice.occurrence = Some(Box::new(occurrence));
                }
                Telling::One(Box::new(notice))
            }
            last => {
                notices.extend(last);
                let token = name_of(&lane.pending[..entries], more, &lane.id);
                Telling::Several { token, project: ruled.project.name.clone(), notices, more }
            }
        };
        Ok(Batch { entries, message: Some(Message { target, telling, issue, buttons }) })
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

    /// The error of an entry as it is now; `None` if it is gone, or lives another life.
    pub(super) async fn error_of(&self, lane: &Lane, entry: &Entry) -> Result<Option<ErrorAggregate>> {
        let Happened::Error { fingerprint, commit: life, .. } = &entry.happened else { return Ok(None) };
        let error = self.errors.get(lane.id.project, fingerprint).await?;
        Ok(error.filter(|error| commit(error).split(':').next() == life.split(':').next()))
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
        entry: &Entry,
    ) -> Result<Option<(ErrorAggregate, Notice)>> {
        let Happened::Error { why, at, count, .. } = &entry.happened else { return Ok(None) };
        let Some(error) = self.error_of(lane, entry).await? else { return Ok(None) };
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
        };
        Ok(Some((error, notice)))
    }
}

/// What names a message to whoever gets it: the same however often it is sent.
fn name(lane: &Lane, entry: &Entry) -> String {
    entry.name_in(&lane.id)
}

fn issue(error: &ErrorAggregate, destination: &str) -> Option<Issue> {
    error.links.get(destination).map(|link| Issue { number: link.number, url: link.url.clone() })
}
