//! What AWS does by itself: items and objects expire, stream records are kept for a day.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use embedded::Engines;
use model::id::SegmentId;
use model::project::Retention;
use tokio::sync::watch;

use super::engines::BUCKET;
use super::{Stack, told};

const EVERY: Duration = Duration::from_secs(600);
const DAY: Duration = Duration::from_secs(86_400);
/// What lies in S3 for the inbox is of no use once its message is gone from the dead-letter queue: 14 days.
const CLAIMS_KEPT: u32 = 15;

/// Runs now and every ten minutes until `stopped`.
pub(super) async fn run(stack: Arc<Stack>, mut stopped: watch::Receiver<bool>) {
    loop {
        let expired = stack.expire(SystemTime::now()).await;
        stack.note("upkeep", &expired);
        if let Err(error) = expired {
            tracing::warn!(error.message = %error, "what has expired cannot be removed");
        }
        tokio::select! {
            _ = tokio::time::sleep(EVERY) => {}
            () = told(&mut stopped) => return,
        }
    }
}

/// Removes what is over at `now`; see [`Stack::expire`].
pub(super) async fn expire(engines: &Engines, retention_days: u32, now: SystemTime) -> Result<(), embedded::Error> {
    let ago = |days: u32| now.checked_sub(DAY * days).unwrap_or(SystemTime::UNIX_EPOCH);
    engines.dynamo().sweep_ttl().await?;
    engines.dynamo().trim_streams(ago(1)).await?;
    // A day later than the references, so that what is listed can be read.
    for retention in [None].into_iter().chain(Retention::ALL.map(Some)) {
        let days = retention.map_or(retention_days, Retention::days);
        engines.s3().expire(BUCKET, &SegmentId::kept_prefix(retention), ago(days + 1)).await?;
    }
    engines.s3().expire(BUCKET, "inbox/", ago(CLAIMS_KEPT)).await?;
    let bytes = engines.reclaim().await?;
    if bytes > 0 {
        tracing::info!(space.bytes = bytes, "space of what was deleted was given back");
    }
    Ok(())
}
