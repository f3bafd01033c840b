//! The set of queues, and the operations that the API and the event-source mapping share.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use parking_lot::RwLock;
use rusqlite::{Connection, params};
use tokio::sync::watch;

use super::attributes::Attributes;
use super::message::Draft;
use super::messages::{self, Ids, SCHEMA, Take, Taken, VisibilityChange};
use super::move_tasks::MoveTasks;
use super::receipt::Receipt;
use super::refusal::{Refusal, RefusalKind};
use crate::shared::clock::{from_ms, span_ms};
use crate::shared::directory::EngineStorage;
use crate::shared::fault::Fault;
use crate::shared::sqlite::{Options, Sqlite};
use crate::{Clock, Error};

/// How often expired messages are searched for, in milliseconds.
const SWEEP_EVERY: i64 = 60_000;

/// The queues by name. The writer thread adds a new one as soon as its row is committed.
type Queues = RwLock<BTreeMap<String, Arc<QueueState>>>;

pub(super) struct Engine {
    pub(super) database: Sqlite,
    pub(super) clock: Clock,
    pub(super) ids: Arc<Ids>,
    pub(super) moves: MoveTasks,
    queues: Arc<Queues>,
    /// When the last sweep began.
    swept: AtomicI64,
}

/// The part of a queue that is not in the database.
pub(super) struct QueueState {
    pub(super) id: i64,
    pub(super) name: String,
    /// Milliseconds since 1970.
    pub(super) created: i64,
    settings: RwLock<(Attributes, i64)>,
    /// Changes when a message may be due earlier than known before.
    signal: watch::Sender<()>,
}

impl QueueState {
    pub(super) fn attributes(&self) -> Attributes {
        self.settings.read().0.clone()
    }

    /// When the attributes were last set.
    pub(super) fn modified(&self) -> i64 {
        self.settings.read().1
    }

    pub(super) fn wake(&self) {
        self.signal.send_replace(());
    }

    fn oldest(&self, now: i64) -> i64 {
        let retention = self.settings.read().0.retention;
        now - i64::from(retention) * 1000
    }
}

impl Engine {
    pub(super) fn open(place: &EngineStorage, clock: Clock) -> Result<Self, Error> {
        let options = Options { file: "sqs.db", schema: SCHEMA, page_size: 16_384, group: 512, erase: true };
        let (database, (queues, ids)) = Sqlite::open_with(place, &options, |c| Ok((load(c)?, Ids::load(c)?)))?;
        Ok(Self {
            database,
            clock,
            ids: Arc::new(ids),
            moves: MoveTasks::default(),
            queues: Arc::new(RwLock::new(queues)),
            swept: AtomicI64::new(0),
        })
    }

    pub(super) fn find(&self, name: &str) -> Option<Arc<QueueState>> {
        self.queues.read().get(name).cloned()
    }

    pub(super) fn all(&self) -> Vec<Arc<QueueState>> {
        self.queues.read().values().cloned().collect()
    }

    /// Creates the queue, or returns the existing one.
    pub(super) async fn create(&self, name: String, attributes: Attributes) -> Result<Arc<QueueState>, Refusal> {
        let now = self.clock.now_ms();
        let text = to_column(&attributes)?;
        let (row, queues) = (name.clone(), Arc::clone(&self.queues));
        let insert = move |c: &Connection| -> Result<Option<Arc<QueueState>>, Refusal> {
            let made = c.execute(
                "INSERT OR IGNORE INTO queue (name, attributes, created, modified) VALUES (?1, ?2, ?3, ?3)",
                params![row, text, now],
            )?;
            Ok((made > 0).then(|| Arc::new(state(c.last_insert_rowid(), row, attributes, now, now))))
        };
        let enter = move |made: &Option<Arc<QueueState>>| {
            if let Some(made) = made {
                let mut queues = queues.write();
                queues.insert(made.name.clone(), Arc::clone(made));
            }
        };
        let made = self.database.write_then(insert, enter).await?;
        made.or_else(|| self.find(&name)).ok_or_else(Refusal::no_queue)
    }

    pub(super) async fn set_attributes(&self, queue: &QueueState, attributes: Attributes) -> Result<(), Refusal> {
        let (id, now, text) = (queue.id, self.clock.now_ms(), to_column(&attributes)?);
        self.database
            .write(move |c| -> Result<(), Refusal> {
                c.execute("UPDATE queue SET attributes = ?2, modified = ?3 WHERE id = ?1", params![id, text, now])?;
                Ok(())
            })
            .await?;
        *queue.settings.write() = (attributes, now);
        Ok(())
    }

    /// Stores the messages in one transaction, and wakes waiting receivers.
    pub(super) async fn send(&self, queue: &Arc<QueueState>, drafts: Vec<Draft>) -> Result<(), Fault> {
        let (id, now) = (queue.id, self.clock.now_ms());
        let ids = Arc::clone(&self.ids);
        let waked = Arc::clone(queue);
        let work = move |c: &Connection| {
            for draft in &drafts {
                messages::insert(c, &ids, id, now, draft)?;
            }
            Ok(())
        };
        self.database.write_then(work, move |()| waked.wake()).await
    }

    /// Receives the messages that are visible now; possibly none.
    pub(super) async fn receive(
        &self,
        queue: &QueueState,
        max: usize,
        max_bytes: u64,
        visibility: Duration,
    ) -> Result<Taken, Fault> {
        let now = self.clock.now_ms();
        let dead_letters = queue.attributes().redrive.and_then(|redrive| {
            // It existed when the policy was set, and queues are never deleted.
            Some((self.find(&redrive.target)?, redrive.max_receives))
        });
        let take = Take {
            queue: queue.id,
            now,
            max,
            max_bytes,
            visibility: span_ms(visibility),
            oldest: queue.oldest(now),
            redrive: dead_letters.as_ref().map(|(target, max_receives)| (target.id, *max_receives)),
        };
        let expired = self.begin_sweep(now);
        let work = move |c: &Connection| {
            for (queue, oldest) in expired {
                messages::expire(c, queue, oldest)?;
            }
            Ok(messages::take(c, &take)?)
        };
        let after = move |taken: &Taken| {
            if let Some((target, _)) = dead_letters
                && taken.moved
            {
                target.wake();
            }
        };
        self.database.write_then(work, after).await
    }

    /// Waits until a message may be visible (returns true) or until `deadline` (returns false).
    pub(super) async fn wait(&self, queue: &QueueState, deadline: Option<SystemTime>) -> Result<bool, Fault> {
        // Subscribe before the first look, so that later sends are noticed.
        let mut signal = queue.signal.subscribe();
        let id = queue.id;
        loop {
            let due = self.database.read(move |c| Ok::<_, Fault>(messages::next_due(c, id)?)).await?;
            let due = due.map(from_ms);
            let now = self.clock.now();
            if due.is_some_and(|due| due <= now) {
                return Ok(true);
            }
            if deadline.is_some_and(|deadline| deadline <= now) {
                return Ok(false);
            }
            let timer = async {
                match due.into_iter().chain(deadline).min() {
                    Some(time) => self.clock.sleep_until(time).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                // Fails only if the sender is gone, but `queue` holds it.
                _ = signal.changed() => {}
                () = timer => {}
            }
        }
    }

    pub(super) async fn delete(&self, receipts: Vec<Receipt>) -> Result<u64, Fault> {
        let work = move |c: &Connection| {
            let mut deleted = 0;
            for receipt in receipts {
                deleted += u64::from(messages::delete(c, receipt)?);
            }
            Ok(deleted)
        };
        self.database.write(work).await
    }

    pub(super) async fn change_visibility(
        &self,
        queue: &Arc<QueueState>,
        changes: Vec<(Receipt, Duration)>,
    ) -> Result<Vec<VisibilityChange>, Fault> {
        let now = self.clock.now_ms();
        let waked = Arc::clone(queue);
        let work = move |c: &Connection| {
            let change = |(receipt, visibility)| messages::change_visibility(c, receipt, now, span_ms(visibility));
            Ok(changes.into_iter().map(change).collect::<rusqlite::Result<Vec<_>>>()?)
        };
        self.database.write_then(work, move |_| waked.wake()).await
    }

    pub(super) async fn release(&self, queue: &Arc<QueueState>) -> Result<u64, Fault> {
        let (id, now, waked) = (queue.id, self.clock.now_ms(), Arc::clone(queue));
        self.database.write_then(move |c| Ok(messages::release(c, id, now)?), move |_| waked.wake()).await
    }

    /// The numbers of messages that are visible, in flight, and delayed.
    pub(super) async fn count(&self, queue: &QueueState) -> Result<[u64; 3], Fault> {
        let now = self.clock.now_ms();
        let (id, oldest) = (queue.id, queue.oldest(now));
        self.database.read(move |c| Ok(messages::count(c, id, now, oldest)?)).await
    }

    /// If it is time for a sweep, returns every queue and the time before which its messages have expired.
    fn begin_sweep(&self, now: i64) -> Vec<(i64, i64)> {
        let last = self.swept.load(Ordering::Relaxed);
        if now - last < SWEEP_EVERY
            || self.swept.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_err()
        {
            return Vec::new();
        }
        self.all().iter().map(|queue| (queue.id, queue.oldest(now))).collect()
    }
}

fn state(id: i64, name: String, attributes: Attributes, created: i64, modified: i64) -> QueueState {
    QueueState { id, name, created, settings: RwLock::new((attributes, modified)), signal: watch::Sender::new(()) }
}

fn to_column(attributes: &Attributes) -> Result<String, Refusal> {
    serde_json::to_string(attributes).map_err(|e| Refusal::new(RefusalKind::Internal, e.to_string()))
}

fn load(c: &Connection) -> rusqlite::Result<BTreeMap<String, Arc<QueueState>>> {
    let mut select = c.prepare("SELECT id, name, attributes, created, modified FROM queue")?;
    let queues = select.query_map([], |row| {
        let attributes = serde_json::from_str(row.get_ref(2)?.as_str()?)
            .map_err(|e| rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, e.into()))?;
        let name: String = row.get(1)?;
        Ok((name.clone(), Arc::new(state(row.get(0)?, name, attributes, row.get(3)?, row.get(4)?))))
    })?;
    queues.collect()
}
