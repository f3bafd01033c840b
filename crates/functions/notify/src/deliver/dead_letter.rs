//! Notifications that could not be delivered. They are kept in the dead-letter queue, until somebody has fixed the
//! cause and puts them back into the outbox.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use model::id::ProjectId;
use rules::lane::{Lane, LaneEntry, LaneId, RuleRef, Scope};
use rules::{DeadNotice, Target, UndeliveredLetter};
use schemars::JsonSchema;
use serde::Serialize;
use store::ports::{DeadLetterScan, ReceivedLetter};
use store::{Kind, Result, StoreError};

use crate::record::Record;
use crate::{Deadline, Notify};

/// Numbers of letters and notifications that were put back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Redriven {
    /// Number of dead letters.
    pub letters: usize,
    /// Number of notifications in them.
    pub notices: usize,
}

/// Maximum number of entries in one letter. A thousand would exceed the queue's maximum message size.
const MAX_LETTER_ENTRIES: usize = 200;
/// Maximum number of letters that are read.
const MAX_SCANNED_LETTERS: usize = 1_000;

impl Notify {
    /// Moves the first `entries` of a lane to the dead-letter queue.
    pub(super) async fn dead_letter(&self, lane: &Lane, entries: usize, reason: &str) -> Result<()> {
        tracing::error!(lane = %lane.id, project.id = %lane.id.project, notices.len = entries, error.message = reason, "failed to deliver notifications, moving them to the dead-letter queue");
        let entries = &lane.pending[..entries.min(lane.pending.len())];
        let (rule, rule_name, target) = self.describe_first_entry(lane).await;
        for (index, part) in entries.chunks(MAX_LETTER_ENTRIES).enumerate() {
            let letter = UndeliveredLetter {
                v: 1,
                reason: reason.to_owned(),
                project: Some(lane.id.project),
                rule: rule.clone(),
                rule_name: rule_name.clone(),
                target: target.clone(),
                lane: Some(lane.id.to_string()),
                entries: part.to_vec(),
                more: if index == 0 && entries.len() == lane.pending.len() { lane.more } else { 0 },
                record: None,
            };
            self.save_dead_letter(&letter).await?;
        }
        Ok(())
    }

    /// Returns the id and name of the rule of a lane's first entry, and its target, for people to read. Parts that
    /// cannot be loaded are left out.
    async fn describe_first_entry(&self, lane: &Lane) -> (Option<String>, Option<String>, Option<String>) {
        let Some(first) = lane.pending.first() else { return (None, None, None) };
        let id = if let RuleRef::Project(id) = &first.rule { Some(id.clone()) } else { None };
        let Ok(Some(project_rules)) = self.load_project_rules(lane.id.project).await else { return (id, None, None) };
        let Ok(Some(rule)) = self.find_rule(&project_rules, &first.rule).await else { return (id, None, None) };
        let target = rule.to.iter().find(|target| target.destination() == lane.id.destination).map(Target::words);
        (id, Some(rule.name), target)
    }

    /// Stores an unreadable record of the stream in the dead-letter queue.
    pub(crate) async fn dead_letter_record(&self, record: &Record, reason: &str) -> Result<()> {
        tracing::error!(record.number, error.message = reason, "failed to read a record of the stream");
        let reason = reason.to_owned();
        let record = Some(record.number.clone());
        self.save_dead_letter(&UndeliveredLetter { v: 1, reason, record, ..UndeliveredLetter::default() }).await
    }

    async fn save_dead_letter(&self, letter: &UndeliveredLetter) -> Result<()> {
        let text = serde_json::to_string(letter).map_err(|error| corrupt(&error.to_string()))?;
        self.undelivered.keep(text).await
    }

    /// Returns at most `limit` dead letters, with the names of their projects.
    pub async fn dead_notices(&self, limit: usize) -> Result<Vec<DeadNotice>> {
        let mut notices = Vec::new();
        let mut scan = DeadLetterScan::new(&*self.undelivered);
        while let Some(received) = scan.next(limit).await? {
            notices.push(DeadNotice::of(&received.letter.id, received.letter.sent_at, &received.letter.text));
            scan.keep(received);
        }
        scan.finish().await?;
        for notice in &mut notices {
            if let Some(project) = notice.project {
                notice.project_name = self.stores.projects.by_id(project).await?.map(|project| project.name);
            }
        }
        Ok(notices)
    }

    /// Returns the dead letters of one project among the first thousand.
    pub(crate) async fn dead_notices_of(&self, project: ProjectId) -> Result<Vec<DeadNotice>> {
        let all = self.dead_notices(MAX_SCANNED_LETTERS).await?;
        Ok(all.into_iter().filter(|notice| notice.project == Some(project)).collect())
    }

    /// Puts the letters with these ids, or all letters, back into the outbox, and sends them. A notification is sent
    /// once, however often this is repeated. If its rule has another destination now, it is sent there.
    pub async fn redrive(&self, ids: Option<&HashSet<String>>, deadline: Deadline) -> Result<Redriven> {
        self.redrive_of(None, ids, deadline).await
    }

    /// Does the same for one project, or for all if `project` is `None`.
    pub(crate) async fn redrive_of(
        &self,
        project: Option<ProjectId>,
        ids: Option<&HashSet<String>>,
        deadline: Deadline,
    ) -> Result<Redriven> {
        // Do not use cached rules: one of them may have been fixed a moment ago.
        self.rule_cache.forget();
        let mut redriven = Redriven::default();
        let mut scan = DeadLetterScan::new(&*self.undelivered);
        while !deadline.is_over()
            && let Some(received) = scan.next(MAX_SCANNED_LETTERS).await?
        {
            let wanted = ids.is_none_or(|ids| ids.contains(&received.letter.id));
            let found = wanted.then(|| parse_entries(&received)).flatten();
            match found.filter(|(lane, _)| project.is_none_or(|project| lane.project == project)) {
                Some((lane, entries)) => {
                    redriven.letters += 1;
                    redriven.notices += entries.len();
                    self.requeue(lane, entries).await?;
                    self.undelivered.remove(&received).await?;
                }
                None => scan.keep(received),
            }
        }
        scan.finish().await?;
        self.sweep(deadline).await?;
        Ok(redriven)
    }

    async fn requeue(&self, lane: LaneId, entries: Vec<LaneEntry>) -> Result<()> {
        let mut lanes: BTreeMap<LaneId, Vec<LaneEntry>> = BTreeMap::new();
        for entry in entries {
            for (lane, entry) in self.redrive_lanes(&lane, entry).await? {
                lanes.entry(lane).or_default().push(entry);
            }
        }
        for (lane, entries) in lanes {
            let holder = self.clock.random();
            // This only stores the entries: the sweep that follows sends them.
            if let Some(lane) = self.enqueue(lane, entries, self.clock.now(), holder).await? {
                self.update_lane(lane, holder, Lane::release).await?;
            }
        }
        Ok(())
    }

    /// Returns the lanes to put an entry of `lane` into. That is the same lane if the rule still has its destination.
    /// Otherwise it is the lanes of those destinations of the rule that have not seen the entry (the corrected
    /// destination), or all its destinations if all have seen it.
    async fn redrive_lanes(&self, lane: &LaneId, entry: LaneEntry) -> Result<Vec<(LaneId, LaneEntry)>> {
        let since = self.clock.now();
        let redriven = LaneEntry { since, redriven: entry.redriven + 1, ..entry.clone() };
        let rule = match self.load_project_rules(lane.project).await? {
            Some(project_rules) => self.find_rule(&project_rules, &entry.rule).await?,
            None => None,
        };
        let targets = rule.map(|rule| rule.to).unwrap_or_default();
        let leads_there = targets.iter().any(|target| target.destination() == lane.destination);
        let takes = |target: &&Target| !(target.takes_single_errors() && matches!(lane.scope, Scope::Collected(_)));
        let destinations: BTreeSet<_> = targets.iter().filter(takes).map(Target::destination).collect();
        // Without a rule there is no destination, and delivery drops the entry.
        if leads_there || destinations.is_empty() {
            return Ok(vec![(lane.clone(), redriven)]);
        }
        let fresh = LaneEntry { since, redriven: 0, ..entry };
        let mut unseen = Vec::new();
        let mut all = Vec::new();
        for destination in destinations {
            let id = LaneId { destination, ..lane.clone() };
            let lane = self.stores.outbox.lane(&id).await?;
            if lane.is_none_or(|lane| !lane.seen.contains(&fresh.token())) {
                unseen.push((id.clone(), fresh.clone()));
            }
            all.push((id, redriven.clone()));
        }
        Ok(if unseen.is_empty() { all } else { unseen })
    }
}

/// Returns the lane and entries in a letter; `None` if it has none.
fn parse_entries(received: &ReceivedLetter) -> Option<(LaneId, Vec<LaneEntry>)> {
    let letter: UndeliveredLetter = serde_json::from_str(&received.letter.text).ok()?;
    let lane = LaneId::parse(letter.project?, &letter.lane?).ok()?;
    (!letter.entries.is_empty()).then_some((lane, letter.entries))
}

fn corrupt(what: &str) -> StoreError {
    StoreError::new(Kind::Corrupt, "storing a dead letter", what)
}
