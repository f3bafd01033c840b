//! Keeps some room on the disk. On a disk that is quite full nothing can be deleted any more, because deleting writes to
//! the journals of the databases first. So new events are refused earlier, and clients send them again.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use formats::inbox::Addressee;
use model::id::{AttachmentFolder, ProjectId};
use rustix::fs::statvfs;
use store::ports::{Attachments, Backlog, ClaimChecks, Inbox, Waiting};
use store::{Kind, Result, StoreError};

use super::DataLocation;

/// The room that is kept, in bytes: this much, or a twentieth of a small file system.
const RESERVE: u64 = 128 << 20;
const RESERVED_PART: u64 = 20;

/// A port of ingest that writes only while the file system of the data has room.
pub(super) struct WithRoom<T: ?Sized> {
    inner: Arc<T>,
    /// `None` if all data is in memory.
    directory: Option<PathBuf>,
}

impl<T: ?Sized> WithRoom<T> {
    pub(super) fn new(inner: Arc<T>, place: &DataLocation) -> Arc<Self> {
        let directory = match place {
            DataLocation::Memory => None,
            DataLocation::Directory(directory) => Some(directory.clone()),
        };
        Arc::new(Self { inner, directory })
    }

    fn require_room(&self) -> Result<()> {
        let Some(directory) = &self.directory else { return Ok(()) };
        // If the file system does not tell, the write will.
        let Ok(disk) = statvfs(directory) else { return Ok(()) };
        check(disk.f_bavail.saturating_mul(disk.f_frsize), disk.f_blocks.saturating_mul(disk.f_frsize))
    }
}

/// Whether a file system with `free` of `size` bytes has room for more than the reserve.
fn check(free: u64, size: u64) -> Result<()> {
    let reserve = RESERVE.min(size / RESERVED_PART);
    if free > reserve {
        return Ok(());
    }
    let reason = format!(
        "the disk with the data directory is full, except for {} MiB that are kept free so that data can be deleted",
        free >> 20
    );
    Err(StoreError::new(Kind::Unavailable, "looking for room on the disk", reason))
}

#[async_trait]
impl<T: Inbox> Inbox for WithRoom<T> {
    async fn send(&self, text: String) -> Result<()> {
        self.require_room()?;
        self.inner.send(text).await
    }
}

#[async_trait]
impl<T: Backlog> Backlog for WithRoom<T> {
    /// Fails without room, so that `/health/ingest` reports it.
    async fn backlog(&self) -> Result<Waiting> {
        self.require_room()?;
        self.inner.backlog().await
    }
}

#[async_trait]
impl ClaimChecks for WithRoom<dyn ClaimChecks> {
    async fn put_claim_check(&self, key: &str, packed: Vec<u8>) -> Result<()> {
        self.require_room()?;
        self.inner.put_claim_check(key, packed).await
    }

    async fn get_claim_check(&self, key: &str) -> Result<Bytes> {
        self.inner.get_claim_check(key).await
    }

    async fn remove_claim_check(&self, key: &str) -> Result<()> {
        self.inner.remove_claim_check(key).await
    }

    async fn remove_some_claim_checks(&self, project: &Addressee) -> Result<bool> {
        self.inner.remove_some_claim_checks(project).await
    }
}

#[async_trait]
impl Attachments for WithRoom<dyn Attachments> {
    async fn put_attachment(&self, folder: &AttachmentFolder, number: usize, content: Bytes) -> Result<()> {
        self.require_room()?;
        self.inner.put_attachment(folder, number, content).await
    }

    async fn attachment(
        &self,
        folder: &AttachmentFolder,
        number: usize,
        length: Option<usize>,
    ) -> Result<Option<Bytes>> {
        self.inner.attachment(folder, number, length).await
    }

    async fn remove_attachments(&self, folders: &[AttachmentFolder]) -> Result<()> {
        self.inner.remove_attachments(folders).await
    }

    async fn remove_some_attachments(&self, project: ProjectId) -> Result<bool> {
        self.inner.remove_some_attachments(project).await
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_part_of_the_disk_is_kept_free() {
        for (free, size, is_accepted) in [
            (10_000 * MIB, 100_000 * MIB, true),
            (129 * MIB, 100_000 * MIB, true),
            (128 * MIB, 100_000 * MIB, false),
            (0, 100_000 * MIB, false),
            // A twentieth of a small one.
            (6 * MIB, 100 * MIB, true),
            (5 * MIB, 100 * MIB, false),
            (0, 0, false),
        ] {
            assert_eq!(check(free, size).is_ok(), is_accepted, "{free} of {size}");
        }
        assert!(check(3 * MIB, 100 * MIB).unwrap_err().to_string().contains("except for 3 MiB"));
    }
}
