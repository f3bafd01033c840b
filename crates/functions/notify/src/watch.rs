//! From what the stream says to what is to be told: every crossing into its lane of the outbox.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use futures_util::StreamExt;
use futures_util::stream;
use model::error::{ErrorAggregate, Status};
use model::id::OccurrenceId;
use model::time::Timestamp;
use rules::lane::{Happened, Lane, LaneEntry, LaneId, RuleRef, Scope, Token};
use rules::{Decision, Rule, Target, When, Why};
use store::dynamo::LimitMark;
use store::{Kind, Result, StoreError};

use crate::record::{Change, Record};
use crate::{Deadline, Notify};

/// How many lanes are written at once.
const CONCURRENT: usize = 16;
/// How often a lane is read again when somebody else writes it at the same time.
const ATTEMPTS: usize = 20;
/// For how long a lane that nothing is put into is remembered, in seconds: by then no batch of the stream comes again.
pub(crate) const KEPT: i64 = 30 * 86_400;

/// An entry on its way into the outbox.
struct Put {
    lane: LaneId,
    entry: LaneEntry,
    due: Timestamp,
    /// What it counts against.
    ceiling: Option<Ceiling>,
}

/// How many messages a minute go by themselves.
struct Ceiling {
    /// The lane that counts them, and holds the others.
    held: LaneId,
    most: u32,
}

/// What goes into one lane, and from which record.
#[derive(Default)]
struct Parcel {
    /// Each with its place: which record it is of, and which entry of that.
    entries: Vec<((usize, usize), LaneEntry)>,
    due: Timestamp,
    records: Vec<usize>,
}

impl Notify {
    /// Puts what these records say into the outbox, and sends what may be sent at once. Returns the number of the first
    /// record that must come again, if one must; whatever comes again adds nothing twice.
    pub async fn watch(&self, records: &[Record], deadline: Deadline) -> Option<String> {
        let mut parcels: BTreeMap<LaneId, Parcel> = BTreeMap::new();
        let mut gates: BTreeMap<LaneId, (u32, BTreeMap<LaneId, Parcel>)> = BTreeMap::new();
        let mut failed = Vec::new();
        for (index, record) in records.iter().enumerate() {
            match self.entries(record).await {
                Ok(entries) => {
                    for (number, Put { lane, entry, due, ceiling }) in entries.into_iter().enumerate() {
                        let parcel = match ceiling {
                            None => parcels.entry(lane).or_default(),
                            Some(Ceiling { held, most }) => {
                                gates.entry(held).or_insert_with(|| (most, BTreeMap::new())).1.entry(lane).or_default()
                            }
                        };
                        parcel.due = if parcel.entries.is_empty() { due } else { parcel.due.min(due) };
                        parcel.entries.push(((index, number), entry));
                        parcel.records.push(index);
                    }
                }
                // A key that may not be used holds up all records alike, until somebody mends it.
                Err(error) if error.is_transient() || error.kind() == Kind::Rejected => {
                    tracing::warn!(record.number, error.message = %error, "a record must come again");
                    failed.push(index);
                    break;
                }
                // To come again would not help, and nothing behind it would be told.
                Err(error) => self.unreadable(record, &error.to_string()).await.unwrap_or_else(|_| failed.push(index)),
            }
        }
        for (held, (most, wanted)) in gates {
            match self.admit(held, most, wanted, &mut parcels).await {
                Ok(()) => {}
                Err((error, records)) => {
                    tracing::warn!(error.message = %error, "failed to count messages against the ceiling of a rule");
                    failed.extend(records);
                }
            }
        }
        // What comes again goes in when it does, in its order: nothing overtakes an entry that waits for that.
        let first_failed = failed.iter().min().copied().unwrap_or(usize::MAX);
        for parcel in parcels.values_mut() {
            parcel.entries.retain(|(place, _)| place.0 < first_failed);
            parcel.entries.sort_by_key(|(place, _)| *place);
            parcel.records.retain(|record| *record < first_failed);
        }
        parcels.retain(|_, parcel| !parcel.entries.is_empty());
        let put = stream::iter(parcels).map(|(id, parcel)| async move {
            let holder = self.clock.random();
            let put =
                self.put(id, parcel.entries.into_iter().map(|(_, entry)| entry).collect(), parcel.due, holder).await;
            (put.map(|lane| lane.map(|lane| (lane, holder))), parcel.records)
        });
        let mut taken = Vec::new();
        for (put, records) in put.buffer_unordered(CONCURRENT).collect::<Vec<_>>().await {
            match put {
                Ok(lane) => taken.extend(lane),
                Err(error) => {
                    tracing::warn!(error.message = %error, "the outbox cannot be written");
                    failed.extend(records);
                }
            }
        }
        self.deliver_all(taken, deadline).await;
        failed.into_iter().min().map(|index| records[index].number.clone())
    }

    /// What a record gives to tell, with the lane that it goes into and when it may be told.
    async fn entries(&self, record: &Record) -> Result<Vec<Put>> {
        if let Some(limit) = record.limit()? {
            return self.limited(&limit).await;
        }
        let Some(Change { old, new }) = record.change()? else { return Ok(Vec::new()) };
        if let Some(put) = self.mute_end(old.as_ref(), &new) {
            return Ok(vec![put]);
        }
        // Most changes of errors that nobody wants to hear of end here: a person's, or of what is told of elsewhere.
        if old.as_ref().is_some_and(|old| old.uid == new.uid && old.count == new.count) {
            return Ok(Vec::new());
        }
        let Some(ruled) = self.ruled(new.project).await? else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let mut entries = Vec::new();
        let mut decide = |rule: &Rule, reference: RuleRef, own: Option<OccurrenceId>| {
            for Decision { why, when } in rule.decide(old.as_ref(), &new, ruled.project.tier, now) {
                let happened = Happened::Error {
                    fingerprint: new.fingerprint,
                    commit: commit(&new),
                    why,
                    at: now,
                    count: new.count,
                    own,
                };
                let entry = LaneEntry { happened, rule: reference.clone(), since: now, redriven: 0 };
                let mut destinations = HashSet::new();
                for target in &rule.to {
                    let destination = target.destination();
                    if destinations.insert(destination.clone()) {
                        let scope = scope(target, &new, rule, when);
                        let held = match reference {
                            RuleRef::Project(_) => Scope::Held(rule.id.clone()),
                            RuleRef::Posted(..) => Scope::HeldPosted,
                        };
                        // What is collected is one message already.
                        let ceiling = matches!(scope, Scope::Error(_)).then(|| Ceiling {
                            held: LaneId { project: new.project, scope: held, destination: destination.clone() },
                            most: rule.ceiling(target),
                        });
                        let lane = LaneId { project: new.project, scope, destination };
                        entries.push(Put { lane, entry: entry.clone(), due: due(when, now), ceiling });
                    }
                }
            }
        };
        for rule in &ruled.rules.rules {
            decide(rule, RuleRef::Project(rule.id.clone()), None);
        }
        if let Some(posted) = &new.posted
            && let Some(occurrence) = posted.occurrence
            && !self.is_muted_whole(&new).await?
        {
            let id = posted.configs.to_string();
            for (index, rule) in self.posted(&ruled.project, &id).await?.iter() {
                decide(rule, RuleRef::Posted(id.clone(), *index), Some(occurrence));
            }
        }
        Ok(entries)
    }

    /// The lane that wakes when the mute ends which somebody set by this change, if it ends at a time.
    fn mute_end(&self, old: Option<&ErrorAggregate>, new: &ErrorAggregate) -> Option<Put> {
        let until = new.mute.filter(|_| new.status == Status::Muted)?.until?;
        if old.is_some_and(|old| old.uid == new.uid && old.mute == new.mute) {
            return None;
        }
        let lane = LaneId {
            project: new.project,
            scope: Scope::Mute(new.fingerprint),
            destination: crate::mutes::DESTINATION.to_owned(),
        };
        let happened = Happened::Error {
            fingerprint: new.fingerprint,
            commit: commit(new),
            why: Why::Unmuted,
            at: until,
            count: new.count,
            own: None,
        };
        let rule = RuleRef::Project(String::new());
        Some(Put { lane, entry: LaneEntry { happened, rule, since: until, redriven: 0 }, due: until, ceiling: None })
    }

    /// Whether an error is merged into one that is muted.
    async fn is_muted_whole(&self, error: &ErrorAggregate) -> Result<bool> {
        let Some(into) = &error.merged_into else { return Ok(false) };
        let whole = self.errors.get(error.project, into).await?;
        Ok(whole.is_some_and(|whole| whole.has_merged(error) && whole.status == Status::Muted))
    }

    /// Lets pass what the ceiling lets pass, and holds the rest for one summary. Fails with the records of what it was
    /// asked about.
    async fn admit(
        &self,
        held: LaneId,
        most: u32,
        wanted: BTreeMap<LaneId, Parcel>,
        parcels: &mut BTreeMap<LaneId, Parcel>,
    ) -> std::result::Result<(), (StoreError, Vec<usize>)> {
        // In the order of the stream: the oldest pass.
        let mut entries: Vec<_> = wanted.values().flat_map(|parcel| parcel.entries.iter().cloned()).collect();
        entries.sort_by_key(|(place, _)| *place);
        let entries = entries.into_iter().map(|(_, entry)| entry).collect();
        let records: Vec<_> = wanted.values().flat_map(|parcel| parcel.records.iter().copied()).collect();
        let passed = self.pass(held, most, entries).await.map_err(|error| (error, records))?;
        for (lane, Parcel { entries, due, records }) in wanted {
            let entries: Vec<_> = entries.into_iter().filter(|(_, entry)| passed.contains(&entry.token())).collect();
            if entries.is_empty() {
                continue;
            }
            let parcel = parcels.entry(lane).or_default();
            parcel.due = if parcel.entries.is_empty() { due } else { parcel.due.min(due) };
            parcel.entries.extend(entries);
            parcel.records.extend(records);
        }
        Ok(())
    }

    async fn pass(&self, held: LaneId, most: u32, entries: Vec<LaneEntry>) -> Result<HashSet<Token>> {
        let mut attempts = 1..ATTEMPTS;
        loop {
            let now = self.clock.now();
            let mut lane = self.outbox.lane(&held).await?.unwrap_or_else(|| Lane::new(held.clone()));
            let (pass, is_changed) = lane.admit(entries.clone(), most, now);
            let saved = match is_changed {
                false => Ok(()),
                true => self.outbox.save(lane, now.plus_seconds(KEPT)).await.map(drop),
            };
            match saved {
                Ok(()) => return Ok(pass.iter().map(LaneEntry::token).collect()),
                Err(error) if error.kind() == Kind::Conflict && attempts.next().is_some() => self.pause().await,
                Err(error) => return Err(error),
            }
        }
    }

    /// What a project's rules tell of a limit that it ran into: at once, or after their quiet hours.
    async fn limited(&self, LimitMark { project, mark, .. }: &LimitMark) -> Result<Vec<Put>> {
        let Some(ruled) = self.ruled(*project).await? else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let rules = ruled.rules.rules.iter().filter(|rule| rule.tells_limits(ruled.project.tier));
        let entries = rules.flat_map(|rule| {
            let happened =
                Happened::Limited { episode: mark.episode(), limit: mark.limit.to_string(), until: mark.until };
            let rule_ref = RuleRef::Project(rule.id.clone());
            let entry = LaneEntry { happened, rule: rule_ref, since: now, redriven: 0 };
            let due = due(rule.when_limited(now), now);
            let destinations: BTreeSet<_> = rule.to.iter().map(Target::destination).collect();
            destinations.into_iter().map(move |destination| {
                let lane = LaneId { project: *project, scope: Scope::Project, destination };
                Put { lane, entry: entry.clone(), due, ceiling: None }
            })
        });
        Ok(entries.collect())
    }

    /// Adds entries to a lane, and takes it for `holder` if there is something to send now and nobody else does.
    pub(crate) async fn put(
        &self,
        id: LaneId,
        entries: Vec<LaneEntry>,
        due: Timestamp,
        holder: u128,
    ) -> Result<Option<Lane>> {
        let mut attempts = 1..ATTEMPTS;
        loop {
            let now = self.clock.now();
            let mut lane = self.outbox.lane(&id).await?.unwrap_or_else(|| Lane::new(id.clone()));
            if lane.is_held_by(holder) {
                // Written by an attempt whose answer was lost.
                return Ok(Some(lane));
            }
            let added = lane.add(entries.iter().cloned(), due);
            let taken = lane.take(holder, now);
            if !added && !taken {
                return Ok(None);
            }
            match self.outbox.save(lane, now.plus_seconds(KEPT)).await {
                Ok(lane) => return Ok(taken.then_some(lane)),
                Err(error) if error.kind() == Kind::Conflict && attempts.next().is_some() => self.pause().await,
                Err(error) => return Err(error),
            }
        }
    }
}

/// What names a commit: an incarnation of an error, and how often it was written.
pub(crate) fn commit(error: &ErrorAggregate) -> String {
    format!("{}:{}", error.uid, error.version)
}

/// What is collected goes together, whatever errors it is of; but a tracker has an issue for each error.
fn scope(target: &Target, error: &ErrorAggregate, rule: &Rule, when: When) -> Scope {
    match when {
        When::Collected { .. } if !target.is_tracker() => Scope::Collected(rule.id.clone()),
        _ => Scope::Error(error.uid),
    }
}

fn due(when: When, now: Timestamp) -> Timestamp {
    match when {
        When::Now => now,
        When::Collected { until } => until,
    }
}
