//! The rows of the database: items, entries of indexes, records of streams, and the tokens of transactions.

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::value::RawValue;

use super::refusal::{DynamoRefusal, RefusalKind};
use super::table::{ItemKey, Table};
use super::value::{Item, Value, item_size};

/// Keys are blobs, so that they sort by their bytes, and so that the end of a range can be any bytes. Items are the JSON
/// of the API. They are in the order in which they were created, and only their index is in the order of keys: new keys
/// are in random places, and a commit writes a page of 4 kB for each place. `expires` is the hour since 1970 at which an
/// item expires: if an update leaves it, its index need not change.
pub(super) const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS tables (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        definition TEXT NOT NULL,
        trimmed INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE IF NOT EXISTS items (
        id INTEGER PRIMARY KEY,
        table_id INTEGER NOT NULL,
        pk BLOB NOT NULL,
        sk BLOB NOT NULL,
        expires INTEGER,
        size INTEGER NOT NULL,
        item BLOB NOT NULL
    );
    CREATE UNIQUE INDEX IF NOT EXISTS item_keys ON items (table_id, pk, sk);
    CREATE INDEX IF NOT EXISTS expiring ON items (table_id, expires) WHERE expires IS NOT NULL;
    CREATE TABLE IF NOT EXISTS entries (
        index_id INTEGER NOT NULL,
        ipk BLOB NOT NULL,
        isk BLOB NOT NULL,
        pk BLOB NOT NULL,
        sk BLOB NOT NULL,
        PRIMARY KEY (index_id, ipk, isk, pk, sk)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS records (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        table_id INTEGER NOT NULL,
        at INTEGER NOT NULL,
        pk BLOB NOT NULL,
        sk BLOB NOT NULL,
        new BLOB,
        old BLOB,
        expired INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS tokens (
        token TEXT PRIMARY KEY,
        at INTEGER NOT NULL,
        actions INTEGER NOT NULL
    ) WITHOUT ROWID;";

/// DynamoDB's limit of the bytes of an item.
const MAX_ITEM: usize = 400 << 10;
const SECONDS_PER_HOUR: i64 = 3600;

/// An item as it is stored.
#[derive(Clone, Debug)]
pub(super) struct StoredItem {
    /// The number of its row; 0 before it is written.
    id: i64,
    pub(super) json: Vec<u8>,
    /// The number of bytes that DynamoDB counts.
    pub(super) size: usize,
    expires: Option<i64>,
}

impl StoredItem {
    /// # Errors
    /// If the item is too large.
    pub(super) fn of(table: &Table, item: &Item) -> Result<Self, DynamoRefusal> {
        let size = item_size(item);
        if size > MAX_ITEM {
            return Err(DynamoRefusal::validation("Item size has exceeded the maximum allowed size"));
        }
        Ok(Self { id: 0, json: serde_json::to_vec(item)?, size, expires: expiry_hour(table, item) })
    }

    pub(super) fn read(&self) -> Result<Item, DynamoRefusal> {
        Ok(serde_json::from_slice(&self.json)?)
    }
}

/// The hour since 1970 at which the item expires.
fn expiry_hour(table: &Table, item: &Item) -> Option<i64> {
    expiry(table, item).map(|seconds| seconds / SECONDS_PER_HOUR)
}

/// The second since 1970 at which the item expires.
pub(super) fn expiry(table: &Table, item: &Item) -> Option<i64> {
    match item.get(table.expiry.as_ref()?) {
        Some(Value::N(seconds)) => seconds.as_seconds(),
        _ => None,
    }
}

/// Notes for all items when they expire, after the table's attribute for that has changed.
pub(super) fn renew_expiry(c: &Connection, table: &Table) -> Result<(), DynamoRefusal> {
    let mut select = c.prepare("SELECT id, item FROM items WHERE table_id = ?1")?;
    let mut update = c.prepare("UPDATE items SET expires = ?2 WHERE id = ?1")?;
    let rows = select.query_map([table.id], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (id, json) in rows.collect::<Result<Vec<(i64, Vec<u8>)>, _>>()? {
        let item = serde_json::from_slice(&json)?;
        update.execute(params![id, expiry_hour(table, &item)])?;
    }
    Ok(())
}

pub(super) fn get(c: &Connection, table: &Table, key: &ItemKey) -> Result<Option<StoredItem>, DynamoRefusal> {
    let mut select =
        c.prepare_cached("SELECT id, item, size, expires FROM items WHERE table_id = ?1 AND pk = ?2 AND sk = ?3")?;
    let row = select.query_row(params![table.id, key.partition.as_bytes(), key.sort.as_bytes()], |row| {
        let size = row.get::<_, i64>(2)? as usize;
        Ok(StoredItem { id: row.get(0)?, json: row.get(1)?, size, expires: row.get(3)? })
    });
    Ok(row.optional()?)
}

/// The change of an item: what was stored before and what is stored after it.
pub(super) struct Change<'a> {
    pub(super) table: &'a Table,
    pub(super) key: &'a ItemKey,
    pub(super) old: Option<&'a Images>,
    pub(super) new: Option<&'a Images>,
    /// The time, in milliseconds since 1970.
    pub(super) at: i64,
    /// Whether the item is removed because its time is over.
    pub(super) is_expiry: bool,
}

/// An item in both forms: as it is stored, and its attributes.
pub(super) struct Images {
    pub(super) stored: StoredItem,
    pub(super) item: Item,
}

impl Images {
    pub(super) fn get(c: &Connection, table: &Table, key: &ItemKey) -> Result<Option<Self>, DynamoRefusal> {
        let Some(stored) = get(c, table, key)? else { return Ok(None) };
        Ok(Some(Self { item: stored.read()?, stored }))
    }

    pub(super) fn of(table: &Table, item: Item) -> Result<Self, DynamoRefusal> {
        Ok(Self { stored: StoredItem::of(table, &item)?, item })
    }
}

impl Change<'_> {
    /// Writes the item, its entries of indexes, and a record of the stream. Writes nothing if nothing changes.
    pub(super) fn write(&self, c: &Connection) -> Result<(), DynamoRefusal> {
        let Self { table, key, old, new, .. } = self;
        match (old, new) {
            (None, None) => return Ok(()),
            (Some(old), Some(new)) if old.stored.json == new.stored.json => return Ok(()),
            (None, Some(Images { stored: new, .. })) => {
                let mut insert = c.prepare_cached(
                    "INSERT INTO items (table_id, pk, sk, expires, size, item) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )?;
                let (pk, sk) = (key.partition.as_bytes(), key.sort.as_bytes());
                insert.execute(params![table.id, pk, sk, new.expires, new.size as i64, new.json])?;
            }
            (Some(Images { stored: old, .. }), Some(Images { stored: new, .. })) if old.expires == new.expires => {
                let mut update = c.prepare_cached("UPDATE items SET size = ?2, item = ?3 WHERE id = ?1")?;
                update.execute(params![old.id, new.size as i64, new.json])?;
            }
            (Some(Images { stored: old, .. }), Some(Images { stored: new, .. })) => {
                let mut update =
                    c.prepare_cached("UPDATE items SET expires = ?2, size = ?3, item = ?4 WHERE id = ?1")?;
                update.execute(params![old.id, new.expires, new.size as i64, new.json])?;
            }
            (Some(Images { stored: old, .. }), None) => {
                c.prepare_cached("DELETE FROM items WHERE id = ?1")?.execute([old.id])?;
            }
        }
        self.write_entries(c)?;
        self.write_record(c)
    }

    fn write_entries(&self, c: &Connection) -> Result<(), DynamoRefusal> {
        let (pk, sk) = (self.key.partition.as_bytes(), self.key.sort.as_bytes());
        for (id, index) in self.table.numbered_indexes() {
            let key = |images: Option<&Images>| images.map_or(Ok(None), |images| index.key_of(&images.item));
            let (old, new) = (key(self.old)?, key(self.new)?);
            if old == new {
                continue;
            }
            if let Some(old) = old {
                let mut delete = c.prepare_cached(
                    "DELETE FROM entries WHERE index_id = ?1 AND ipk = ?2 AND isk = ?3 AND pk = ?4 AND sk = ?5",
                )?;
                delete.execute(params![id, old.partition.as_bytes(), old.sort.as_bytes(), pk, sk])?;
            }
            if let Some(new) = new {
                let mut insert =
                    c.prepare_cached("INSERT INTO entries (index_id, ipk, isk, pk, sk) VALUES (?1, ?2, ?3, ?4, ?5)")?;
                insert.execute(params![id, new.partition.as_bytes(), new.sort.as_bytes(), pk, sk])?;
            }
        }
        Ok(())
    }

    fn write_record(&self, c: &Connection) -> Result<(), DynamoRefusal> {
        if self.table.stream.is_none() {
            return Ok(());
        }
        fn json<'a>(images: &Option<&'a Images>) -> Option<&'a [u8]> {
            images.map(|images| images.stored.json.as_slice())
        }
        let mut insert = c.prepare_cached(
            "INSERT INTO records (table_id, at, pk, sk, new, old, expired) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let (pk, sk) = (self.key.partition.as_bytes(), self.key.sort.as_bytes());
        insert.execute(params![self.table.id, self.at, pk, sk, json(&self.new), json(&self.old), self.is_expiry])?;
        Ok(())
    }
}

/// The position of an item in the order in which items expire: the hour, and the number of its row.
pub(super) type ExpiryPosition = (i64, i64);

/// The items that expire until the end of the hour of `now`, in milliseconds since 1970: those that follow `after`, at
/// most `limit`.
pub(super) fn expiring(
    c: &Connection,
    table: &Table,
    now: i64,
    after: ExpiryPosition,
    limit: u32,
) -> Result<Vec<(ExpiryPosition, ItemKey)>, DynamoRefusal> {
    let mut select = c.prepare_cached(
        "SELECT expires, id, pk, sk FROM items
         WHERE table_id = ?1 AND expires IS NOT NULL AND expires <= ?2 AND (expires, id) > (?3, ?4)
         ORDER BY expires, id LIMIT ?5",
    )?;
    let hour = now / 1000 / SECONDS_PER_HOUR;
    let mut rows = select.query(params![table.id, hour, after.0, after.1, limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let key = ItemKey { partition: text(row.get(2)?)?, sort: text(row.get(3)?)? };
        found.push(((row.get(0)?, row.get(1)?), key));
    }
    Ok(found)
}

/// Stored JSON, for an answer.
pub(super) fn raw(json: Vec<u8>) -> Result<Box<RawValue>, DynamoRefusal> {
    let text =
        String::from_utf8(json).map_err(|_| DynamoRefusal::new(RefusalKind::Internal, "a stored item is not UTF-8"))?;
    Ok(RawValue::from_string(text)?)
}

/// A key in a column.
pub(super) fn text(bytes: Vec<u8>) -> Result<String, DynamoRefusal> {
    String::from_utf8(bytes).map_err(|_| DynamoRefusal::new(RefusalKind::Internal, "a stored key is not UTF-8"))
}
