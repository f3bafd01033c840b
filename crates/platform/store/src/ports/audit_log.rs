use async_trait::async_trait;
use model::audit::AuditEntry;
use model::error::history::EntryId;
use model::time::Timestamp;

use super::Page;
use crate::error::Result;

/// The audit log of the installation. Entries are added and never changed. They expire.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Adds an entry.
    async fn record(&self, entry: &AuditEntry) -> Result<()>;

    /// Returns at most `limit` entries from `start` on, newest first, that are older than `before`, or than `end`. Reads
    /// the partitions of whole months, one after the other, and stops at the first that has enough. A stale read.
    async fn entries(
        &self,
        start: Timestamp,
        end: Timestamp,
        before: Option<EntryId>,
        limit: usize,
    ) -> Result<Page<AuditEntry, EntryId>>;
}
