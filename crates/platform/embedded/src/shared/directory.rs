//! The data directory, which only its owner can access and only one process can open at a time.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::Error;

/// The file that is locked while a process has the directory open.
const LOCK_FILE: &str = "lock";
/// The file of the KMS key.
pub(crate) const KEY_FILE: &str = "kms.key";
/// The file of the [manifest](super::manifest).
pub(crate) const MANIFEST_FILE: &str = "manifest.json";

/// A data directory that this process has opened. The lock belongs to the operating system, so it ends with the process
/// however that ends. It is released when the last clone is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Directory(Arc<Held>);

#[derive(Debug)]
struct Held {
    path: PathBuf,
    lock: File,
}

impl Drop for Held {
    /// Unlocks explicitly instead of just closing the file: a child process that another thread is starting also has
    /// the file open until it executes its own program.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

impl Directory {
    /// Creates the directory (mode 0700, with its parents) if necessary, and locks it. If other users can access it,
    /// their access is removed, provided that the directory is ours: empty, or used before. Any other directory is left
    /// as it is, with a warning.
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

    /// Creates a database file if it does not exist, and removes other users' access to it and its journals, whatever
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

    /// Replaces a small file. It is written under another name, synced and renamed, so that it is never incomplete.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.file(name);
        replace_file(&path, bytes).map_err(|e| Error::io(&path, e))
    }

    /// Syncs the directory, so that the names of new files survive a power loss. Syncing a file does not sync its name.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        let path = &self.0.path;
        File::open(path).and_then(|dir| dir.sync_all()).map_err(|e| Error::io(path, e))?;
        match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            // The directory itself may be new. If the parent cannot be read, it is not ours to sync.
            Some(parent) => File::open(parent).and_then(|dir| dir.sync_all()).or(Ok(())),
            None => Ok(()),
        }
    }
}

/// Removes other users' access to a directory that is ours.
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
    tracing::warn!(directory = %path.display(), mode = open, "others can access the data directory: run chmod 700");
    Ok(())
}

/// Removes other users' access to a file, if it exists.
fn close_file(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(file) if file.permissions().mode() & 0o077 != 0 => fs::set_permissions(path, Permissions::from_mode(0o600)),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Replaces the file at `path` with mode 0600. After a crash or with a full disk, either the old file or the new one
/// exists.
///
/// # Errors
/// Returns the error of the file system; the old file is kept.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut aside = path.to_owned().into_os_string();
    aside.push(".new");
    let aside = PathBuf::from(aside);
    // Remove an old file first: the mode is applied only to a new one.
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

/// Where an engine stores its data.
#[derive(Clone, Debug)]
pub(crate) enum EngineStorage {
    /// In a file of a directory that stays open as long as the engine lives.
    Directory(Directory),
    /// In memory. The data is gone with the engine, and no file is created.
    Memory,
}
