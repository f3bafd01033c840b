//! The outbox: what is yet to be told, in lanes. A lane is all that goes from one error to one destination, in order,
//! one sender at a time. So nothing overtakes, and two senders never make two issues of one error.

mod entry;
mod id;

pub use entry::{Happened, LaneEntry, RuleRef, Token, name_of};
pub use id::{BadLaneId, LaneId, Scope};

use model::time::{SECONDS_PER_DAY, Timestamp};

/// How many tokens of entries a lane remembers: far more than one batch of the stream may bring again.
const MAX_REMEMBERED_TOKENS: usize = 512;
/// The span that a ceiling counts in, in seconds.
const MINUTE: i64 = 60;
/// How many entries wait in a lane; what is over is told as a number.
const MAX_PENDING: usize = 1_000;
/// How long a sender has a lane for itself, in seconds: longer than any request may take, and than a function runs on.
const LEASE: i64 = 90;
/// For how long an entry is tried, in seconds: as long as the table's stream keeps a record.
const MAX_AGE: i64 = SECONDS_PER_DAY;
/// The first pause after a failure, and the longest, in seconds.
const FIRST_PAUSE: i64 = 5;
const LONGEST_PAUSE: i64 = 600;

/// What goes to one destination about one thing. A pure value: the store keeps it, on condition that nobody else changed
/// it meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Its name.
    pub id: LaneId,
    /// How often it was written; 0 if it is not stored yet.
    pub version: u64,
    /// What is yet to be told, the oldest first.
    pub pending: Vec<LaneEntry>,
    /// How many more came than may wait; told as a number.
    pub more: u64,
    /// What was put in lately, told or not: it is not put in again.
    pub seen: Vec<Token>,
    /// Who is sending, and until when nobody else may.
    pub lease: Option<Lease>,
    /// When what is pending may be told; not looked at while nothing is.
    pub due: Timestamp,
    /// How often in a row telling failed.
    pub failures: u32,
    /// Entries let through lately; only of a lane that holds those over a ceiling.
    pub passed: Passed,
}

/// The entries of a rule with a ceiling that were let through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// When the minute began that is counted.
    pub since: Timestamp,
    /// How many of the newest tokens passed in it.
    pub count: u32,
    /// Their tokens, the oldest first: each passes again if the stream brings it again.
    pub tokens: Vec<Token>,
}

/// The right to send from a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Who has it: a random number of one attempt.
    pub holder: u128,
    /// When it ends, if its holder is gone.
    pub until: Timestamp,
}

impl Lane {
    /// A lane without entries.
    pub fn new(id: LaneId) -> Self {
        Self {
            id,
            version: 0,
            pending: Vec::new(),
            more: 0,
            seen: Vec::new(),
            lease: None,
            due: Timestamp::default(),
            failures: 0,
            passed: Passed::default(),
        }
    }

    /// Lets at most `ceiling` entries a minute pass, and holds the others until the minute is over. Says which pass, and
    /// whether the lane changed. What was decided before is decided in the same way again.
    pub fn admit(&mut self, entries: Vec<LaneEntry>, ceiling: u32, now: Timestamp) -> (Vec<LaneEntry>, bool) {
        if self.passed.since.plus_seconds(MINUTE) <= now {
            self.passed.since = now;
            self.passed.count = 0;
        }
        let (mut pass, mut held, mut changed) = (Vec::new(), Vec::new(), false);
        for entry in entries {
            let token = entry.token();
            if self.passed.tokens.contains(&token) {
                pass.push(entry);
            } else if self.seen.contains(&token) || self.passed.count >= ceiling {
                held.push(entry);
            } else {
                self.passed.tokens.push(token);
                self.passed.count += 1;
                pass.push(entry);
                changed = true;
            }
        }
        self.passed.tokens.drain(..self.passed.tokens.len().saturating_sub(MAX_REMEMBERED_TOKENS));
        let due = self.passed.since.plus_seconds(MINUTE);
        let is_held = self.add(held, due);
        (pass, changed || is_held)
    }

    /// Puts in what it has not seen yet, to be told at `due` or, if something waits already, with that. Says whether
    /// anything was new.
    pub fn add(&mut self, entries: impl IntoIterator<Item = LaneEntry>, due: Timestamp) -> bool {
        let was_empty = self.pending.is_empty();
        let mut any = false;
        for entry in entries {
            let token = entry.token();
            if self.seen.contains(&token) {
                continue;
            }
            self.seen.push(token);
            match self.pending.len() < MAX_PENDING {
                true => self.pending.push(entry),
                false => self.more += 1,
            }
            any = true;
        }
        self.seen.drain(..self.seen.len().saturating_sub(MAX_REMEMBERED_TOKENS));
        // A mute may be set again, and shorter.
        let is_earlier = matches!(self.id.scope, Scope::Mute(_)) && due < self.due;
        if any && (was_empty || is_earlier) {
            self.due = due;
            self.failures = 0;
        }
        any
    }

    /// When somebody must look at it again; `None` while nothing waits.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        let waits = !self.pending.is_empty();
        waits.then(|| self.lease.map_or(self.due, |lease| lease.until))
    }

    /// Takes the lane for `holder`, if there is something to tell now and nobody else is at it.
    pub fn take(&mut self, holder: u128, now: Timestamp) -> bool {
        let free = self.lease.is_none_or(|lease| lease.until <= now);
        if self.pending.is_empty() || !free || self.due > now {
            return false;
        }
        self.lease = Some(Lease { holder, until: now.plus_seconds(LEASE) });
        true
    }

    /// Whether `holder` has it.
    pub fn is_held_by(&self, holder: u128) -> bool {
        self.lease.is_some_and(|lease| lease.holder == holder)
    }

    /// Removes what was told, or will never be, and what there was `more` if nothing is left of it. What is left may be told
    /// at `due`; the lane is given back if that is not now. By their tokens, so that a write that is repeated since its
    /// answer was lost removes nothing else.
    pub fn settle(&mut self, told: &[Token], due: Timestamp, now: Timestamp) {
        self.pending.retain(|entry| !told.contains(&entry.token()));
        if self.pending.is_empty() {
            self.more = 0;
        }
        self.due = due;
        self.failures = 0;
        if self.pending.is_empty() || due > now {
            self.release();
        }
    }

    /// Gives the lane back.
    pub fn release(&mut self) {
        self.lease = None;
    }

    /// Notes that telling failed, and when to try again: after what the destination asks for, or ever longer pauses.
    /// `random` spreads those who failed together.
    pub fn failed(&mut self, now: Timestamp, asked: Option<i64>, random: u128) {
        self.failures = self.failures.saturating_add(1);
        let longest = FIRST_PAUSE.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE);
        let part = i64::try_from(random % 1_000).unwrap_or_default();
        let pause = longest / 2 + longest * part / 2_000;
        self.due = now.plus_seconds(asked.unwrap_or(0).clamp(0, MAX_AGE) + pause);
        self.release();
    }

    /// How many of the first entries are too old to be tried once more.
    pub fn too_old(&self, now: Timestamp) -> usize {
        self.pending.iter().take_while(|entry| entry.since.plus_seconds(MAX_AGE) <= now).count()
    }
}

/// Entries are much alike: packed, a thousand have some 20 kB, and a write is paid for by the kilobyte.
const LEVEL: i32 = 3;
/// The most that is unpacked, in bytes: a thousand entries have some 300 kB.
const MAX_UNPACKED: usize = 4 << 20;

/// What is kept of a lane cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the entries of a lane cannot be read: {0}")]
pub struct BadEntries(String);

/// Entries as they are stored.
pub fn pack(entries: &[LaneEntry]) -> Vec<u8> {
    let json = serde_json::to_vec(entries).expect("entries have text keys only");
    zstd::bulk::compress(&json, LEVEL).expect("compressing into memory cannot fail")
}

/// What [`pack`] packed.
pub fn unpack(packed: &[u8]) -> Result<Vec<LaneEntry>, BadEntries> {
    let json = zstd::bulk::decompress(packed, MAX_UNPACKED).map_err(|error| BadEntries(error.to_string()))?;
    serde_json::from_slice(&json).map_err(|error| BadEntries(error.to_string()))
}

#[cfg(test)]
mod tests;
