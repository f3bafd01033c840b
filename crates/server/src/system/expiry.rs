//! Expiry of items, objects and stream records, which AWS does by itself.

use std::time::{Duration, SystemTime};

use embedded::Engines;
use model::id::{AttachmentFolder, SegmentId};
use model::project::Retention;
use store::ports::{CHUNK_PREFIX, MAP_PREFIX};
use symbolicator::KEPT_DAYS;

use super::engines::BUCKET;

const DAY: Duration = Duration::from_secs(86_400);
/// Days to keep claim checks: one more than the dead-letter queue keeps their messages.
const CLAIM_CHECK_DAYS: u32 = 15;

/// Days to keep chunks of source maps, which are put together at once.
const CHUNK_DAYS: u32 = 1;

/// Removes data that has expired at `now`; see [`Stack::expire`](super::Stack::expire).
pub(super) async fn expire(engines: &Engines, retention_days: u32, now: SystemTime) -> Result<(), embedded::Error> {
    let ago = |days: u32| now.checked_sub(DAY * days).unwrap_or(SystemTime::UNIX_EPOCH);
    engines.dynamo().sweep_ttl().await?;
    engines.dynamo().trim_streams(ago(1)).await?;
    // A day later than the references, so that every listed occurrence can be read.
    for retention in [None].into_iter().chain(Retention::ALL.map(Some)) {
        let days = retention.map_or(retention_days, Retention::days);
        engines.s3().expire(BUCKET, &SegmentId::kept_prefix(retention), ago(days + 1)).await?;
        engines.s3().expire(BUCKET, &AttachmentFolder::kept_prefix(retention), ago(days + 1)).await?;
    }
    engines.s3().expire(BUCKET, "inbox/", ago(CLAIM_CHECK_DAYS)).await?;
    engines.s3().expire(BUCKET, CHUNK_PREFIX, ago(CHUNK_DAYS)).await?;
    engines.s3().expire(BUCKET, MAP_PREFIX, ago(KEPT_DAYS + 1)).await?;
    let bytes = engines.reclaim().await?;
    if bytes > 0 {
        tracing::info!(space.bytes = bytes, "reclaimed the disk space of deleted data");
    }
    Ok(())
}
