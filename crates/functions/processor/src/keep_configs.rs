use model::time::SECONDS_PER_DAY;

use crate::failure_reason::FailureReason;
use crate::processor::Processor;
use crate::resolve::ResolvedMessage;

/// How long stored configs are not written again. This is less than the shortest retention (one day), so that the
/// configs that a message names always exist. A write costs one write unit for each kB: two for most configs, twice a
/// day for each process.
const CONFIG_CACHE_SECONDS: i64 = SECONDS_PER_DAY / 2;
/// How often a throttled write is tried before its message has to be delivered again.
const MAX_ATTEMPTS: u32 = 5;

impl Processor {
    /// Stores the notification configs that were posted with a message, before any commit refers to them. A message
    /// whose configs cannot be stored is delivered again: otherwise its first notification would be lost.
    pub(crate) async fn keep_configs(&self, resolved: &ResolvedMessage) -> Result<(), FailureReason> {
        let Some(posted) = &resolved.message.header.notifications else { return Ok(()) };
        let project = resolved.project.id;
        let key = (project, posted.id);
        let now = self.clock.now();
        if self.caches.configs.get(&key, now).is_some() {
            return Ok(());
        }
        let expires_at = self.expires_at(now, resolved.project.retention);
        let write = || self.stores.configs.put_posted(project, posted.id, &posted.sealed, expires_at);
        let mut written = write().await;
        for attempt in 1..MAX_ATTEMPTS {
            if !matches!(&written, Err(error) if error.is_transient()) {
                break;
            }
            tokio::time::sleep(self.pause_after(attempt)).await;
            written = write().await;
        }
        written?;
        self.caches.configs.put(key, (), now.plus_seconds(CONFIG_CACHE_SECONDS));
        Ok(())
    }
}
