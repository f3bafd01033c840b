//! What could not be told: kept in a queue of dead letters, and put back into the outbox by whoever mended the cause.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use domain::id::ProjectId;
use domain::notify::Target;
use domain::notify::lane::{Entry, Lane, LaneId, Scope};
use domain::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::ports::{Lent, Round};
use store::{Kind, Result, StoreError};

use crate::record::Record;
use crate::{Deadline, Notify};

/// A dead letter. It holds no secret: the rule, with its tokens, is looked up when it is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Letter {
    /// The version of this form.
    v: u8,
    /// Why it is here; freed of secrets by the channel.
    reason: String,
    /// Whose it is; none of a record of the stream that could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project: Option<ProjectId>,
    /// The lane, without the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lane: Option<String>,
    /// What was to be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    entries: Vec<Entry>,
    /// How many more there were than are kept.
    #[serde(default)]
    more: u64,
    /// The number of the record in the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record: Option<String>,
}

/// A dead letter as an admin sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeadNotice {
    /// The queue's id of it.
    pub id: String,
    /// Since when it is here.
    pub since: Timestamp,
    /// The project's number.
    pub project: Option<ProjectId>,
    /// How many things were to be told.
    pub notices: usize,
    /// Why they could not be.
    pub reason: String,
}

/// What was put back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Redriven {
    /// Letters.
    pub letters: usize,
    /// Things to tell that they held.
    pub notices: usize,
}

/// How many entries one letter holds: a thousand would be over what a queue takes.
const ENTRIES: usize = 200;
/// Letters that are looked at, at the most.
const MAX: usize = 1_000;

impl Notify {
    /// Keeps the first `entries` of a lane among the dead letters.
    pub(super) async fn bury(&self, lane: &Lane, entries: usize, reason: &str) -> Result<()> {
        tracing::error!(lane = %lane.id, project.id = %lane.id.project, notices.len = entries, error.message = reason, "could not be told");
        let entries = &lane.pending[..entries.min(lane.pending.len())];
        for (index, part) in entries.chunks(ENTRIES).enumerate() {
            let letter = Letter {
                v: 1,
                reason: reason.to_owned(),
                project: Some(lane.id.project),
                lane: Some(lane.id.to_string()),
                entries: part.to_vec(),
                more: if index == 0 && entries.len() == lane.pending.len() { lane.more } else { 0 },
                record: None,
            };
            self.keep(&letter).await?;
        }
        Ok(())
    }

    /// Keeps note of a record of the stream that cannot be read.
    pub(crate) async fn unreadable(&self, record: &Record, reason: &str) -> Result<()> {
        tracing::error!(record.number, error.message = reason, "a record cannot be read");
        let reason = reason.to_owned();
        let record = Some(record.number.clone());
        self.keep(&Letter { v: 1, reason, project: None, lane: None, entries: Vec::new(), more: 0, record }).await
    }

    async fn keep(&self, letter: &Letter) -> Result<()> {
        let text = serde_json::to_string(letter).map_err(|error| corrupt(&error.to_string()))?;
        self.undelivered.keep(text).await
    }

    /// At most `limit` dead letters.
    pub async fn dead_notices(&self, limit: usize) -> Result<Vec<DeadNotice>> {
        let (mut notices, mut round) = (Vec::new(), Round::over(&*self.undelivered));
        while let Some(lent) = round.next(limit).await? {
            notices.push(notice(&lent));
            round.leave(lent);
        }
        round.end().await?;
        Ok(notices)
    }

    /// Puts those of these ids, or all, back into the outbox, and tells them. What was to be told and was not is told
    /// once, however often this is repeated; where the rule leads elsewhere by now, there.
    pub async fn redrive(&self, ids: Option<&HashSet<String>>, deadline: Deadline) -> Result<Redriven> {
        // The cause may be a rule that was mended a moment ago.
        self.known.forget();
        let (mut redriven, mut round) = (Redriven::default(), Round::over(&*self.undelivered));
        while !deadline.is_over()
            && let Some(lent) = round.next(MAX).await?
        {
            let wanted = ids.is_none_or(|ids| ids.contains(&lent.letter.id));
            match wanted.then(|| entries(&lent)).flatten() {
                Some((lane, entries)) => {
                    redriven.letters += 1;
                    redriven.notices += entries.len();
                    self.put_back(lane, entries).await?;
                    self.undelivered.remove(&lent).await?;
                }
                None => round.leave(lent),
            }
        }
        round.end().await?;
        self.sweep(deadline).await?;
        Ok(redriven)
    }

    async fn put_back(&self, lane: LaneId, entries: Vec<Entry>) -> Result<()> {
        let mut lanes: BTreeMap<LaneId, Vec<Entry>> = BTreeMap::new();
        for entry in entries {
            for (lane, entry) in self.homes(&lane, entry).await? {
                lanes.entry(lane).or_default().push(entry);
            }
        }
        for (lane, entries) in lanes {
            let holder = self.clock.random();
            // Only put in: the sweep that follows sends it.
            if let Some(lane) = self.put(lane, entries, self.clock.now(), holder).await? {
                self.change(lane, holder, Lane::release).await?;
            }
        }
        Ok(())
    }

    /// The lanes that an entry of `lane` goes into once more: the same, unless the rule does not lead there any more. Then
    /// those of the rule's destinations that have not seen it, which is the one that was mended; all, if all have.
    async fn homes(&self, lane: &LaneId, entry: Entry) -> Result<Vec<(LaneId, Entry)>> {
        let since = self.clock.now();
        let again = Entry { since, redriven: entry.redriven + 1, ..entry.clone() };
        let rule = match self.ruled(lane.project).await? {
            Some(ruled) => self.rule(&ruled, &entry.rule).await?,
            None => None,
        };
        let targets = rule.map(|rule| rule.to).unwrap_or_default();
        let leads_there = targets.iter().any(|target| target.destination() == lane.destination);
        let takes = |target: &&Target| !(target.is_tracker() && matches!(lane.scope, Scope::Collected(_)));
        let destinations: BTreeSet<_> = targets.iter().filter(takes).map(Target::destination).collect();
        // Without a rule there is nowhere to go, and delivery drops it.
        if leads_there || destinations.is_empty() {
            return Ok(vec![(lane.clone(), again)]);
        }
        let anew = Entry { since, redriven: 0, ..entry };
        let (mut unseen, mut all) = (Vec::new(), Vec::new());
        for destination in destinations {
            let id = LaneId { destination, ..lane.clone() };
            let lane = self.outbox.lane(&id).await?;
            if lane.is_none_or(|lane| !lane.seen.contains(&anew.token())) {
                unseen.push((id.clone(), anew.clone()));
            }
            all.push((id, again.clone()));
        }
        Ok(if unseen.is_empty() { all } else { unseen })
    }
}

fn notice(lent: &Lent) -> DeadNotice {
    let (id, since) = (lent.letter.id.clone(), lent.letter.sent_at);
    match serde_json::from_str::<Letter>(&lent.letter.text) {
        Ok(letter) => {
            let notices = letter.entries.len() + usize::try_from(letter.more).unwrap_or(usize::MAX);
            DeadNotice { id, since, project: letter.project, notices, reason: letter.reason }
        }
        // What Lambda puts here when a batch of the stream failed until its records were gone.
        Err(_) => {
            let reason = "a batch of the table's stream could not be read for a day".to_owned();
            DeadNotice { id, since, project: None, notices: 0, reason }
        }
    }
}

/// What a letter puts back; `None` if it holds nothing that could be.
fn entries(lent: &Lent) -> Option<(LaneId, Vec<Entry>)> {
    let letter: Letter = serde_json::from_str(&lent.letter.text).ok()?;
    let lane = LaneId::parse(letter.project?, &letter.lane?).ok()?;
    (!letter.entries.is_empty()).then_some((lane, letter.entries))
}

fn corrupt(what: &str) -> StoreError {
    StoreError::new(Kind::Corrupt, "keeping a dead letter", what)
}
