//! The SQLite database of an engine. One thread writes and commits many operations at once; reads run in parallel.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::directory::EngineStorage;
use super::fault::Fault;
use super::writer::Writer;
use crate::Error;

/// How large the journal gets before it is moved into the file, in bytes.
const CHECKPOINT_BYTES: u32 = 32 << 20;
/// The number of read connections. More would only share the same two or four cores.
const READERS: usize = 4;

/// A database. Clones share it. Dropping the last one waits until all pending writes are committed and the file is
/// closed.
#[derive(Clone)]
pub(crate) struct Sqlite {
    // Dropped before the writer, so that the writer's connection is the last one, and closing it moves the journal into
    // the file. `None` in memory, where a second connection would see another, empty database; the writer then also
    // reads.
    readers: Option<Arc<Readers>>,
    writer: Arc<Writer>,
}

/// The options for opening a database.
pub(crate) struct Options {
    /// The name of the file in the data directory.
    pub(crate) file: &'static str,
    /// `CREATE … IF NOT EXISTS` statements.
    pub(crate) schema: &'static str,
    /// The page size in bytes. Larger pages suit larger rows. It has an effect only on a new file.
    pub(crate) page_size: u32,
    /// The most operations that share a commit.
    pub(crate) group: usize,
    /// Whether deleted or replaced data is overwritten in the file. Costs an additional write.
    pub(crate) erase: bool,
}

impl Sqlite {
    pub(crate) fn open(place: &EngineStorage, options: &Options) -> Result<Self, Error> {
        Self::open_with(place, options, |_| Ok(())).map(|(database, ())| database)
    }

    /// Opens the database, and loads from it what the engine keeps in memory.
    pub(crate) fn open_with<T>(
        place: &EngineStorage,
        options: &Options,
        load: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<(Self, T), Error> {
        let (path, held) = match place {
            EngineStorage::Directory(directory) => (Some(directory.file(options.file)), Some(directory.clone())),
            EngineStorage::Memory => (None, None),
        };
        let shown = path.clone().unwrap_or_else(|| PathBuf::from(":memory:"));
        let fail = |e: rusqlite::Error| Error::Open { path: shown.clone(), reason: e.to_string() };

        let connection = connect(path.as_deref()).map_err(fail)?;
        prepare_writer(&connection, options).map_err(fail)?;
        let loaded = load(&connection).map_err(fail)?;
        let readers = match &path {
            Some(path) => Some(Arc::new(Readers::open(path).map_err(fail)?)),
            None => None,
        };
        let writer = Writer::start(options.file, options.group, connection, held).map_err(|e| Error::io(&shown, e))?;
        Ok((Self { readers, writer: Arc::new(writer) }, loaded))
    }

    /// Runs `work` on the writer thread, in one transaction with other waiting operations, and returns when it is on
    /// disk. If `work` fails or panics, only its own statements are undone.
    pub(crate) async fn write<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
    {
        self.write_then(work, |_| {}).await
    }

    /// Like [`Self::write`], and runs `after` on the writer thread once the commit is done, even if the caller does not
    /// wait for the answer any more. So waiters are always notified of new data.
    pub(crate) async fn write_then<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        after: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
    {
        self.writer.run(work, after).await
    }

    /// Returns free pages to the file system, and empties the journal. Returns how many bytes were freed. Does nothing
    /// in memory.
    pub(crate) async fn reclaim(&self) -> Result<u64, Fault> {
        let Some(readers) = &self.readers else { return Ok(0) };
        let mut bytes = 0;
        loop {
            match self.write(|c| Ok::<_, Fault>(reclaim_step(c)?)).await? {
                0 => break,
                step => bytes += step,
            }
        }
        let path = readers.path.clone();
        let emptied = tokio::task::spawn_blocking(move || empty_journal(&path));
        emptied.await.map_err(|_| Fault::Stopped)??;
        Ok(bytes)
    }

    /// Runs `work` on a read connection, in one snapshot. It sees every commit that was answered before the call.
    pub(crate) async fn read<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
    {
        match &self.readers {
            Some(readers) => readers.run(work).await,
            None => self.write(work).await,
        }
    }
}

/// How many pages are freed at once, so that other operations can run in between.
pub(crate) const RECLAIM_STEP: u32 = 256;

/// Returns some free pages to the file system. Returns how many bytes that were.
pub(crate) fn reclaim_step(c: &Connection) -> rusqlite::Result<u64> {
    let number = |name: &str| c.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    let before = number("freelist_count")?;
    if before == 0 {
        return Ok(0);
    }
    // The statement frees one page with each step.
    let mut vacuum = c.prepare(&format!("PRAGMA incremental_vacuum({RECLAIM_STEP})"))?;
    let mut rows = vacuum.query([])?;
    while rows.next()?.is_some() {}
    drop(rows);
    Ok(before.saturating_sub(number("freelist_count")?) * number("page_size")?)
}

/// How long emptying a journal waits for readers. Writers wait with it. A backup reads for longer: then the journal is
/// emptied the next time.
pub(crate) const CHECKPOINT_PATIENCE: Duration = Duration::from_secs(1);

/// Moves the journal of the database into its file and empties it, unless somebody reads it for a long time.
pub(crate) fn empty_journal(path: &Path) -> rusqlite::Result<()> {
    let connection = connect(Some(path))?;
    connection.busy_timeout(CHECKPOINT_PATIENCE)?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    fn open(path: &Path) -> rusqlite::Result<Self> {
        let idle = (0..READERS)
            .map(|_| {
                let connection = connect(Some(path))?;
                connection.pragma_update(None, "query_only", true)?;
                Ok(connection)
            })
            .collect::<rusqlite::Result<Vec<_>>>()?;
        Ok(Self { path: path.to_owned(), idle: Mutex::new(idle), permits: Arc::new(Semaphore::new(READERS)) })
    }

    async fn run<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| Fault::Stopped)?;
        let readers = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let lent = Lent::take(&readers)?;
            let snapshot = lent.connection()?.unchecked_transaction().map_err(Fault::from)?;
            work(&snapshot)
        });
        done.await.unwrap_or_else(|join| Err(if join.is_panic() { Fault::Panicked } else { Fault::Stopped }.into()))
    }
}

/// A read connection that returns to the pool, even if the work panics.
struct Lent<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl<'a> Lent<'a> {
    fn take(readers: &'a Readers) -> Result<Self, Fault> {
        let connection = readers.idle.lock().pop();
        Ok(Self { readers, connection })
    }

    fn connection(&self) -> Result<&Connection, Fault> {
        // There are as many permits as connections, so one is idle.
        self.connection.as_ref().ok_or(Fault::Stopped)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.readers.idle.lock().extend(self.connection.take());
    }
}

fn connect(path: Option<&Path>) -> rusqlite::Result<Connection> {
    let connection = match path {
        Some(path) => Connection::open(path)?,
        None => Connection::open_in_memory()?,
    };
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Uses WAL, so that readers do not wait for the writer, and FULL, so that each commit is synced before it is answered.
fn prepare_writer(connection: &Connection, options: &Options) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", options.page_size)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    // A page cache of 16 MiB, for the hot ends of the indexes.
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Pages that are written again and again during a storm are moved into the file once for each 32 MiB of journal.
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_BYTES / options.page_size)?;
    // A journal that grew during a storm is truncated to 64 MiB.
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    connection.pragma_update(None, "secure_delete", options.erase)?;
    connection.execute_batch(options.schema)
}
