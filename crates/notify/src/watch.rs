//! From what the stream says to what is to be told: every crossing into its lane of the outbox.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use domain::error::ErrorAggregate;
use domain::notify::lane::{Entry, Happened, Lane, LaneId, RuleRef, Scope};
use domain::notify::{Decision, Rule, Target, When};
use domain::time::Timestamp;
use futures_util::StreamExt;
use futures_util::stream;
use store::dynamo::LimitMark;
use store::{Kind, Result};

use crate::record::{Change, Record};
use crate::{Deadline, Notify};

/// How many lanes are written at once.
const CONCURRENT: usize = 16;
/// How often a lane is read again when somebody else writes it at the same time.
const ATTEMPTS: usize = 20;
/// For how long a lane that nothing is put into is remembered, in seconds: by then no batch of the stream comes again.
pub(crate) const KEPT: i64 = 30 * 86_400;

/// What goes into one lane, and from which record.
#[derive(Default)]
struct Parcel {
    entries: Vec<Entry>,
    due: Timestamp,
    records: Vec<usize>,
}

impl Notify {
    /// Puts what these records say into the outbox, and sends what may be sent at once. Returns the number of the first
    /// record that must come again, if one must; whatever comes again adds nothing twice.
    pub async fn watch(&self, records: &[Record], deadline: Deadline) -> Option<String> {
        let mut parcels: BTreeMap<LaneId, Parcel> = BTreeMap::new();
        let mut failed = Vec::new();
        for (index, record) in records.iter().enumerate() {
            match self.entries(record).await {
                Ok(entries) => {
                    for (id, entry, due) in entries {
                        let parcel = parcels.entry(id).or_default();
                        parcel.due = if parcel.entries.is_empty() { due } else { parcel.due.min(due) };
                        parcel.entries.push(entry);
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
        let put = stream::iter(parcels).map(|(id, parcel)| async move {
            let holder = self.clock.random();
            let put = self.put(id, parcel.entries, parcel.due, holder).await;
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
    async fn entries(&self, record: &Record) -> Result<Vec<(LaneId, Entry, Timestamp)>> {
        if let Some(limit) = record.limit()? {
            return self.limited(&limit).await;
        }
        let Some(Change { old, new }) = record.change()? else { return Ok(Vec::new()) };
        // Most changes of errors that nobody wants to hear of end here: a person's, or of what is told of elsewhere.
        if old.as_ref().is_some_and(|old| old.uid == new.uid && old.count == new.count) {
            return Ok(Vec::new());
        }
        let Some(ruled) = self.ruled(new.project).await? else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let mut entries = Vec::new();
        let mut decide = |rule: &Rule, reference: RuleRef| {
            for Decision { why, when } in rule.decide(old.as_ref(), &new, ruled.project.tier, now) {
                let happened = Happened::Error {
                    fingerprint: new.fingerprint,
                    commit: commit(&new),
                    why,
                    at: now,
                    count: new.count,
                };
                let entry = Entry { happened, rule: reference.clone(), since: now, redriven: 0 };
                let mut destinations = HashSet::new();
                for target in &rule.to {
                    let destination = target.destination();
                    if destinations.insert(destination.clone()) {
                        let scope = scope(target, &new, rule, when);
                        let id = LaneId { project: new.project, scope, destination };
                        entries.push((id, entry.clone(), due(when, now)));
                    }
                }
            }
        };
        for rule in &ruled.rules.rules {
            decide(rule, RuleRef::Project(rule.id.clone()));
        }
        if let Some(posted) = &new.posted {
            for (index, rule) in self.posted(&ruled.project, posted).await?.iter() {
                decide(rule, RuleRef::Posted(posted.clone(), *index));
            }
        }
        Ok(entries)
    }

    /// What a project's rules tell of a limit that it ran into: at once, through quiet hours too, since events are being
    /// refused.
    async fn limited(&self, LimitMark { project, mark, .. }: &LimitMark) -> Result<Vec<(LaneId, Entry, Timestamp)>> {
        let Some(ruled) = self.ruled(*project).await? else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let rules = ruled.rules.rules.iter().filter(|rule| rule.tells_limits(ruled.project.tier));
        let entries = rules.flat_map(|rule| {
            let happened =
                Happened::Limited { episode: mark.episode(), limit: mark.limit.to_string(), until: mark.until };
            let rule_ref = RuleRef::Project(rule.id.clone());
            let entry = Entry { happened, rule: rule_ref, since: now, redriven: 0 };
            let destinations: BTreeSet<_> = rule.to.iter().map(Target::destination).collect();
            destinations.into_iter().map(move |destination| {
                let id = LaneId { project: *project, scope: Scope::Project, destination };
                (id, entry.clone(), now)
            })
        });
        Ok(entries.collect())
    }

    /// Adds entries to a lane, and takes it for `holder` if there is something to send now and nobody else does.
    pub(crate) async fn put(
        &self,
        id: LaneId,
        entries: Vec<Entry>,
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

/// What names a commit: a life of an error, and how often it was written.
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
