//! Moves dead letters back to their queues, as new messages.

use std::sync::Arc;

use rusqlite::{Connection, params};

use super::engine::{Engine, QueueState};
use super::messages::Ids;
use super::move_tasks::MoveTask;
use crate::shared::fault::Fault;
use crate::shared::random;

/// How many messages are moved in one transaction.
const MOVE_STEP: usize = 500;

impl Engine {
    /// Moves the visible messages of `source` to `target`, or back to the queues they came from. As in AWS, they get
    /// new ids, a new count of receives and a new retention. Messages that did not come from another queue stay.
    pub(super) async fn move_messages(
        &self,
        source: &QueueState,
        target: Option<Arc<QueueState>>,
    ) -> Result<(), Fault> {
        let started = self.clock.now_ms();
        let mut task = MoveTask {
            source: source.name.clone(),
            target: target.as_ref().map(|t| t.name.clone()),
            started,
            moved: 0,
        };
        let queue = source.id;
        loop {
            let (ids, to, waked) = (Arc::clone(&self.ids), target.as_ref().map(|target| target.id), self.all());
            let now = self.clock.now_ms();
            let moved = self
                .database
                .write_then(
                    move |c| Ok::<_, Fault>(step(c, &ids, queue, to, started, now)?),
                    move |moved| {
                        if *moved > 0 {
                            waked.iter().for_each(|queue| queue.wake());
                        }
                    },
                )
                .await?;
            task.moved += moved;
            if moved == 0 {
                self.moves.add(task);
                return Ok(());
            }
        }
    }
}

/// Moves some of the messages that were due when the task began. Returns 0 when none are left.
fn step(c: &Connection, ids: &Ids, queue: i64, target: Option<i64>, started: i64, now: i64) -> rusqlite::Result<u64> {
    let found = c
        .prepare_cached(
            "SELECT id, ifnull(?2, source) FROM message
             WHERE queue = ?1 AND due <= ?3 AND ifnull(?2, source) IS NOT NULL ORDER BY due, id LIMIT ?4",
        )?
        .query_map(params![queue, target, started, MOVE_STEP], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(i64, i64)>>>()?;
    for &(id, target) in &found {
        let new_id = ids.next(now);
        let uuid: [u8; 16] = random().map_err(|e| rusqlite::Error::ToSqlConversionFailure(e.into()))?;
        c.prepare_cached(
            "UPDATE message
             SET id = ?2, queue = ?3, due = ?4, sent = ?4, receives = 0, first_receive = NULL, source = NULL, uuid = ?5
             WHERE id = ?1",
        )?
        .execute(params![id, new_id, target, now, uuid])?;
        c.prepare_cached("UPDATE content SET id = ?2 WHERE id = ?1")?.execute(params![id, new_id])?;
    }
    Ok(found.len() as u64)
}
