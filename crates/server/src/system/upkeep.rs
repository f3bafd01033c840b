//! Background upkeep that AWS does by itself: items and objects expire, stream records are kept for a day.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::{Stack, stop_requested};

const UPKEEP_INTERVAL: Duration = Duration::from_secs(600);

/// Runs now and every ten minutes until `stopped`.
pub(super) async fn run(stack: Arc<Stack>, mut stopped: watch::Receiver<bool>) {
    loop {
        if let Err(error) = stack.run_stage("upkeep", stack.expire(SystemTime::now())).await {
            tracing::warn!(error.message = %error, "failed to remove expired data");
        }
        tokio::select! {
            _ = tokio::time::sleep(UPKEEP_INTERVAL) => {}
            () = stop_requested(&mut stopped) => return,
        }
    }
}
