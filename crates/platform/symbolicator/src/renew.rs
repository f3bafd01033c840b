use model::id::ProjectId;
use model::time::SECONDS_PER_DAY;
use store::ports::MapItem;

use crate::{KEPT_DAYS, Symbolicator};

/// A map that is used is kept for another [`KEPT_DAYS`] if it would be removed in fewer days than this. So a map in use
/// is renewed about once a month.
const RENEWED_BEFORE_DAYS: u32 = 60;

impl Symbolicator {
    /// Keeps a map that is used. A failure is logged: another use tries again.
    pub(crate) async fn renew(&self, project: ProjectId, item: &MapItem) {
        let now = self.clock.now();
        let days = |days: u32| now.plus_seconds(i64::from(days) * SECONDS_PER_DAY);
        if item.expires_at > days(RENEWED_BEFORE_DAYS) {
            return;
        }
        let until = days(KEPT_DAYS);
        // Remember it before, so that a failure is not repeated for each frame.
        let renewed = MapItem { expires_at: until, ..item.clone() };
        if let Some((changed, _)) = self.cache.items.get(&(project, item.id), now) {
            self.cache.items.put((project, item.id), (changed, Some(renewed)), now.plus_seconds(SECONDS_PER_DAY));
        }
        // The object first: an item must not outlive what it refers to.
        let kept = match self.files.keep_maps(project, &item.upload).await {
            Ok(()) => self.maps.keep_source_map(project, item, until).await,
            failed => failed,
        };
        if let Err(error) = kept {
            tracing::warn!(project.id = %project, error.message = %error, "failed to keep a source map that is used");
        }
    }
}
