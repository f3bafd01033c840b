use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::id::{ConfigId, ProjectId};
use domain::inbox::Notifications;
use domain::project::Retention;
use domain::time::Timestamp;

use crate::Digest;
use crate::commit::SECONDS_PER_DAY;
use crate::reason::Reason;

/// For how long configs that were kept are not written again, in seconds: below the shortest retention, a day, so that
/// what a post names is there. A write is a unit for each kB: two for most configs, twice a day for each process.
const KEPT: i64 = SECONDS_PER_DAY / 2;
/// How many ids are remembered; beyond it all are forgotten.
const REMEMBERED: usize = 10_000;
/// How often a write that is throttled is tried, before its message has to come again.
const ATTEMPTS: u32 = 5;

/// The posted configs that this process kept lately, and until when they need not be written again.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<HashMap<(ProjectId, ConfigId), Timestamp>>);

impl Digest {
    /// Keeps the configs that came with a message. When this returns they are there for whoever reads a commit that
    /// names them; a message whose configs cannot be kept comes again, since its first notification would be lost.
    pub(crate) async fn keep_configs(
        &self,
        project: ProjectId,
        posted: &Notifications,
        retention: Option<Retention>,
    ) -> Result<(), Reason> {
        let (key, now) = ((project, posted.id), self.clock.now());
        let kept = || self.kept.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept().get(&key).is_some_and(|until| now < *until) {
            return Ok(());
        }
        let expires_at = self.expires_at(now, retention);
        let write = || self.configs.put_posted(project, posted.id, &posted.sealed, expires_at);
        let mut written = write().await;
        for attempt in 1..ATTEMPTS {
            if !matches!(&written, Err(error) if error.is_transient()) {
                break;
            }
            tokio::time::sleep(self.pause(attempt)).await;
            written = write().await;
        }
        written?;
        let mut kept = kept();
        if kept.len() >= REMEMBERED {
            kept.clear();
        }
        kept.insert(key, now.plus_seconds(KEPT));
        Ok(())
    }
}
