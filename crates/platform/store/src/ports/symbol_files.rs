use async_trait::async_trait;
use bytes::Bytes;
use model::id::{Checksum, ProjectId, UploadId};

use crate::error::Result;

/// The prefix of the keys of chunks. The bucket removes them a day after they were written.
pub const CHUNK_PREFIX: &str = "uploads/";
/// The prefix of the keys of maps. The bucket removes those that were not used for a long time.
pub const MAP_PREFIX: &str = "symbols/";

/// Objects of source maps: chunks of bundles that are being uploaded, and the maps of an upload.
#[async_trait]
pub trait SymbolFiles: Send + Sync {
    /// Stores a chunk, whose SHA-1 the caller has checked. Chunks belong to the project whose key sent them: nobody can
    /// use a chunk that somebody else sent.
    async fn put_chunk(&self, project: ProjectId, sha1: Checksum, chunk: Bytes) -> Result<()>;

    async fn has_chunk(&self, project: ProjectId, sha1: Checksum) -> Result<bool>;

    /// Returns a chunk; `None` if it was not uploaded or has expired.
    async fn chunk(&self, project: ProjectId, sha1: Checksum) -> Result<Option<Bytes>>;

    /// Stores the maps of an upload.
    async fn put_maps(&self, project: ProjectId, upload: &UploadId, maps: Vec<u8>) -> Result<()>;

    /// Reads `length` bytes at `offset` of the maps of an upload; `None` if they have expired or were deleted.
    async fn maps_part(&self, project: ProjectId, upload: &UploadId, offset: u64, length: u64)
    -> Result<Option<Bytes>>;

    /// Lets the bucket keep the maps of an upload as if they had just been written.
    async fn keep_maps(&self, project: ProjectId, upload: &UploadId) -> Result<()>;

    async fn remove_maps(&self, project: ProjectId, upload: &UploadId) -> Result<()>;

    /// Removes at most 1,000 objects of a project. Returns whether there were any.
    async fn remove_some_symbol_files(&self, project: ProjectId) -> Result<bool>;
}
