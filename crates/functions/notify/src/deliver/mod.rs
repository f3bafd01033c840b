//! Sends entries from the outbox: lane by lane, in order, one message at a time per destination.

mod batch;
mod circuit;
mod dead_letter;
mod occurrence;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use batch::{Batch, PendingDelivery};
pub(crate) use circuit::Circuits;
pub use dead_letter::Redriven;
use futures_util::future::join_all;
use model::time::Timestamp;
use rules::lane::{Lane, LaneEntry, RuleRef, Scope};
use store::{Kind, Result};

use crate::channels::{Delivery, Issue, SendError};
use crate::watch::LANE_RETENTION_SECONDS;
use crate::{Deadline, Notify};

/// Maximum number of due lanes that one query returns.
const MAX_DUE_LANES: usize = 100;
/// Lanes that wait for the same destination are retried spread over this many seconds.
const PROBE_SPREAD_SECONDS: u128 = 5;
/// How many times writing a lane is attempted if others write it at the same time.
const MAX_WRITE_ATTEMPTS: usize = 20;

/// Maximum number of an error's issues at which a posted config may still add one.
const MAX_POSTED_LINKS: usize = 20;

/// The result of an attempt to send the first entries of a lane.
enum Attempt {
    /// This many of the first entries were sent or dropped.
    Done(usize),
    /// The destination does not work now. Try again, after the pause that it asked for, if any.
    Transient { retry_after_seconds: Option<i64>, reason: String },
    /// The first entries can never be delivered: they go to the dead-letter queue.
    Permanent { entries: usize, reason: String },
}

impl Notify {
    /// Sends due entries until there are none, or until `deadline`. Returns the number of lanes it processed.
    pub async fn sweep(&self, deadline: Deadline) -> Result<usize> {
        let mut looked_at = HashSet::new();
        loop {
            let due = self.stores.outbox.due(self.clock.now(), MAX_DUE_LANES).await?;
            let fresh: Vec<_> = due.into_iter().filter(|id| looked_at.insert(id.clone())).collect();
            if fresh.is_empty() || deadline.is_over() {
                return Ok(looked_at.len());
            }
            let mut taken = Vec::new();
            for id in fresh {
                let holder = self.clock.random();
                match self.enqueue(id, Vec::new(), self.clock.now(), holder).await {
                    Ok(lane) => taken.extend(lane.map(|lane| (lane, holder))),
                    // A lane that cannot be read does not stop the others.
                    Err(error) => tracing::error!(error.message = %error, "failed to take a lane of the outbox"),
                }
            }
            self.deliver_all(taken, deadline).await;
        }
    }

    /// Sends from lanes that this process has taken. Different destinations are served concurrently, so that one that
    /// hangs does not delay the others.
    pub(crate) async fn deliver_all(&self, lanes: Vec<(Lane, u128)>, deadline: Deadline) {
        let mut destinations: BTreeMap<String, Vec<(Lane, u128)>> = BTreeMap::new();
        for (lane, holder) in lanes {
            destinations.entry(lane.id.destination.clone()).or_default().push((lane, holder));
        }
        let all = destinations.into_values().map(|lanes| async move {
            for (lane, holder) in lanes {
                if let Err(error) = self.deliver(lane, holder, deadline).await {
                    // The lease expires by itself, and the lane is tried again.
                    tracing::warn!(error.message = %error, "failed to send from a lane");
                }
            }
        });
        join_all(all).await;
    }

    /// Sends from one lane until none of its entries is due.
    async fn deliver(&self, mut lane: Lane, holder: u128, deadline: Deadline) -> Result<()> {
        loop {
            let now = self.clock.now();
            if deadline.is_over() {
                return self.update_lane(lane, holder, Lane::release).await.map(drop);
            }
            let attempt = match self.circuits.admit(&lane.id.destination, now) {
                // A failure of the store counts as transient, so that it is retried, but not forever.
                Ok(()) => self.send_next(&lane).await.unwrap_or_else(|error| Attempt::Transient {
                    retry_after_seconds: None,
                    reason: error.to_string(),
                }),
                Err(until) if lane.expired_count(now) == 0 => {
                    let spread = i64::try_from(self.clock.random() % PROBE_SPREAD_SECONDS).unwrap_or_default();
                    let later = |lane: &mut Lane| {
                        lane.due = until.plus_seconds(spread);
                        lane.release();
                    };
                    return self.update_lane(lane, holder, later).await.map(drop);
                }
                // While many lanes wait for a destination, most never get to test it themselves. Their entries expire
                // anyway.
                Err(_) => {
                    Attempt::Transient { retry_after_seconds: None, reason: "the destination keeps failing".to_owned() }
                }
            };
            let (settled_count, due) = match attempt {
                Attempt::Done(entries) => (entries, self.rest_due_at(&lane, entries).await?),
                Attempt::Permanent { entries, reason } => {
                    self.dead_letter(&lane, entries, &reason).await?;
                    (entries, now)
                }
                Attempt::Transient { retry_after_seconds, reason } => {
                    tracing::warn!(lane = %lane.id, project.id = %lane.id.project, error.message = reason, "failed to send a notification: it will be retried");
                    let expired = lane.expired_count(now);
                    if expired == 0 {
                        let random = self.clock.random();
                        return self
                            .update_lane(lane, holder, |lane| lane.back_off(now, retry_after_seconds, random))
                            .await
                            .map(drop);
                    }
                    self.dead_letter(&lane, expired, &format!("tried for a day: {reason}")).await?;
                    (expired, now)
                }
            };
            let settled: Vec<_> = lane.pending.iter().take(settled_count).map(LaneEntry::token).collect();
            let now = self.clock.now();
            let remaining = self.update_lane(lane, holder, |lane| lane.settle(&settled, due, now)).await?;
            match remaining.filter(|lane| lane.is_held_by(holder)) {
                Some(remaining) => lane = remaining,
                // Nothing is due, or sending took too long and another sender has taken the lane.
                None => return Ok(()),
            }
        }
    }

    /// Sends the first entries of a lane.
    async fn send_next(&self, lane: &Lane) -> Result<Attempt> {
        if let Scope::Mute(fingerprint) = &lane.id.scope {
            self.end_mute(lane, fingerprint).await?;
            let is_muted = self.muted_until(lane, fingerprint).await? > self.clock.now();
            return Ok(Attempt::Done(if is_muted { 0 } else { lane.pending.len() }));
        }
        let Batch { entries, delivery } = self.next_batch(lane).await?;
        let Some(PendingDelivery { target, message, issue, buttons, issue_key }) = delivery else {
            // The error, the rule or the target was deleted: there is nothing to send.
            return Ok(Attempt::Done(entries));
        };
        let destination = lane.id.destination.as_str();
        let delivery = Delivery { message: &message, issue: issue.as_ref(), buttons, issue_key: &issue_key };
        match self.channels.send(&target, &delivery).await {
            Ok(made) => {
                self.circuits.record_success(destination);
                if let Some(made) = made.filter(|made| issue.as_ref() != Some(made)) {
                    self.save_link(lane, &made).await?;
                }
                Ok(Attempt::Done(entries))
            }
            Err(SendError::Transient { retry_after, reason }) => {
                let retry_after_seconds = retry_after.map(|pause| i64::try_from(pause.as_secs()).unwrap_or(i64::MAX));
                self.circuits.record_failure(destination, self.clock.now(), retry_after_seconds);
                Ok(Attempt::Transient { retry_after_seconds, reason })
            }
            Err(SendError::Permanent { reason }) => {
                self.circuits.record_success(destination);
                Ok(Attempt::Permanent { entries, reason })
            }
        }
    }

    /// Returns when the entries of a lane after the first `settled` may be sent. Entries that arrived while a
    /// collection was sent begin the next collection.
    async fn rest_due_at(&self, lane: &Lane, settled: usize) -> Result<Timestamp> {
        let now = self.clock.now();
        match (&lane.id.scope, lane.pending.get(settled)) {
            (Scope::Mute(fingerprint), Some(_)) => self.muted_until(lane, fingerprint).await,
            (Scope::Collected(_), None) => Ok(self.collection_end(lane).await?.unwrap_or(now)),
            _ => Ok(now),
        }
    }

    /// Changes and writes a lane that `holder` has taken. If others have added entries in the meantime, it tries again.
    /// Returns `None` if another sender has taken the lane.
    async fn update_lane(&self, mut lane: Lane, holder: u128, change: impl Fn(&mut Lane)) -> Result<Option<Lane>> {
        let mut attempts = 1..MAX_WRITE_ATTEMPTS;
        loop {
            let id = lane.id.clone();
            change(&mut lane);
            match self.stores.outbox.save(lane, self.clock.now().plus_seconds(LANE_RETENTION_SECONDS)).await {
                Ok(lane) => return Ok(Some(lane)),
                Err(error) if error.kind() == Kind::Conflict && attempts.next().is_some() => self.pause().await,
                Err(error) => return Err(error),
            }
            match self.stores.outbox.lane(&id).await?.filter(|lane| lane.is_held_by(holder)) {
                Some(read) => lane = read,
                None => return Ok(None),
            }
        }
    }

    /// Pauses for a short random time after a write conflict.
    pub(crate) async fn pause(&self) {
        tokio::time::sleep(Duration::from_millis((self.clock.random() % 50) as u64)).await;
    }

    async fn save_link(&self, lane: &Lane, made: &Issue) -> Result<()> {
        // The issue of a message about several errors does not belong to one error.
        if !matches!(lane.id.scope, Scope::Error(_)) {
            return Ok(());
        }
        let Some(entry) = lane.pending.first() else { return Ok(()) };
        let Some(error) = self.load_error(lane, entry).await? else { return Ok(()) };
        // Posted configs can name any number of trackers, but an error's item has limited space.
        if matches!(entry.rule, RuleRef::Posted(..)) && error.links.len() >= MAX_POSTED_LINKS {
            return Ok(());
        }
        let link = model::error::Link { number: made.number, url: made.url.clone() };
        match self.stores.links.link(&error, &lane.id.destination, &link).await {
            // The error was deleted in the meantime.
            Err(error) if error.kind() == Kind::Conflict => Ok(()),
            linked => linked,
        }
    }
}
