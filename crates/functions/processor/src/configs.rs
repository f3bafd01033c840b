use formats::inbox::Notifications;
use model::id::{ConfigId, ProjectId};
use model::project::Retention;
use store::Recent;

use crate::Processor;
use crate::commit::SECONDS_PER_DAY;
use crate::reason::Reason;

/// For how long configs that were kept are not written again, in seconds: below the shortest retention, a day, so that
/// what a post names is there. A write is a unit for each kB: two for most configs, twice a day for each process.
const KEPT: i64 = SECONDS_PER_DAY / 2;
/// How many ids are remembered.
const REMEMBERED: usize = 10_000;
/// How often a write that is throttled is tried, before its message has to come again.
const ATTEMPTS: u32 = 5;

/// The posted configs that this process kept lately, which need not be written again.
pub(crate) type Kept = Recent<(ProjectId, ConfigId), (), REMEMBERED>;

impl Processor {
    /// Keeps the configs that came with a message. When this returns they are there for whoever reads a commit that
    /// names them; a message whose configs cannot be kept comes again, since its first notification would be lost.
    pub(crate) async fn keep_configs(
        &self,
        project: ProjectId,
        posted: &Notifications,
        retention: Option<Retention>,
    ) -> Result<(), Reason> {
        let (key, now) = ((project, posted.id), self.clock.now());
        if self.kept.get(&key, now).is_some() {
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
        self.kept.put(key, (), now.plus_seconds(KEPT));
        Ok(())
    }
}
