//! The data directory: made for its owner only, and open in one process at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Error;

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
    /// Makes the directory (mode 0700, with its parents) if need be, and takes its lock.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|e| Error::io(path, e))?;
        let lock_path = path.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&lock_path)
            .map_err(|e| Error::io(&lock_path, e))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self(Arc::new(Held { path: path.to_owned(), lock }))),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(e)) => Err(Error::io(&lock_path, e)),
        }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.path.join(name)
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

/// Where an engine keeps its data.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A file of a directory that is held as long as the engine lives.
    Directory(Directory),
    /// Nowhere: it is gone with the engine, and no file is ever made.
    Memory,
}
