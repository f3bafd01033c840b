//! Turns records of the stream into outbox entries: each notification that a rule asks for is added to its lane.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures_util::StreamExt;
use futures_util::stream;
use model::error::{ErrorAggregate, Status};
use model::id::OccurrenceId;
use model::time::Timestamp;
use rules::lane::{EntryToken, Lane, LaneEntry, LaneId, OutboxEvent, RuleRef, Scope};
use rules::{Decision, Rule, Target, Timing, Trigger};
use store::dynamo::LimitMark;
use store::{Kind, Result, StoreError};

use crate::record::{Change, Record};
use crate::rule_cache::ProjectRules;
use crate::{Deadline, Notify};

/// How many lanes are written at the same time.
const MAX_CONCURRENT_WRITES: usize = 16;
/// How many times writing a lane is attempted if others write it at the same time.
const MAX_WRITE_ATTEMPTS: usize = 20;
/// How long a lane without new entries is stored, in seconds. After that time no batch of the stream is delivered
/// again.
pub(crate) const LANE_RETENTION_SECONDS: i64 = 30 * 86_400;

/// An entry to add to the outbox.
struct NewEntry {
    lane: LaneId,
    entry: LaneEntry,
    due: Timestamp,
    /// The limit that it counts against.
    ceiling: Option<Ceiling>,
}

/// A rule's maximum of single messages per minute.
struct Ceiling {
    /// The lane that counts the messages, and holds those over the limit.
    overflow_lane: LaneId,
    per_minute: u32,
}

/// Entries for one lane, and the records that they are from.
#[derive(Default)]
struct LaneBatch {
    /// Entries, each with the index of its record and its index among the entries of that record.
    entries: Vec<((usize, usize), LaneEntry)>,
    due: Timestamp,
    records: Vec<usize>,
}

impl Notify {
    /// Adds the notifications for these records to the outbox, and sends those that are due. Returns the number of the
    /// first record that must be delivered again, if any. Records that are delivered again add nothing twice.
    pub async fn watch(&self, records: &[Record], deadline: Deadline) -> Option<String> {
        let mut lanes: BTreeMap<LaneId, LaneBatch> = BTreeMap::new();
        let mut limited: BTreeMap<LaneId, (u32, BTreeMap<LaneId, LaneBatch>)> = BTreeMap::new();
        let mut failed = Vec::new();
        for (index, record) in records.iter().enumerate() {
            match self.decide_entries(record).await {
                Ok(entries) => {
                    for (number, NewEntry { lane, entry, due, ceiling }) in entries.into_iter().enumerate() {
                        let batch = match ceiling {
                            None => lanes.entry(lane).or_default(),
                            Some(Ceiling { overflow_lane, per_minute }) => limited
                                .entry(overflow_lane)
                                .or_insert_with(|| (per_minute, BTreeMap::new()))
                                .1
                                .entry(lane)
                                .or_default(),
                        };
                        batch.due = if batch.entries.is_empty() { due } else { batch.due.min(due) };
                        batch.entries.push(((index, number), entry));
                        batch.records.push(index);
                    }
                }
                // A KMS key that may not be used affects all records alike, until somebody fixes it.
                Err(error) if error.is_transient() || error.kind() == Kind::Rejected => {
                    tracing::warn!(record.number, error.message = %error, "failed to evaluate a record: it will be delivered again");
                    failed.push(index);
                    break;
                }
                // Delivering it again would not help, and would block all records after it.
                Err(error) => {
                    self.dead_letter_record(record, &error.to_string()).await.unwrap_or_else(|_| failed.push(index))
                }
            }
        }
        for (overflow_lane, (per_minute, wanted)) in limited {
            match self.admit(overflow_lane, per_minute, wanted, &mut lanes).await {
                Ok(()) => {}
                Err((error, records)) => {
                    tracing::warn!(error.message = %error, "failed to count messages against the limit of a rule");
                    failed.extend(records);
                }
            }
        }
        // Records from the first failed one on are delivered again. Leave their entries out, so that none overtakes an
        // earlier entry.
        let first_failed = failed.iter().min().copied().unwrap_or(usize::MAX);
        for batch in lanes.values_mut() {
            batch.entries.retain(|(place, _)| place.0 < first_failed);
            batch.entries.sort_by_key(|(place, _)| *place);
            batch.records.retain(|record| *record < first_failed);
        }
        lanes.retain(|_, batch| !batch.entries.is_empty());
        let writes = stream::iter(lanes).map(|(id, batch)| async move {
            let holder = self.clock.random();
            let written =
                self.enqueue(id, batch.entries.into_iter().map(|(_, entry)| entry).collect(), batch.due, holder).await;
            (written.map(|lane| lane.map(|lane| (lane, holder))), batch.records)
        });
        let mut taken = Vec::new();
        for (written, records) in writes.buffer_unordered(MAX_CONCURRENT_WRITES).collect::<Vec<_>>().await {
            match written {
                Ok(lane) => taken.extend(lane),
                Err(error) => {
                    tracing::warn!(error.message = %error, "failed to write to the outbox");
                    failed.extend(records);
                }
            }
        }
        self.deliver_all(taken, deadline).await;
        failed.into_iter().min().map(|index| records[index].number.clone())
    }

    /// Returns the notifications for a record, with their lanes and due times.
    async fn decide_entries(&self, record: &Record) -> Result<Vec<NewEntry>> {
        if let Some(limit) = record.limit()? {
            return self.limit_entries(&limit).await;
        }
        let Some(Change { old, new }) = record.change()? else { return Ok(Vec::new()) };
        if let Some(entry) = self.schedule_mute_end(old.as_ref(), &new) {
            return Ok(vec![entry]);
        }
        // Most changes end here: they are made by people, or do not change the count.
        let is_over = |old: &ErrorAggregate| old.status != new.status || old.merged_into != new.merged_into;
        let is_assigned = |old: &ErrorAggregate| old.assignee != new.assignee || old.assignee_user != new.assignee_user;
        let is_same =
            |old: &ErrorAggregate| old.uid == new.uid && old.count == new.count && !is_over(old) && !is_assigned(old);
        if old.as_ref().is_some_and(is_same) {
            return Ok(Vec::new());
        }
        let Some(project_rules) = self.load_project_rules(new.project).await? else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let mut entries = end_entries(&project_rules, old.as_ref(), &new, now);
        let mut decide = |rule: &Rule, reference: RuleRef, own: Option<OccurrenceId>| {
            for Decision { trigger, timing } in rule.decide(old.as_ref(), &new, project_rules.project.tier, now) {
                let event = OutboxEvent::Error {
                    fingerprint: new.fingerprint,
                    commit: commit_id(&new),
                    trigger: trigger.clone(),
                    at: now,
                    count: new.count,
                    own,
                };
                let entry = LaneEntry { event, rule: reference.clone(), since: now, redriven: 0 };
                let mut destinations = HashSet::new();
                for target in rule.to.iter().filter(|target| target.takes(&trigger)) {
                    let destination = target.destination();
                    if destinations.insert(destination.clone()) {
                        let scope = choose_scope(target, &new, rule, timing);
                        let overflow_scope = match reference {
                            RuleRef::Project(_) => Scope::Overflow(rule.id.clone()),
                            RuleRef::Posted(..) => Scope::PostedOverflow,
                        };
                        // Collected notifications are sent as one message, so the limit does not apply.
                        let ceiling = matches!(scope, Scope::Error(_)).then(|| Ceiling {
                            overflow_lane: LaneId {
                                project: new.project,
                                scope: overflow_scope,
                                destination: destination.clone(),
                            },
                            per_minute: rule.ceiling(target),
                        });
                        let lane = LaneId { project: new.project, scope, destination };
                        entries.push(NewEntry { lane, entry: entry.clone(), due: due_at(timing, now), ceiling });
                    }
                }
            }
        };
        for rule in &project_rules.rules.rules {
            decide(rule, RuleRef::Project(rule.id.clone()), None);
        }
        if let Some(posted) = &new.posted
            && !self.is_target_muted(&new).await?
        {
            let id = posted.configs.to_string();
            for (index, rule) in self.load_posted_rules(&project_rules.project, &id).await?.iter() {
                decide(rule, RuleRef::Posted(id.clone(), *index), Some(posted.occurrence));
            }
        }
        Ok(entries)
    }

    /// Returns an entry that becomes due at the end of a mute, if this change set a mute with an end time.
    fn schedule_mute_end(&self, old: Option<&ErrorAggregate>, new: &ErrorAggregate) -> Option<NewEntry> {
        let until = new.mute.filter(|_| new.status == Status::Muted)?.until?;
        if old.is_some_and(|old| old.uid == new.uid && old.mute == new.mute) {
            return None;
        }
        let lane = LaneId {
            project: new.project,
            scope: Scope::Mute(new.fingerprint),
            destination: crate::mutes::DESTINATION.to_owned(),
        };
        let event = OutboxEvent::Error {
            fingerprint: new.fingerprint,
            commit: commit_id(new),
            trigger: Trigger::Unmuted,
            at: until,
            count: new.count,
            own: None,
        };
        let rule = RuleRef::Project(String::new());
        Some(NewEntry { lane, entry: LaneEntry { event, rule, since: until, redriven: 0 }, due: until, ceiling: None })
    }

    /// Whether an error is merged into a muted error.
    async fn is_target_muted(&self, error: &ErrorAggregate) -> Result<bool> {
        let Some(into) = &error.merged_into else { return Ok(false) };
        let whole = self.stores.errors.get(error.project, into).await?;
        Ok(whole.is_some_and(|whole| whole.has_merged(error) && whole.status == Status::Muted))
    }

    /// Admits as many entries as the limit allows, and holds the rest for a summary. On failure, returns the records of
    /// all entries.
    async fn admit(
        &self,
        overflow_lane: LaneId,
        per_minute: u32,
        wanted: BTreeMap<LaneId, LaneBatch>,
        lanes: &mut BTreeMap<LaneId, LaneBatch>,
    ) -> std::result::Result<(), (StoreError, Vec<usize>)> {
        // In the order of the stream, so that the oldest are admitted.
        let mut entries: Vec<_> = wanted.values().flat_map(|batch| batch.entries.iter().cloned()).collect();
        entries.sort_by_key(|(place, _)| *place);
        let entries = entries.into_iter().map(|(_, entry)| entry).collect();
        let records: Vec<_> = wanted.values().flat_map(|batch| batch.records.iter().copied()).collect();
        let admitted =
            self.admit_entries(overflow_lane, per_minute, entries).await.map_err(|error| (error, records))?;
        for (lane, LaneBatch { entries, due, records }) in wanted {
            let entries: Vec<_> = entries.into_iter().filter(|(_, entry)| admitted.contains(&entry.token())).collect();
            if entries.is_empty() {
                continue;
            }
            let batch = lanes.entry(lane).or_default();
            batch.due = if batch.entries.is_empty() { due } else { batch.due.min(due) };
            batch.entries.extend(entries);
            batch.records.extend(records);
        }
        Ok(())
    }

    async fn admit_entries(
        &self,
        overflow_lane: LaneId,
        per_minute: u32,
        entries: Vec<LaneEntry>,
    ) -> Result<HashSet<EntryToken>> {
        let mut attempts = 1..MAX_WRITE_ATTEMPTS;
        loop {
            let now = self.clock.now();
            let mut lane =
                self.stores.outbox.lane(&overflow_lane).await?.unwrap_or_else(|| Lane::new(overflow_lane.clone()));
            let (admitted, is_changed) = lane.admit(entries.clone(), per_minute, now);
            let saved = match is_changed {
                false => Ok(()),
                true => self.stores.outbox.save(lane, now.plus_seconds(LANE_RETENTION_SECONDS)).await.map(drop),
            };
            match saved {
                Ok(()) => return Ok(admitted.iter().map(LaneEntry::token).collect()),
                Err(error) if error.kind() == Kind::Conflict && attempts.next().is_some() => self.pause().await,
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns the notifications about a limit that a project reached. They are due at once, or after quiet hours.
    async fn limit_entries(&self, LimitMark { project, mark, .. }: &LimitMark) -> Result<Vec<NewEntry>> {
        let Some(project_rules) = self.load_project_rules(*project).await? else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let rules = project_rules.rules.rules.iter().filter(|rule| rule.reports_limits(project_rules.project.tier));
        let entries = rules.flat_map(|rule| {
            let event =
                OutboxEvent::Limited { episode: mark.episode(), limit: mark.limit.to_string(), until: mark.until };
            let rule_ref = RuleRef::Project(rule.id.clone());
            let entry = LaneEntry { event, rule: rule_ref, since: now, redriven: 0 };
            let due = due_at(rule.limit_timing(now), now);
            let destinations: BTreeSet<_> = rule.to.iter().map(Target::destination).collect();
            destinations.into_iter().map(move |destination| {
                let lane = LaneId { project: *project, scope: Scope::Project, destination };
                NewEntry { lane, entry: entry.clone(), due, ceiling: None }
            })
        });
        Ok(entries.collect())
    }

    /// Adds entries to a lane. Also takes the lane for `holder` if an entry is due and no other sender has the lane.
    pub(crate) async fn enqueue(
        &self,
        id: LaneId,
        entries: Vec<LaneEntry>,
        due: Timestamp,
        holder: u128,
    ) -> Result<Option<Lane>> {
        let mut attempts = 1..MAX_WRITE_ATTEMPTS;
        loop {
            let now = self.clock.now();
            let mut lane = self.stores.outbox.lane(&id).await?.unwrap_or_else(|| Lane::new(id.clone()));
            if lane.is_held_by(holder) {
                // An earlier attempt wrote it, but the answer was lost.
                return Ok(Some(lane));
            }
            let added = lane.add(entries.iter().cloned(), due);
            let taken = lane.take(holder, now);
            if !added && !taken {
                return Ok(None);
            }
            match self.stores.outbox.save(lane, now.plus_seconds(LANE_RETENTION_SECONDS)).await {
                Ok(lane) => return Ok(taken.then_some(lane)),
                Err(error) if error.kind() == Kind::Conflict && attempts.next().is_some() => self.pause().await,
                Err(error) => return Err(error),
            }
        }
    }
}

/// Returns the entries that close the incidents of an error, if the change ended it. They wait neither for a collection
/// nor for the end of quiet hours, and no limit applies to them: they call nobody.
fn end_entries(
    project_rules: &ProjectRules,
    old: Option<&ErrorAggregate>,
    new: &ErrorAggregate,
    now: Timestamp,
) -> Vec<NewEntry> {
    let rules = project_rules.rules.rules.iter().filter(|rule| rule.reports_end(old, new));
    let entries = rules.flat_map(|rule| {
        let event = OutboxEvent::Error {
            fingerprint: new.fingerprint,
            commit: commit_id(new),
            trigger: Trigger::Resolved,
            at: now,
            count: new.count,
            own: None,
        };
        let entry = LaneEntry { event, rule: RuleRef::Project(rule.id.clone()), since: now, redriven: 0 };
        let on_call = rule.to.iter().filter(|target| target.is_on_call());
        let destinations: BTreeSet<_> = on_call.map(Target::destination).collect();
        destinations.into_iter().map(move |destination| {
            let lane = LaneId { project: new.project, scope: Scope::Error(new.uid), destination };
            NewEntry { lane, entry: entry.clone(), due: now, ceiling: None }
        })
    });
    entries.collect()
}

/// Returns the id of a commit: the incarnation of the error, and its version.
pub(crate) fn commit_id(error: &ErrorAggregate) -> String {
    format!("{}:{}", error.uid, error.version)
}

/// Chooses the scope of the lane. Collected notifications of all errors go together, but a tracker has one issue for
/// each error, and an on-call service one incident.
fn choose_scope(target: &Target, error: &ErrorAggregate, rule: &Rule, timing: Timing) -> Scope {
    match timing {
        Timing::Collected { .. } if !target.takes_single_errors() => Scope::Collected(rule.id.clone()),
        _ => Scope::Error(error.uid),
    }
}

fn due_at(timing: Timing, now: Timestamp) -> Timestamp {
    match timing {
        Timing::Now => now,
        Timing::Collected { until } => until,
    }
}
