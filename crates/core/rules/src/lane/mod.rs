//! The outbox: the notifications that are still to be sent, in lanes. A lane is the queue of what goes from one error to
//! one destination, in order, by one sender at a time. So nothing overtakes, and two senders never make two issues of one error.

mod entry;
mod id;

pub use entry::{EntryToken, LaneEntry, OutboxEvent, RuleRef, summary_token};
pub use id::{BadLaneId, LaneId, Scope};

use model::time::Timestamp;

/// How many tokens of entries a lane remembers: far more than one batch of the stream may bring again.
const MAX_REMEMBERED_TOKENS: usize = 512;
/// The span that a ceiling counts in, in seconds.
const CEILING_WINDOW_SECONDS: i64 = 60;
/// How many entries wait in a lane; of the rest only the number is sent.
const MAX_PENDING_ENTRIES: usize = 1_000;
/// How long a sender has a lane for itself, in seconds: longer than any request may take, and than a function runs on.
const LEASE_SECONDS: i64 = 90;
/// For how long an entry is tried, in seconds: as long as the table's stream keeps a record.
const MAX_ENTRY_AGE_SECONDS: i64 = 86_400;
/// The first pause after a failure, and the longest, in seconds.
const FIRST_PAUSE_SECONDS: i64 = 5;
const LONGEST_PAUSE_SECONDS: i64 = 600;

/// What goes to one destination about one thing. A pure value: the store keeps it, on condition that nobody else changed
/// it meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Its name.
    pub id: LaneId,
    /// How often it was written; 0 if it is not stored yet.
    pub version: u64,
    /// What is still to be sent, the oldest first.
    pub pending: Vec<LaneEntry>,
    /// How many more came than may wait: only their number is sent.
    pub more: u64,
    /// What was added lately, sent or not: it is not added again.
    pub seen: Vec<EntryToken>,
    /// Who is sending, and until when nobody else may.
    pub lease: Option<Lease>,
    /// When what is pending may be sent; not looked at while nothing is.
    pub due: Timestamp,
    /// How often in a row sending failed.
    pub failures: u32,
    /// Entries let through lately; only of a lane that holds those over a ceiling.
    pub admitted: AdmittedEntries,
}

/// The entries of a rule with a ceiling that were let through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdmittedEntries {
    /// When the minute began that is counted.
    pub since: Timestamp,
    /// How many of the newest tokens passed in it.
    pub count: u32,
    /// Their tokens, the oldest first: each passes again if the stream brings it again.
    pub tokens: Vec<EntryToken>,
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
            admitted: AdmittedEntries::default(),
        }
    }

    /// Lets at most `ceiling` entries a minute pass, and holds the others until the minute is over. Says which pass, and
    /// whether the lane changed. What was decided before is decided in the same way again.
    pub fn admit(&mut self, entries: Vec<LaneEntry>, ceiling: u32, now: Timestamp) -> (Vec<LaneEntry>, bool) {
        if self.admitted.since.plus_seconds(CEILING_WINDOW_SECONDS) <= now {
            self.admitted.since = now;
            self.admitted.count = 0;
        }
        let mut pass = Vec::new();
        let mut held = Vec::new();
        let mut changed = false;
        for entry in entries {
            let token = entry.token();
            if self.admitted.tokens.contains(&token) {
                pass.push(entry);
            } else if self.seen.contains(&token) || self.admitted.count >= ceiling {
                held.push(entry);
            } else {
                self.admitted.tokens.push(token);
                self.admitted.count += 1;
                pass.push(entry);
                changed = true;
            }
        }
        self.admitted.tokens.drain(..self.admitted.tokens.len().saturating_sub(MAX_REMEMBERED_TOKENS));
        let due = self.admitted.since.plus_seconds(CEILING_WINDOW_SECONDS);
        let is_held = self.add(held, due);
        (pass, changed || is_held)
    }

    /// Puts in what it has not seen yet, to be sent at `due` or, if something waits already, with that. Says whether
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
            match self.pending.len() < MAX_PENDING_ENTRIES {
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

    /// Takes the lane for `holder`, if there is something to send now and nobody else is at it.
    pub fn take(&mut self, holder: u128, now: Timestamp) -> bool {
        let free = self.lease.is_none_or(|lease| lease.until <= now);
        if self.pending.is_empty() || !free || self.due > now {
            return false;
        }
        self.lease = Some(Lease { holder, until: now.plus_seconds(LEASE_SECONDS) });
        true
    }

    /// Whether `holder` has it.
    pub fn is_held_by(&self, holder: u128) -> bool {
        self.lease.is_some_and(|lease| lease.holder == holder)
    }

    /// Removes what was sent, or will never be, and what there was `more` if nothing is left of it. What is left may be sent
    /// at `due`; the lane is released if that is not now. By their tokens, so that a write that is repeated since its
    /// answer was lost removes nothing else.
    pub fn settle(&mut self, sent: &[EntryToken], due: Timestamp, now: Timestamp) {
        self.pending.retain(|entry| !sent.contains(&entry.token()));
        if self.pending.is_empty() {
            self.more = 0;
        }
        self.due = due;
        self.failures = 0;
        if self.pending.is_empty() || due > now {
            self.release();
        }
    }

    /// Lets others send from the lane.
    pub fn release(&mut self) {
        self.lease = None;
    }

    /// Notes that sending failed, and when to try again: after what the destination asks for, or ever longer pauses.
    /// `random` spreads those who failed together.
    pub fn back_off(&mut self, now: Timestamp, asked: Option<i64>, random: u128) {
        self.failures = self.failures.saturating_add(1);
        let longest = FIRST_PAUSE_SECONDS.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE_SECONDS);
        let part = i64::try_from(random % 1_000).unwrap_or_default();
        let pause = longest / 2 + longest * part / 2_000;
        self.due = now.plus_seconds(asked.unwrap_or(0).clamp(0, MAX_ENTRY_AGE_SECONDS) + pause);
        self.release();
    }

    /// How many of the first entries are too old to be tried once more.
    pub fn expired_count(&self, now: Timestamp) -> usize {
        self.pending.iter().take_while(|entry| entry.since.plus_seconds(MAX_ENTRY_AGE_SECONDS) <= now).count()
    }
}

/// Entries are much alike: packed, a thousand have some 20 kB, and a write is paid for by the kilobyte.
const COMPRESSION_LEVEL: i32 = 3;
/// The most that is unpacked, in bytes: a thousand entries have some 300 kB.
const MAX_UNPACKED_BYTES: usize = 4 << 20;

/// What is kept of a lane cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the entries of a lane cannot be read: {0}")]
pub struct BadEntries(String);

/// Entries as they are stored.
pub fn pack(entries: &[LaneEntry]) -> Vec<u8> {
    let json = serde_json::to_vec(entries).expect("entries have text keys only");
    zstd::bulk::compress(&json, COMPRESSION_LEVEL).expect("compressing into memory cannot fail")
}

/// What [`pack`] packed.
pub fn unpack(packed: &[u8]) -> Result<Vec<LaneEntry>, BadEntries> {
    let json = zstd::bulk::decompress(packed, MAX_UNPACKED_BYTES).map_err(|error| BadEntries(error.to_string()))?;
    serde_json::from_slice(&json).map_err(|error| BadEntries(error.to_string()))
}

#[cfg(test)]
mod tests;
