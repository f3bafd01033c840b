//! From the records of the stream to the outbox: every notification that a rule asks for goes into its lane.

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
use crate::{Deadline, Notify};

/// How many lanes are written at once.
const MAX_CONCURRENT_WRITES: usize = 16;
/// How often a lane is read again when somebody else writes it at the same time.
const MAX_WRITE_ATTEMPTS: usize = 20;
/// For how long a lane that nothing is put into is remembered, in seconds: by then no batch of the stream comes again.
pub(crate) const LANE_RETENTION_SECONDS: i64 = 30 * 86_400;

/// An entry on its way into the outbox.
struct NewEntry {
    lane: LaneId,
    entry: LaneEntry,
    due: Timestamp,
    /// What it counts against.
    ceiling: Option<Ceiling>,
}

/// How many messages a minute go by themselves.
struct Ceiling {
    /// The lane that counts them, and keeps the others.
    overflow_lane: LaneId,
    per_minute: u32,
}

/// What goes into one lane, and from which record.
#[derive(Default)]
struct LaneBatch {
    /// Each with its place: which record it is of, and which entry of that.
    entries: Vec<((usize, usize), LaneEntry)>,
    due: Timestamp,
    records: Vec<usize>,
}

impl Notify {
    /// Puts what these records say into the outbox, and sends what may be sent at once. Returns the number of the first
    /// record that must come again, if one must; whatever comes again adds nothing twice.
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
                // A key that may not be used holds up all records alike, until somebody fixes it.
                Err(error) if error.is_transient() || error.kind() == Kind::Rejected => {
                    tracing::warn!(record.number, error.message = %error, "failed to evaluate a record, it must come again");
                    failed.push(index);
                    break;
                }
                // To come again would not help, and nothing after it would be sent.
                Err(error) => {
                    self.dead_letter_record(record, &error.to_string()).await.unwrap_or_else(|_| failed.push(index))
                }
            }
        }
        for (overflow_lane, (per_minute, wanted)) in limited {
            match self.admit(overflow_lane, per_minute, wanted, &mut lanes).await {
                Ok(()) => {}
                Err((error, records)) => {
                    tracing::warn!(error.message = %error, "failed to count messages against the ceiling of a rule");
                    failed.extend(records);
                }
            }
        }
        // What comes again goes in when it does, in its order: nothing overtakes an entry that waits for that.
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

    /// The notifications that a record leads to, with their lanes and when they may be sent.
    async fn decide_entries(&self, record: &Record) -> Result<Vec<NewEntry>> {
        if let Some(limit) = record.limit()? {
            return self.limit_entries(&limit).await;
        }
        let Some(Change { old, new }) = record.change()? else { return Ok(Vec::new()) };
        if let Some(entry) = self.schedule_mute_end(old.as_ref(), &new) {
            return Ok(vec![entry]);
        }
        // Most changes end here: those by people, or of what is reported elsewhere.
        if old.as_ref().is_some_and(|old| old.uid == new.uid && old.count == new.count) {
            return Ok(Vec::new());
        }
        let Some(project_rules) = self.load_project_rules(new.project).await? else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let mut entries = Vec::new();
        let mut decide = |rule: &Rule, reference: RuleRef, own: Option<OccurrenceId>| {
            for Decision { trigger, timing } in rule.decide(old.as_ref(), &new, project_rules.project.tier, now) {
                let event = OutboxEvent::Error {
                    fingerprint: new.fingerprint,
                    commit: commit_id(&new),
                    trigger,
                    at: now,
                    count: new.count,
                    own,
                };
                let entry = LaneEntry { event, rule: reference.clone(), since: now, redriven: 0 };
                let mut destinations = HashSet::new();
                for target in &rule.to {
                    let destination = target.destination();
                    if destinations.insert(destination.clone()) {
                        let scope = choose_scope(target, &new, rule, timing);
                        let overflow_scope = match reference {
                            RuleRef::Project(_) => Scope::Overflow(rule.id.clone()),
                            RuleRef::Posted(..) => Scope::PostedOverflow,
                        };
                        // What is collected is one message already.
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
            && let Some(occurrence) = posted.occurrence
            && !self.is_target_muted(&new).await?
        {
            let id = posted.configs.to_string();
            for (index, rule) in self.load_posted_rules(&project_rules.project, &id).await?.iter() {
                decide(rule, RuleRef::Posted(id.clone(), *index), Some(occurrence));
            }
        }
        Ok(entries)
    }

    /// The lane that wakes when the mute ends which somebody set by this change, if it ends at a time.
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

    /// Whether an error is merged into one that is muted.
    async fn is_target_muted(&self, error: &ErrorAggregate) -> Result<bool> {
        let Some(into) = &error.merged_into else { return Ok(false) };
        let whole = self.stores.errors.get(error.project, into).await?;
        Ok(whole.is_some_and(|whole| whole.has_merged(error) && whole.status == Status::Muted))
    }

    /// Admits what the ceiling allows, and keeps the rest for one summary. Fails with the records of what it was
    /// asked about.
    async fn admit(
        &self,
        overflow_lane: LaneId,
        per_minute: u32,
        wanted: BTreeMap<LaneId, LaneBatch>,
        lanes: &mut BTreeMap<LaneId, LaneBatch>,
    ) -> std::result::Result<(), (StoreError, Vec<usize>)> {
        // In the order of the stream: the oldest pass.
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

    /// The notifications of a limit that a project ran into: at once, or after their quiet hours.
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

    /// Adds entries to a lane, and takes it for `holder` if there is something to send now and nobody else does.
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
                // Written by an attempt whose answer was lost.
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

/// Identifies a commit: a life of an error, and how often it was written.
pub(crate) fn commit_id(error: &ErrorAggregate) -> String {
    format!("{}:{}", error.uid, error.version)
}

/// What is collected goes together, whatever errors it is of; but a tracker has an issue for each error.
fn choose_scope(target: &Target, error: &ErrorAggregate, rule: &Rule, timing: Timing) -> Scope {
    match timing {
        Timing::Collected { .. } if !target.is_tracker() => Scope::Collected(rule.id.clone()),
        _ => Scope::Error(error.uid),
    }
}

fn due_at(timing: Timing, now: Timestamp) -> Timestamp {
    match timing {
        Timing::Now => now,
        Timing::Collected { until } => until,
    }
}
