//! The table of stream records, used over a second connection.
//!
//! On every write to a table with a stream, dynoxide 3.2 asks for the greatest sequence number, with a cast for which
//! it has no index, and it never deletes a record. So writes get ever slower (from 1,776 to 22 a second at 100,000
//! records). With indexes on the same expression, and with trimming, they stay as fast as at the beginning.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use rusqlite::{Connection, params};

use crate::Error;
use crate::shared::clock::to_ms;
use crate::shared::random;
use crate::shared::sqlite::{CHECKPOINT_PATIENCE, reclaim_step};

/// dynoxide creates the table when it first opens the file.
const INDEXES: &str = "
    CREATE INDEX IF NOT EXISTS faultline_stream_sequence
        ON _stream_records(table_name, CAST(sequence_number AS INTEGER));
    CREATE INDEX IF NOT EXISTS faultline_stream_shard
        ON _stream_records(table_name, shard_id, CAST(sequence_number AS INTEGER));
    CREATE INDEX IF NOT EXISTS faultline_stream_age
        ON _stream_records(created_at);";

/// The number of records deleted at once. Other requests wait a few milliseconds for that.
const TRIM_STEP: u32 = 1000;

/// How long to wait for a lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// SQLite's level FULL, as returned by `PRAGMA synchronous`.
const FULL: i64 = 2;

/// A path for a database in memory that only the two connections of this engine share.
pub(super) fn memory_path() -> Result<PathBuf, Error> {
    let name = random::<8>().map_err(|e| Error::failed("dynamo", e))?;
    // The `memdb` file system of SQLite: a name with a slash is shared within the process.
    Ok(format!("file:/faultline-{}?vfs=memdb", hex::encode(name)).into())
}

pub(super) struct Records(Mutex<Connection>);

impl Records {
    /// Opens the second connection, adds the indexes, and checks the settings that dynoxide relies on.
    pub(super) fn open(path: &str) -> Result<Self, String> {
        let connection = prepare(path).map_err(|e| e.to_string())?;
        let level: i64 =
            connection.pragma_query_value(None, "synchronous", |row| row.get(0)).map_err(|e| e.to_string())?;
        if level != FULL {
            return Err(format!(
                "SQLite was built with synchronous={level} as its default, but dynoxide needs {FULL} (FULL)"
            ));
        }
        Ok(Self(Mutex::new(connection)))
    }

    /// Deletes some of the records written before `older_than`. Returns 0 when none are left. Keeps the newest record,
    /// because dynoxide numbers the next one after it, and readers of the stream continue after a number.
    pub(super) fn trim(&self, older_than: SystemTime) -> rusqlite::Result<u64> {
        let connection = self.0.lock();
        let trimmed = connection.execute(
            "DELETE FROM _stream_records
             WHERE id IN (SELECT id FROM _stream_records
                          WHERE created_at < ?1 AND id < (SELECT MAX(id) FROM _stream_records) LIMIT ?2)",
            params![to_ms(older_than) / 1000, TRIM_STEP],
        )?;
        Ok(trimmed as u64)
    }
}

impl Records {
    /// Returns some free pages to the file system. Returns how many bytes that were.
    pub(super) fn reclaim(&self) -> rusqlite::Result<u64> {
        reclaim_step(&self.0.lock())
    }

    /// Moves the journal into the database file and empties it, unless somebody reads it for a long time.
    pub(super) fn empty_journal(&self) -> rusqlite::Result<()> {
        let connection = self.0.lock();
        connection.busy_timeout(CHECKPOINT_PATIENCE)?;
        let emptied = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        connection.busy_timeout(BUSY_TIMEOUT)?;
        emptied
    }
}

fn prepare(path: &str) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch(INDEXES)?;
    Ok(connection)
}
