//! The tables of queues and messages, and the operations on messages, each within one transaction.
//!
//! A message has a small row that every receive rewrites, and a row with its content that is never rewritten. Visible
//! messages are at the beginning of an index by queue and due time; everything else is accessed by row id. Ids grow
//! with the time of sending, so old messages have low ids.

use std::sync::atomic::{AtomicI64, Ordering};

use rusqlite::{Connection, params};

use super::message::{Draft, Extras};
use super::receipt::Receipt;

pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS queue (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        attributes TEXT NOT NULL,
        created INTEGER NOT NULL,
        modified INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS message (
        id INTEGER PRIMARY KEY,
        queue INTEGER NOT NULL,
        due INTEGER NOT NULL,
        sent INTEGER NOT NULL,
        receives INTEGER NOT NULL,
        first_receive INTEGER,
        size INTEGER NOT NULL,
        source INTEGER,
        uuid BLOB NOT NULL
    );
    CREATE INDEX IF NOT EXISTS message_due ON message(queue, due);
    CREATE TABLE IF NOT EXISTS content (
        id INTEGER PRIMARY KEY,
        body TEXT NOT NULL,
        extras TEXT
    );";

/// The bits of an id below the milliseconds: a million messages can be sent within one millisecond.
const ID_BITS: u32 = 20;

/// Assigns ids to messages. An id is never used twice, even after a restart, because a receipt of a deleted message
/// must not match a new one. Only the writer thread calls it.
pub(super) struct Ids(AtomicI64);

impl Ids {
    pub(super) fn load(c: &Connection) -> rusqlite::Result<Self> {
        let last = c.query_row("SELECT ifnull(max(id), 0) FROM message", [], |row| row.get(0))?;
        Ok(Self(AtomicI64::new(last)))
    }

    pub(super) fn next(&self, now: i64) -> i64 {
        let id = self.0.load(Ordering::Relaxed).saturating_add(1).max(now << ID_BITS);
        self.0.store(id, Ordering::Relaxed);
        id
    }
}

pub(super) fn insert(c: &Connection, ids: &Ids, queue: i64, now: i64, draft: &Draft) -> rusqlite::Result<()> {
    let id = ids.next(now);
    c.prepare_cached(
        "INSERT INTO message (id, queue, due, sent, receives, size, uuid) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6)",
    )?
    .execute(params![id, queue, now + draft.delay, now, draft.size, draft.uuid])?;
    c.prepare_cached("INSERT INTO content VALUES (?1, ?2, ?3)")?.execute(params![
        id,
        draft.body,
        draft.extras.to_column()
    ])?;
    Ok(())
}

/// The parameters of a receive.
#[derive(Clone)]
pub(super) struct Take {
    pub(super) queue: i64,
    pub(super) now: i64,
    /// The most messages to receive.
    pub(super) max: usize,
    /// The most bytes to receive; the first message is received whatever its size.
    pub(super) max_bytes: u64,
    /// Milliseconds until the messages are visible again.
    pub(super) visibility: i64,
    /// Messages that were sent before this time have expired.
    pub(super) oldest: i64,
    /// The dead-letter queue, and the number of receives after which a message goes there.
    pub(super) redrive: Option<(i64, u32)>,
}

/// The result of a receive.
#[derive(Default)]
pub(super) struct Taken {
    pub(super) messages: Vec<StoredMessage>,
    /// Whether any message went to the dead-letter queue.
    pub(super) moved: bool,
}

pub(super) struct StoredMessage {
    head: Head,
    pub(super) body: String,
    pub(super) extras: Extras,
}

struct Head {
    id: i64,
    queue: i64,
    due: i64,
    sent: i64,
    receives: u32,
    first_receive: i64,
    size: u64,
    source: Option<i64>,
    uuid: [u8; 16],
}

impl StoredMessage {
    pub(super) fn uuid(&self) -> String {
        crate::shared::uuid(self.head.uuid)
    }

    pub(super) fn receipt(&self) -> Receipt {
        Receipt { queue: self.head.queue, message: self.head.id, receive: self.head.receives }
    }

    pub(super) fn receives(&self) -> u32 {
        self.head.receives
    }

    pub(super) fn sent(&self) -> i64 {
        self.head.sent
    }

    pub(super) fn first_receive(&self) -> i64 {
        self.head.first_receive
    }

    /// The number of the queue from which the message came to this dead-letter queue, if any.
    pub(super) fn source(&self) -> Option<i64> {
        self.head.source
    }
}

/// Receives the messages that have been due longest. On the way it deletes expired messages, and moves those that were
/// received too often to the dead-letter queue.
pub(super) fn take(c: &Connection, take: &Take) -> rusqlite::Result<Taken> {
    let mut taken = Taken::default();
    let mut bytes = 0;
    let mut after = (i64::MIN, i64::MIN);
    while taken.messages.len() < take.max {
        let heads = visible(c, take, after, take.max - taken.messages.len())?;
        let Some(last) = heads.last() else { break };
        after = (last.due, last.id);
        for mut head in heads {
            if head.sent < take.oldest {
                delete_row(c, head.id)?;
                continue;
            }
            if let Some((target, max_receives)) = take.redrive
                && head.receives >= max_receives
            {
                c.prepare_cached("UPDATE message SET queue = ?2, due = ?3, source = ?4 WHERE id = ?1")?
                    .execute(params![head.id, target, take.now, take.queue])?;
                taken.moved = true;
                continue;
            }
            bytes += head.size;
            if bytes > take.max_bytes && !taken.messages.is_empty() {
                return Ok(taken);
            }
            head.receives += 1;
            c.prepare_cached("UPDATE message SET due = ?2, receives = ?3, first_receive = ?4 WHERE id = ?1")?
                .execute(params![head.id, take.now + take.visibility, head.receives, head.first_receive])?;
            taken.messages.push(with_content(c, head)?);
        }
        if take.visibility == 0 {
            // The received messages are visible at once, so another round would receive them again.
            break;
        }
    }
    Ok(taken)
}

fn visible(c: &Connection, take: &Take, after: (i64, i64), limit: usize) -> rusqlite::Result<Vec<Head>> {
    let mut select = c.prepare_cached(
        "SELECT id, due, sent, receives, first_receive, size, source, uuid FROM message
         WHERE queue = ?1 AND due <= ?2 AND (due, id) > (?3, ?4) ORDER BY due, id LIMIT ?5",
    )?;
    let heads = select.query_map(params![take.queue, take.now, after.0, after.1, limit], |row| {
        Ok(Head {
            id: row.get(0)?,
            queue: take.queue,
            due: row.get(1)?,
            sent: row.get(2)?,
            receives: row.get(3)?,
            first_receive: row.get::<_, Option<i64>>(4)?.unwrap_or(take.now),
            size: row.get(5)?,
            source: row.get(6)?,
            uuid: row.get(7)?,
        })
    })?;
    heads.collect()
}

fn with_content(c: &Connection, head: Head) -> rusqlite::Result<StoredMessage> {
    c.prepare_cached("SELECT body, extras FROM content WHERE id = ?1")?.query_row([head.id], |row| {
        let extras = Extras::from_column(row.get_ref(1)?.as_str_or_null()?);
        Ok(StoredMessage { head, body: row.get(0)?, extras })
    })
}

/// Deletes a message by the receipt of its latest receive. Returns false if it is gone or was received again.
pub(super) fn delete(c: &Connection, receipt: Receipt) -> rusqlite::Result<bool> {
    let deleted = c
        .prepare_cached("DELETE FROM message WHERE id = ?1 AND queue = ?2 AND receives = ?3")?
        .execute(params![receipt.message, receipt.queue, receipt.receive])?;
    if deleted > 0 {
        c.prepare_cached("DELETE FROM content WHERE id = ?1")?.execute([receipt.message])?;
    }
    Ok(deleted > 0)
}

fn delete_row(c: &Connection, id: i64) -> rusqlite::Result<()> {
    c.prepare_cached("DELETE FROM message WHERE id = ?1")?.execute([id])?;
    c.prepare_cached("DELETE FROM content WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// The result of a change of visibility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum VisibilityChange {
    Done,
    /// The message is visible already.
    NotInFlight,
    /// The message is gone, or was received again.
    NotFound,
}

pub(super) fn change_visibility(
    c: &Connection,
    receipt: Receipt,
    now: i64,
    visibility: i64,
) -> rusqlite::Result<VisibilityChange> {
    let mut select = c.prepare_cached("SELECT due FROM message WHERE id = ?1 AND queue = ?2 AND receives = ?3")?;
    let mut rows = select.query(params![receipt.message, receipt.queue, receipt.receive])?;
    let Some(row) = rows.next()? else { return Ok(VisibilityChange::NotFound) };
    let due: i64 = row.get(0)?;
    if due <= now {
        return Ok(VisibilityChange::NotInFlight);
    }
    drop(rows);
    c.prepare_cached("UPDATE message SET due = ?2 WHERE id = ?1")?
        .execute(params![receipt.message, now + visibility])?;
    Ok(VisibilityChange::Done)
}

/// Makes every message in flight visible at its old position, before messages that were sent later. Its count of
/// receives is kept. Returns how many messages have such a count.
pub(super) fn release(c: &Connection, queue: i64, now: i64) -> rusqlite::Result<u64> {
    c.prepare_cached("UPDATE message SET due = sent WHERE queue = ?1 AND due > ?2 AND receives > 0")?
        .execute(params![queue, now])?;
    c.prepare_cached("SELECT count(*) FROM message WHERE queue = ?1 AND receives > 0")?
        .query_row([queue], |row| row.get(0))
}

/// The due time of the next message; it may be in the past.
pub(super) fn next_due(c: &Connection, queue: i64) -> rusqlite::Result<Option<i64>> {
    c.prepare_cached("SELECT min(due) FROM message WHERE queue = ?1")?.query_row([queue], |row| row.get(0))
}

/// Counts the messages that are visible, in flight, and not yet due for the first time.
pub(super) fn count(c: &Connection, queue: i64, now: i64, oldest: i64) -> rusqlite::Result<[u64; 3]> {
    let visible = c
        .prepare_cached("SELECT count(*) FROM message WHERE queue = ?1 AND due <= ?2 AND id >= ?3")?
        .query_row(params![queue, now, oldest << ID_BITS], |row| row.get(0))?;
    let (in_flight, delayed) = c
        .prepare_cached(
            "SELECT count(*) FILTER (WHERE receives > 0), count(*) FILTER (WHERE receives = 0) FROM message
             WHERE queue = ?1 AND due > ?2 AND id >= ?3",
        )?
        .query_row(params![queue, now, oldest << ID_BITS], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok([visible, in_flight, delayed])
}

/// Deletes messages that were sent to the queue before `oldest`.
pub(super) fn expire(c: &Connection, queue: i64, oldest: i64) -> rusqlite::Result<usize> {
    // Searches by id, not by the queue's index: there are few old messages, but there may be many others.
    const OLD: &str = "FROM message WHERE id < ?1 AND +queue = ?2";
    let bound = params![oldest << ID_BITS, queue];
    c.prepare_cached(&format!("DELETE FROM content WHERE id IN (SELECT id {OLD})"))?.execute(bound)?;
    c.prepare_cached(&format!("DELETE {OLD}"))?.execute(bound)
}

/// Deletes all messages of the queue.
pub(super) fn purge(c: &Connection, queue: i64) -> rusqlite::Result<usize> {
    c.execute("DELETE FROM content WHERE id IN (SELECT id FROM message WHERE queue = ?1)", [queue])?;
    c.execute("DELETE FROM message WHERE queue = ?1", [queue])
}
