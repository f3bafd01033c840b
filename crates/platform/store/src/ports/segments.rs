use async_trait::async_trait;
use bytes::Bytes;
use formats::inbox::Addressee;
use formats::segment::FrameRange;
use model::id::{ProjectId, SegmentId};

use crate::error::Result;

#[async_trait]
pub trait Segments: Send + Sync {
    /// Writes a segment. When this returns, it is durable.
    async fn put(&self, id: &SegmentId, segment: Vec<u8>) -> Result<()>;

    async fn frame(&self, id: &SegmentId, frame: FrameRange) -> Result<Bytes>;

    /// Returns a whole segment and its version.
    async fn get(&self, id: &SegmentId) -> Result<(Vec<u8>, ETag)>;

    /// Replaces a segment if it still has this version; otherwise returns a [`Conflict`](crate::Kind::Conflict).
    async fn replace(&self, id: &SegmentId, segment: Vec<u8>, version: &ETag) -> Result<()>;

    /// Removes at most 1,000 segments of a project, whatever their retention. Returns whether any may be left.
    async fn remove_some(&self, project: ProjectId) -> Result<bool>;
}

/// Messages that are too large for the queue, stored in S3.
#[async_trait]
pub trait ClaimChecks: Send + Sync {
    /// Writes a packed message under a key. When this returns, it is durable. The processor removes it together with
    /// its queue message. If that message never arrives, the bucket's lifecycle rule removes it, after the longest time
    /// that a message may wait.
    async fn put_claim_check(&self, key: &str, packed: Vec<u8>) -> Result<()>;

    async fn get_claim_check(&self, key: &str) -> Result<Bytes>;

    /// Removes the packed message under this key, if it exists.
    async fn remove_claim_check(&self, key: &str) -> Result<()>;

    /// Removes at most 1,000 messages for `project`. Returns whether any may be left.
    async fn remove_some_claim_checks(&self, project: &Addressee) -> Result<bool>;
}

/// S3's version of an object's contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(pub(crate) String);
