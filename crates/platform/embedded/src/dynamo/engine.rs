//! The tables, and the database that all operations share.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::refusal::{DynamoRefusal, RefusalKind};
use super::rows::{Change, ExpiryPosition, Images, SCHEMA, expiring, expiry, renew_expiry};
use super::table::Table;
use crate::shared::directory::EngineStorage;
use crate::shared::sqlite::{Options, Sqlite};
use crate::{Clock, Error};

/// How many expired items are deleted in one commit, so that other operations can run in between.
const SWEEP_STEP: u32 = 100;
/// How many records of streams are deleted in one commit.
const TRIM_STEP: u32 = 1000;
/// How long the token of a transaction is remembered, in milliseconds.
const TOKEN_LIFE: i64 = 600_000;

/// The tables by name. The writer thread changes them as soon as their rows are committed.
type Tables = RwLock<BTreeMap<String, Arc<Table>>>;

pub(super) struct Engine {
    pub(super) database: Sqlite,
    pub(super) clock: Clock,
    tables: Arc<Tables>,
}

impl Engine {
    pub(super) fn open(place: &EngineStorage, clock: Clock) -> Result<Self, Error> {
        let options = Options { file: "dynamo.db", schema: SCHEMA, page_size: 4096, group: 512, erase: true };
        let (database, tables) = Sqlite::open_with(place, &options, load)?;
        Ok(Self { database, clock, tables: Arc::new(RwLock::new(tables)) })
    }

    pub(super) fn table(&self, name: &str) -> Result<Arc<Table>, DynamoRefusal> {
        self.tables.read().get(name).cloned().ok_or_else(DynamoRefusal::no_table)
    }

    pub(super) fn tables(&self) -> Vec<Arc<Table>> {
        self.tables.read().values().cloned().collect()
    }

    /// Creates a table, and returns it with its number.
    pub(super) async fn create(&self, mut table: Table) -> Result<Arc<Table>, DynamoRefusal> {
        let tables = Arc::clone(&self.tables);
        let insert = move |c: &Connection| -> Result<Arc<Table>, DynamoRefusal> {
            let definition = serde_json::to_string(&table)?;
            let insert = "INSERT OR IGNORE INTO tables (name, definition) VALUES (?1, ?2)";
            if c.execute(insert, params![table.name, definition])? == 0 {
                let message = format!("Table already exists: {}", table.name);
                return Err(DynamoRefusal::new(RefusalKind::ResourceInUse, message));
            }
            table.id = c.last_insert_rowid();
            Ok(Arc::new(table))
        };
        let enter = move |made: &Arc<Table>| {
            tables.write().insert(made.name.clone(), Arc::clone(made));
        };
        self.database.write_then(insert, enter).await
    }

    /// Sets the attribute with the time at which items expire, also for the items that exist.
    pub(super) async fn set_expiry(&self, table: &Table, attribute: Option<String>) -> Result<(), DynamoRefusal> {
        let (tables, table) = (Arc::clone(&self.tables), Table { expiry: attribute, ..table.clone() });
        let update = move |c: &Connection| -> Result<Arc<Table>, DynamoRefusal> {
            let definition = serde_json::to_string(&table)?;
            if c.execute("UPDATE tables SET definition = ?2 WHERE id = ?1", params![table.id, definition])? == 0 {
                return Err(DynamoRefusal::no_table());
            }
            renew_expiry(c, &table)?;
            Ok(Arc::new(table))
        };
        let enter = move |changed: &Arc<Table>| {
            tables.write().insert(changed.name.clone(), Arc::clone(changed));
        };
        self.database.write_then(update, enter).await.map(drop)
    }

    /// Deletes a table with all its items.
    pub(super) async fn drop_table(&self, table: Arc<Table>) -> Result<(), DynamoRefusal> {
        let (tables, name) = (Arc::clone(&self.tables), table.name.clone());
        let delete = move |c: &Connection| -> Result<(), DynamoRefusal> {
            for (id, _) in table.numbered_indexes() {
                c.execute("DELETE FROM entries WHERE index_id = ?1", [id])?;
            }
            c.execute("DELETE FROM items WHERE table_id = ?1", [table.id])?;
            c.execute("DELETE FROM records WHERE table_id = ?1", [table.id])?;
            c.execute("DELETE FROM tables WHERE id = ?1", [table.id])?;
            Ok(())
        };
        let leave = move |(): &()| {
            tables.write().remove(&name);
        };
        self.database.write_then(delete, leave).await
    }

    /// Deletes the items whose time is over. Returns how many there were.
    pub(super) async fn sweep(&self) -> Result<u64, DynamoRefusal> {
        let now = self.clock.now_ms();
        self.database.write(move |c| forget_tokens(c, now)).await?;
        let mut swept = 0;
        for table in self.tables().into_iter().filter(|table| table.expiry.is_some()) {
            let mut after = (i64::MIN, 0);
            loop {
                let (table, at) = (Arc::clone(&table), self.clock.now_ms());
                let (next, deleted) = self.database.write(move |c| sweep_step(c, &table, at, after)).await?;
                swept += deleted;
                match next {
                    Some(next) => after = next,
                    None => break,
                }
            }
        }
        Ok(swept)
    }

    /// Deletes the records of streams that were written before `older_than`, in milliseconds since 1970. Returns how
    /// many there were.
    pub(super) async fn trim(&self, older_than: i64) -> Result<u64, DynamoRefusal> {
        let mut trimmed = 0;
        loop {
            match self.database.write(move |c| trim_step(c, older_than)).await? {
                0 => return Ok(trimmed),
                step => trimmed += step,
            }
        }
    }
}

fn load(c: &Connection) -> rusqlite::Result<BTreeMap<String, Arc<Table>>> {
    let mut select = c.prepare("SELECT id, definition FROM tables")?;
    let tables = select.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
    let tables = tables.map(|row| {
        let (id, definition) = row?;
        let table: Table = serde_json::from_str(&definition).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error))
        })?;
        Ok((table.name.clone(), Arc::new(Table { id, ..table })))
    });
    tables.collect()
}

/// Deletes some expired items. Returns where to continue, unless all were looked at, and how many were deleted.
fn sweep_step(
    c: &Connection,
    table: &Table,
    at: i64,
    after: ExpiryPosition,
) -> Result<(Option<ExpiryPosition>, u64), DynamoRefusal> {
    let found = expiring(c, table, at, after, SWEEP_STEP)?;
    let mut deleted = 0;
    for (_, key) in &found {
        let Some(old) = Images::get(c, table, key)? else { continue };
        let now = at / 1000;
        if expiry(table, &old.item).is_some_and(|expires| expires < now) {
            Change { table, key, old: Some(&old), new: None, at, is_expiry: true }.write(c)?;
            deleted += 1;
        }
    }
    let is_last = found.len() < SWEEP_STEP as usize;
    let last = found.last().map(|(position, _)| *position);
    Ok((last.filter(|_| !is_last), deleted))
}

/// Deletes some of the oldest records, and notes up to which one each stream is trimmed.
fn trim_step(c: &Connection, older_than: i64) -> Result<u64, DynamoRefusal> {
    c.prepare_cached(
        "UPDATE tables SET trimmed = found.last FROM
             (SELECT table_id, MAX(number) AS last FROM
                 (SELECT number, table_id, at FROM records ORDER BY number LIMIT ?2) WHERE at < ?1 GROUP BY table_id)
             AS found
         WHERE tables.id = found.table_id",
    )?
    .execute(params![older_than, TRIM_STEP])?;
    let trimmed = c
        .prepare_cached(
            "DELETE FROM records WHERE number IN (SELECT number FROM records ORDER BY number LIMIT ?2) AND at < ?1",
        )?
        .execute(params![older_than, TRIM_STEP])?;
    Ok(trimmed as u64)
}

/// Whether the transaction with this token, and with actions of this hash, is done already. If not, notes that it is, in
/// the commit that does it.
pub(super) fn is_repeated(c: &Connection, token: &str, actions: i64, now: i64) -> Result<bool, DynamoRefusal> {
    let known = c
        .prepare_cached("SELECT at, actions FROM tokens WHERE token = ?1")?
        .query_row([token], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
    match known.optional()?.filter(|(at, _)| now - at < TOKEN_LIFE) {
        Some((_, known)) if known == actions => Ok(true),
        Some(_) => Err(DynamoRefusal::new(
            RefusalKind::IdempotentParameterMismatch,
            "The request uses the same client token as a previous, but non-identical request",
        )),
        None => {
            c.prepare_cached("INSERT OR REPLACE INTO tokens (token, at, actions) VALUES (?1, ?2, ?3)")?
                .execute(params![token, now, actions])?;
            Ok(false)
        }
    }
}

/// Forgets the tokens that are too old to be sent again.
fn forget_tokens(c: &Connection, now: i64) -> Result<(), DynamoRefusal> {
    c.prepare_cached("DELETE FROM tokens WHERE at <= ?1")?.execute([now - TOKEN_LIFE])?;
    Ok(())
}
