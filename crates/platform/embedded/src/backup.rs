//! Backups of a data directory, also while a process uses it, and restoring them.
//!
//! The databases refer to each other: a message of the inbox is deleted once its error is committed, and a commit refers
//! to segments that were stored before. So a backup has to contain all of them at one moment. [`copy`] takes the write
//! locks of all databases, begins to read each, and releases the locks. That takes milliseconds. Then it copies what
//! it sees, while writers go on. The result is what a power cut at that moment would have left, and the application
//! starts from that.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::Error;
use crate::shared::directory::{Directory, KEY_FILE, MANIFEST_FILE};
use crate::shared::manifest::{DATABASES, Manifest};

/// How long to wait for a write lock. Writers hold it for milliseconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// Copies the databases, the manifest and the key of `from` into the new directory `to`, as they are at one moment, and
/// also those of the files `others` that exist, which are copied first: their content may be older than the databases.
/// Returns the names of the copied files. Other users cannot access the copy.
///
/// If it fails, `to` is incomplete.
///
/// # Errors
/// [`Error::Missing`] if `from` is not a complete data directory, [`Error::Io`] or [`Error::Open`] with the file if one
/// cannot be read or written.
pub fn copy(from: &Path, to: &Path, others: &[&str]) -> Result<Vec<String>, Error> {
    DirBuilder::new().mode(0o700).create(to).map_err(|error| Error::io(to, error))?;
    let mut copied = Vec::new();
    for name in others.iter().copied().filter(|name| from.join(name).exists()).chain([MANIFEST_FILE, KEY_FILE]) {
        copy_file(&from.join(name), &to.join(name))?;
        copied.push(name.to_owned());
    }
    for snapshot in freeze(from)? {
        snapshot.copy(&to.join(snapshot.name))?;
        copied.push(snapshot.name.to_owned());
    }
    File::open(to).and_then(|dir| dir.sync_all()).map_err(|error| Error::io(to, error))?;
    Ok(copied)
}

/// Checks that `dir` has all files of a data directory, that they belong together, and that no page of its databases is
/// damaged. Reads everything.
///
/// # Errors
/// Names the first file that is missing, foreign or damaged. [`Error::InUse`] if a process uses the directory.
pub fn verify(dir: &Path) -> Result<(), Error> {
    if !dir.join(MANIFEST_FILE).exists() {
        return Err(Error::Missing { path: dir.join(MANIFEST_FILE) });
    }
    let directory = Directory::open(dir)?;
    Manifest::prepare(&directory)?;
    for (name, _) in DATABASES {
        let path = dir.join(name);
        let failed = |error: rusqlite::Error| Error::Open { path: path.clone(), reason: error.to_string() };
        let connection = Connection::open(&path).map_err(failed)?;
        let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
        if found != "ok" {
            return Err(Error::Open { path, reason: format!("it is damaged: {found}") });
        }
    }
    Ok(())
}

/// A database, as it was at one moment.
struct Snapshot {
    name: &'static str,
    /// Has an open read transaction, which keeps its view.
    connection: Connection,
}

/// Begins to read all databases at the same moment: between two commits of every writer.
fn freeze(from: &Path) -> Result<Vec<Snapshot>, Error> {
    let locks = DATABASES.map(|(name, _)| {
        let path = from.join(name);
        let lock = open(&path)?;
        run(&lock, &path, "BEGIN IMMEDIATE")?;
        Ok::<_, Error>((path, lock))
    });
    let locks = locks.into_iter().collect::<Result<Vec<_>, _>>()?;
    let begin = |(name, path): (&'static str, PathBuf)| {
        let connection = open(&path)?;
        // `BEGIN` alone does not choose the moment; reading does.
        run(&connection, &path, "BEGIN; SELECT COUNT(*) FROM sqlite_schema")?;
        Ok(Snapshot { name, connection })
    };
    let paths = DATABASES.iter().zip(&locks).map(|((name, _), (path, _))| (*name, path.clone()));
    let snapshots = paths.map(begin).collect::<Result<Vec<_>, Error>>()?;
    for (path, lock) in &locks {
        run(lock, path, "ROLLBACK")?;
    }
    Ok(snapshots)
}

impl Snapshot {
    fn copy(&self, to: &Path) -> Result<(), Error> {
        let wrong = |error: rusqlite::Error| Error::Open { path: to.to_owned(), reason: error.to_string() };
        create(to)?;
        let mut target = Connection::open(to).map_err(wrong)?;
        // Synced once, at the end.
        target.pragma_update(None, "synchronous", "OFF").map_err(wrong)?;
        let copy = Backup::new(&self.connection, &mut target).map_err(wrong)?;
        // All pages at once: the source is a snapshot, which keeps nobody from writing.
        match copy.step(-1).map_err(wrong)? {
            StepResult::Done => {}
            _ => return Err(Error::Open { path: to.to_owned(), reason: "another process has it open".to_owned() }),
        }
        drop(copy);
        target.close().map_err(|(_, error)| wrong(error))?;
        File::open(to).and_then(|file| file.sync_all()).map_err(|error| Error::io(to, error))
    }
}

/// Opens an existing database. A read-only connection could not open one whose journal has to be recovered.
fn open(path: &Path) -> Result<Connection, Error> {
    if !path.exists() {
        return Err(Error::Missing { path: path.to_owned() });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let failed = |error: rusqlite::Error| Error::Open { path: path.to_owned(), reason: error.to_string() };
    let connection = Connection::open_with_flags(path, flags).map_err(failed)?;
    connection.busy_timeout(PATIENCE).map_err(failed)?;
    Ok(connection)
}

fn run(connection: &Connection, path: &Path, sql: &str) -> Result<(), Error> {
    let done = connection.execute_batch(sql);
    done.map_err(|error| Error::Open { path: path.to_owned(), reason: error.to_string() })
}

fn create(path: &Path) -> Result<File, Error> {
    let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|error| Error::io(path, error))
}

fn copy_file(from: &Path, to: &Path) -> Result<(), Error> {
    let mut bytes = Vec::new();
    let read = File::open(from).and_then(|mut file| file.read_to_end(&mut bytes));
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Error::Missing { path: from.to_owned() }),
        read => read.map_err(|error| Error::io(from, error))?,
    };
    let mut file = create(to)?;
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(|error| Error::io(to, error))
}
