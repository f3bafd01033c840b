//! The outbox: notifications that are still to be sent, in lanes. A lane is the queue from one error to one
//! destination, which one sender at a time sends in order. So no notification overtakes another one, and two senders
//! never create two issues for the same error.

mod entry;
mod id;

pub use entry::{EntryToken, LaneEntry, OutboxEvent, RuleRef, summary_token};
pub use id::{BadLaneId, LaneId, Scope};

use model::time::Timestamp;

/// The number of tokens that a lane remembers: far more than one batch of the stream can deliver again.
const MAX_REMEMBERED_TOKENS: usize = 512;
/// The window in which a ceiling counts, in seconds.
const CEILING_WINDOW_SECONDS: i64 = 60;
/// Maximum number of entries that wait in a lane. Of the others, only the number is sent.
const MAX_PENDING_ENTRIES: usize = 1_000;
/// How long a sender holds a lane, in seconds: longer than any request takes, and longer than a function runs.
const LEASE_SECONDS: i64 = 90;
/// How long delivery of an entry is retried, in seconds: as long as the table's stream keeps a record.
const MAX_ENTRY_AGE_SECONDS: i64 = 86_400;
/// The first pause after a failure, and the longest pause, in seconds.
const FIRST_PAUSE_SECONDS: i64 = 5;
const LONGEST_PAUSE_SECONDS: i64 = 600;

/// The notifications for one destination about one subject. This is a pure value: the store writes it on condition that
/// nobody else has changed it in the meantime.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    pub id: LaneId,
    /// The number of writes; 0 if it is not stored yet.
    pub version: u64,
    /// Entries that are still to be sent, oldest first.
    pub pending: Vec<LaneEntry>,
    /// The number of further entries. Only this number is sent.
    pub more: u64,
    /// Tokens of entries that were added recently, sent or not. They are not added again.
    pub seen: Vec<EntryToken>,
    /// The current sender, and until when no other sender may take the lane.
    pub lease: Option<Lease>,
    /// When the pending entries may be sent. Not used while nothing is pending.
    pub due: Timestamp,
    /// The number of failures since the last success.
    pub failures: u32,
    /// Entries that were let through recently. Only used by lanes for entries over a ceiling.
    pub admitted: AdmittedEntries,
}

/// The entries of a rule with a ceiling that were let through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdmittedEntries {
    /// When the current minute began.
    pub since: Timestamp,
    /// The number of entries that were let through in this minute.
    pub count: u32,
    /// Their tokens, oldest first, and those from before. An entry that the stream delivers again is let through again.
    pub tokens: Vec<EntryToken>,
}

/// The right to send from a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The holder: a random number for each attempt.
    pub holder: u128,
    /// When it ends, in case the holder dies.
    pub until: Timestamp,
}

impl Lane {
    /// Creates a lane without entries.
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

    /// Lets at most `ceiling` entries per minute pass, and holds the others until the minute is over. Returns the
    /// entries that pass, and whether the lane has changed. Entries that were decided before are decided in the same
    /// way again.
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

    /// Adds entries that the lane has not seen yet. They are sent at `due` or, if other entries are waiting already,
    /// together with these. Returns whether any entry was new.
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
        // A mute can be set again, to an earlier end.
        let is_earlier = matches!(self.id.scope, Scope::Mute(_)) && due < self.due;
        if any && (was_empty || is_earlier) {
            self.due = due;
            self.failures = 0;
        }
        any
    }

    /// When a sender must look at the lane again; `None` if nothing is waiting.
    pub fn wakes_at(&self) -> Option<Timestamp> {
        let waits = !self.pending.is_empty();
        waits.then(|| self.lease.map_or(self.due, |lease| lease.until))
    }

    /// Takes the lane for `holder`, if something is due and no other sender holds it.
    pub fn take(&mut self, holder: u128, now: Timestamp) -> bool {
        let free = self.lease.is_none_or(|lease| lease.until <= now);
        if self.pending.is_empty() || !free || self.due > now {
            return false;
        }
        self.lease = Some(Lease { holder, until: now.plus_seconds(LEASE_SECONDS) });
        true
    }

    /// Whether `holder` holds the lane.
    pub fn is_held_by(&self, holder: u128) -> bool {
        self.lease.is_some_and(|lease| lease.holder == holder)
    }

    /// Removes entries that were sent or will never be sent, and resets `more` if no entry is left. The remaining
    /// entries may be sent at `due`. The lane is released unless they are due now. Entries are removed by their tokens,
    /// so a write that is repeated because its answer was lost removes nothing else.
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

    /// Lets other senders take the lane.
    pub fn release(&mut self) {
        self.lease = None;
    }

    /// Records a failure and when to try again: after the time that the destination asked for, plus pauses that grow
    /// with each failure. `random` spreads senders that failed at the same time.
    pub fn back_off(&mut self, now: Timestamp, asked: Option<i64>, random: u128) {
        self.failures = self.failures.saturating_add(1);
        let longest = FIRST_PAUSE_SECONDS.saturating_mul(1 << self.failures.min(16)).min(LONGEST_PAUSE_SECONDS);
        let part = i64::try_from(random % 1_000).unwrap_or_default();
        let pause = longest / 2 + longest * part / 2_000;
        self.due = now.plus_seconds(asked.unwrap_or(0).clamp(0, MAX_ENTRY_AGE_SECONDS) + pause);
        self.release();
    }

    /// The number of entries at the front that are too old to be tried again.
    pub fn expired_count(&self, now: Timestamp) -> usize {
        self.pending.iter().take_while(|entry| entry.since.plus_seconds(MAX_ENTRY_AGE_SECONDS) <= now).count()
    }
}

/// Entries are much alike: a thousand of them take about 20 kB when packed, and a write is paid for by the kilobyte.
const COMPRESSION_LEVEL: i32 = 3;
/// Maximum size after unpacking, in bytes. A thousand entries have about 300 kB.
const MAX_UNPACKED_BYTES: usize = 4 << 20;

/// The stored entries of a lane cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the entries of a lane cannot be read: {0}")]
pub struct BadEntries(String);

/// Packs entries into the stored form.
pub fn pack(entries: &[LaneEntry]) -> Vec<u8> {
    let json = serde_json::to_vec(entries).expect("entries have text keys only");
    zstd::bulk::compress(&json, COMPRESSION_LEVEL).expect("compressing into memory cannot fail")
}

/// Unpacks entries that [`pack`] packed.
pub fn unpack(packed: &[u8]) -> Result<Vec<LaneEntry>, BadEntries> {
    let json = zstd::bulk::decompress(packed, MAX_UNPACKED_BYTES).map_err(|error| BadEntries(error.to_string()))?;
    serde_json::from_slice(&json).map_err(|error| BadEntries(error.to_string()))
}

#[cfg(test)]
mod tests;
