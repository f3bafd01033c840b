//! Out of the outbox: lane by lane, in order, at each destination one message at a time.

mod batch;
mod circuit;
mod dead;
mod facts;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use batch::{Batch, Message};
pub(crate) use circuit::Circuits;
pub use dead::Redriven;
use futures_util::future::join_all;
use model::time::Timestamp;
use rules::lane::{Lane, LaneEntry, RuleRef, Scope};
use store::{Kind, Result};

use crate::channels::{self, Failed, Issue};
use crate::watch::KEPT;
use crate::{Deadline, Notify};

/// How many lanes are looked for at once.
const DUE: usize = 100;
/// Lanes that wait for the same destination come back spread over so many seconds.
const SPREAD: u128 = 5;
/// How often a lane is read again when somebody adds to it at the same time.
const ATTEMPTS: usize = 20;

/// How many issues of an error are remembered, at most, that posted configs made.
const MAX_POSTED_LINKS: usize = 20;

/// What became of an attempt.
enum Told {
    /// As many of the first entries are done with.
    Done(usize),
    /// Not now: the destination does not work, or asks for so many seconds of pause.
    Later(Option<i64>, String),
    /// Never: as many of the first entries go among the dead letters, and why.
    Never(usize, String),
}

impl Notify {
    /// Sends what is due, until nothing is or `deadline`. Returns how many lanes it looked at.
    pub async fn sweep(&self, deadline: Deadline) -> Result<usize> {
        let mut looked_at = HashSet::new();
        loop {
            let due = self.outbox.due(self.clock.now(), DUE).await?;
            let fresh: Vec<_> = due.into_iter().filter(|id| looked_at.insert(id.clone())).collect();
            if fresh.is_empty() || deadline.is_over() {
                return Ok(looked_at.len());
            }
            let mut taken = Vec::new();
            for id in fresh {
                let holder = self.clock.random();
                match self.put(id, Vec::new(), self.clock.now(), holder).await {
                    Ok(lane) => taken.extend(lane.map(|lane| (lane, holder))),
                    // One that cannot be read holds up nobody else.
                    Err(error) => tracing::error!(error.message = %error, "a lane of the outbox cannot be taken"),
                }
            }
            self.deliver_all(taken, deadline).await;
        }
    }

    /// Sends from lanes that were taken: those of different destinations at the same time, so that one that hangs keeps
    /// nobody waiting.
    pub(crate) async fn deliver_all(&self, lanes: Vec<(Lane, u128)>, deadline: Deadline) {
        let mut destinations: BTreeMap<String, Vec<(Lane, u128)>> = BTreeMap::new();
        for (lane, holder) in lanes {
            destinations.entry(lane.id.destination.clone()).or_default().push((lane, holder));
        }
        let all = destinations.into_values().map(|lanes| async move {
            for (lane, holder) in lanes {
                if let Err(error) = self.deliver(lane, holder, deadline).await {
                    // The lease ends by itself, and somebody tries again.
                    tracing::warn!(error.message = %error, "a message could not be sent");
                }
            }
        });
        join_all(all).await;
    }

    /// Sends from one lane, until nothing is due in it.
    async fn deliver(&self, mut lane: Lane, holder: u128, deadline: Deadline) -> Result<()> {
        loop {
            let now = self.clock.now();
            if deadline.is_over() {
                return self.change(lane, holder, Lane::release).await.map(drop);
            }
            let told = match self.circuits.admit(&lane.id.destination, now) {
                // What fails here may pass as well, or not: then it must not be tried for ever.
                Ok(()) => self.tell(&lane).await.unwrap_or_else(|error| Told::Later(None, error.to_string())),
                Err(until) if lane.too_old(now) == 0 => {
                    let spread = i64::try_from(self.clock.random() % SPREAD).unwrap_or_default();
                    let later = |lane: &mut Lane| {
                        lane.due = until.plus_seconds(spread);
                        lane.release();
                    };
                    return self.change(lane, holder, later).await.map(drop);
                }
                // While many wait for it, most are never let through to find out themselves.
                Err(_) => Told::Later(None, "the destination does not work".to_owned()),
            };
            let (told, due) = match told {
                Told::Done(entries) => (entries, self.rest_due(&lane, entries).await?),
                Told::Never(entries, reason) => {
                    self.bury(&lane, entries, &reason).await?;
                    (entries, now)
                }
                Told::Later(asked, reason) => {
                    tracing::warn!(lane = %lane.id, project.id = %lane.id.project, error.message = reason, "to be told later");
                    let old = lane.too_old(now);
                    if old == 0 {
                        let random = self.clock.random();
                        return self.change(lane, holder, |lane| lane.failed(now, asked, random)).await.map(drop);
                    }
                    self.bury(&lane, old, &format!("tried for a day: {reason}")).await?;
                    (old, now)
                }
            };
            let told: Vec<_> = lane.pending.iter().take(told).map(LaneEntry::token).collect();
            let now = self.clock.now();
            let settled = self.change(lane, holder, |lane| lane.settle(&told, due, now)).await?;
            match settled.filter(|lane| lane.is_held_by(holder)) {
                Some(rest) => lane = rest,
                // Nothing is due any more; or it took too long, and somebody else has the lane by now.
                None => return Ok(()),
            }
        }
    }

    /// Tells what is first in the lane.
    async fn tell(&self, lane: &Lane) -> Result<Told> {
        if let Scope::Mute(fingerprint) = &lane.id.scope {
            self.end_mute(lane, fingerprint).await?;
            let is_muted = self.muted_until(lane, fingerprint).await? > self.clock.now();
            return Ok(Told::Done(if is_muted { 0 } else { lane.pending.len() }));
        }
        let Batch { entries, message } = self.batch(lane).await?;
        let Some(Message { target, telling, issue, buttons, issue_key }) = message else {
            // Its error, its rule or its target is gone: there is nothing to tell any more.
            return Ok(Told::Done(entries));
        };
        let destination = lane.id.destination.as_str();
        let told = channels::Told { telling: &telling, issue: issue.as_ref(), buttons, issue_key: &issue_key };
        match self.channels.tell(&target, &told).await {
            Ok(made) => {
                self.circuits.works(destination);
                if let Some(made) = made.filter(|made| issue.as_ref() != Some(made)) {
                    self.link(lane, &made).await?;
                }
                Ok(Told::Done(entries))
            }
            Err(Failed::Later { after, what }) => {
                let asked = after.map(|after| i64::try_from(after.as_secs()).unwrap_or(i64::MAX));
                self.circuits.fails(destination, self.clock.now(), asked);
                Ok(Told::Later(asked, what))
            }
            Err(Failed::Never { what }) => {
                self.circuits.works(destination);
                Ok(Told::Never(entries, what))
            }
        }
    }

    /// When what is left in a lane, after `told` entries, may be told: what came while a collection was sent begins the
    /// next one.
    async fn rest_due(&self, lane: &Lane, told: usize) -> Result<Timestamp> {
        let now = self.clock.now();
        match (&lane.id.scope, lane.pending.get(told)) {
            (Scope::Mute(fingerprint), Some(_)) => self.muted_until(lane, fingerprint).await,
            (Scope::Collected(_), None) => Ok(self.collected_until(lane).await?.unwrap_or(now)),
            _ => Ok(now),
        }
    }

    /// Changes and writes a lane that `holder` has; also if others add to it meanwhile. `None` if it is somebody else's
    /// by now.
    async fn change(&self, mut lane: Lane, holder: u128, change: impl Fn(&mut Lane)) -> Result<Option<Lane>> {
        let mut attempts = 1..ATTEMPTS;
        loop {
            let id = lane.id.clone();
            change(&mut lane);
            match self.outbox.save(lane, self.clock.now().plus_seconds(KEPT)).await {
                Ok(lane) => return Ok(Some(lane)),
                Err(error) if error.kind() == Kind::Conflict && attempts.next().is_some() => self.pause().await,
                Err(error) => return Err(error),
            }
            match self.outbox.lane(&id).await?.filter(|lane| lane.is_held_by(holder)) {
                Some(read) => lane = read,
                None => return Ok(None),
            }
        }
    }

    /// A short pause of random length, for those who got into each other's way.
    pub(crate) async fn pause(&self) {
        tokio::time::sleep(Duration::from_millis((self.clock.random() % 50) as u64)).await;
    }

    async fn link(&self, lane: &Lane, made: &Issue) -> Result<()> {
        // The issue of a summary is not the issue of one error.
        if !matches!(lane.id.scope, Scope::Error(_)) {
            return Ok(());
        }
        let Some(entry) = lane.pending.first() else { return Ok(()) };
        let Some(error) = self.error_of(lane, entry).await? else { return Ok(()) };
        // Whoever posts configs names as many trackers as they like: an error's item has room for some.
        if matches!(entry.rule, RuleRef::Posted(..)) && error.links.len() >= MAX_POSTED_LINKS {
            return Ok(());
        }
        let link = model::error::Link { number: made.number, url: made.url.clone() };
        match self.links.link(&error, &lane.id.destination, &link).await {
            // Its error is gone meanwhile.
            Err(error) if error.kind() == Kind::Conflict => Ok(()),
            linked => linked,
        }
    }
}
