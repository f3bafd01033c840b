use async_trait::async_trait;
use bytes::Bytes;
use model::id::{AttachmentFolder, ProjectId};

use crate::error::Result;

/// Files that clients sent with their events.
#[async_trait]
pub trait Attachments: Send + Sync {
    /// Stores an attachment of an event. When this returns, it is durable. An attachment that exists is not replaced: a
    /// client may send an event again, and nobody can change what is stored.
    async fn put_attachment(&self, folder: &AttachmentFolder, number: usize, content: Bytes) -> Result<()>;

    /// Reads an attachment, or its first `length` bytes; `None` if it has expired or was deleted.
    async fn attachment(
        &self,
        folder: &AttachmentFolder,
        number: usize,
        length: Option<usize>,
    ) -> Result<Option<Bytes>>;

    /// Removes all attachments in these folders.
    async fn remove_attachments(&self, folders: &[AttachmentFolder]) -> Result<()>;

    /// Removes at most 1,000 attachments of a project, whatever their retention. Returns whether any may be left.
    async fn remove_some_attachments(&self, project: ProjectId) -> Result<bool>;
}
