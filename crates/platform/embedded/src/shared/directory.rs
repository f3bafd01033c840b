//! The data directory: made for its owner only, and open in one process at a time.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Error;

/// The file whose lock says that a process has the directory open.
const LOCK_FILE: &str = "lock";
/// The file of the KMS key.
pub(crate) const KEY_FILE: &str = "kms.key";
/// The file of the [manifest](super::manifest).
pub(crate) const MANIFEST_FILE: &str = "manifest.json";

/// A data directory that this process holds. The lock is the operating system's, so it ends with the process however
/// that ends; it is given back when the last clone is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Directory(Arc<Held>);

#[derive(Debug)]
struct Held {
    path: PathBuf,
    lock: File,
}

impl Drop for Held {
    /// Closing the file would do, but for a child process that another thread is just starting: until it runs its own
    /// program it has the file open too.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl Directory {
    /// Makes the directory (mode 0700, with its parents) if need be, and takes its lock. One that is open to others is
    /// closed to them if it is ours: empty, or used before. Any other is left as it is, with a warning.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| Error::io(path, e))?;
        let lock_path = path.join(LOCK_FILE);
        close_directory(path, &lock_path).map_err(|e| Error::io(path, e))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&lock_path)
            .map_err(|e| Error::io(&lock_path, e))?;
        for file in [LOCK_FILE, KEY_FILE, MANIFEST_FILE].map(|name| path.join(name)) {
            close_file(&file).map_err(|e| Error::io(&file, e))?;
        }
        match lock.try_lock() {
            Ok(()) => Ok(Self(Arc::new(Held { path: path.to_owned(), lock }))),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(e)) => Err(Error::io(&lock_path, e)),
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path.join(name)
    }

    /// Makes a database's file if it is not there, and closes it and its journals to everyone but their owner, whatever
    /// the umask is. SQLite gives new journals the mode of their database.
    pub(crate) fn close_to_others(&self, name: &str) -> Result<(), Error> {
        let path = self.file(name);
        let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        made.map_err(|e| Error::io(&path, e))?;
        for file in [path, self.file(&format!("{name}-wal")), self.file(&format!("{name}-shm"))] {
            close_file(&file).map_err(|e| Error::io(&file, e))?;
        }
        Ok(())
    }

    /// Replaces a small file: written aside, synced, renamed, so that it is never half there.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.file(name);
        replace_file(&path, bytes).map_err(|e| Error::io(&path, e))
    }

    /// Makes the names of new files in the directory survive a power loss; syncing a file does not sync its name.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        let path = &self.0.path;
        File::open(path).and_then(|dir| dir.sync_all()).map_err(|e| Error::io(path, e))?;
        match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            // The directory itself may be new. A parent that may not be read is not ours to sync.
            Some(parent) => File::open(parent).and_then(|dir| dir.sync_all()).or(Ok(())),
            None => Ok(()),
        }
    }
}

/// Closes a directory that is ours.
fn close_directory(path: &Path, lock: &Path) -> io::Result<()> {
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let is_ours = lock.exists() || fs::read_dir(path)?.next().is_none();
    if is_ours && fs::set_permissions(path, Permissions::from_mode(0o700)).is_ok() {
        return Ok(());
    }
    let open = format!("{:o}", mode & 0o777);
    tracing::warn!(directory = %path.display(), mode = open, "others may look into the data directory: chmod 700 it");
    Ok(())
}

/// Closes a file to everyone but its owner, if it is there.
fn close_file(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(file) if file.permissions().mode() & 0o077 != 0 => fs::set_permissions(path, Permissions::from_mode(0o600)),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Replaces the file at `path` (mode 0600): what a crash or a full disk leaves is the old file or the new one.
///
/// # Errors
/// Fails as the file system does; the old file is kept then.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut aside = path.to_owned().into_os_string();
    aside.push(".new");
    let aside = PathBuf::from(aside);
    // Removed first: the mode only counts for a file that is made.
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// Where an engine keeps its data.
#[derive(Clone, Debug)]
pub(crate) enum EngineStorage {
    /// A file of a directory that is held as long as the engine lives.
    Directory(Directory),
    /// Nowhere: it is gone with the engine, and no file is ever made.
    Memory,
}
