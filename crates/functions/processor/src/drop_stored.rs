//! Drops events that an earlier delivery of their message stored, wherever that was.
//!
//! Events are normally counted once because they belong to the same error each time. An event with debug ids may not: its
//! source map may have been uploaded, deleted or too slow in the meantime, so that it is grouped differently.

use std::collections::BTreeSet;

use formats::event_index::{EventLocation, Width};
use futures_util::future::{try_join, try_join_all};
use model::id::{EventHash, ProjectId};
use model::occurrence::Occurrence;

use crate::processor::Processor;

/// The newest blocks that are read of each bucket: more than are written until a message is delivered again.
const MAX_BLOCKS: usize = 200;
/// The most locations that are examined for an event. It has one, unless a processor died before a commit.
const MAX_LOCATIONS: usize = 50;

impl Processor {
    pub(crate) async fn drop_stored(&self, project: ProjectId, occurrences: &mut Vec<Occurrence>) -> store::Result<()> {
        let mut stored = BTreeSet::new();
        for occurrence in occurrences.iter().filter(|occurrence| source_maps::has_debug_ids(occurrence)) {
            if self.is_stored(project, occurrence.event_id.hash()).await? {
                stored.insert(occurrence.event_id);
            }
        }
        occurrences.retain(|occurrence| !stored.contains(&occurrence.event_id));
        Ok(())
    }

    async fn is_stored(&self, project: ProjectId, event: EventHash) -> store::Result<bool> {
        let index = &self.stores.event_index;
        let blocks =
            Width::ALL.iter().map(|width| index.locations_in(project, event, width.bucket_of(event), None, MAX_BLOCKS));
        let own = index.locations(project, event, MAX_LOCATIONS);
        let (mut locations, blocks) = try_join(own, try_join_all(blocks)).await?;
        locations.extend(blocks.into_iter().flat_map(|page| page.items));
        for location in locations.into_iter().take(MAX_LOCATIONS) {
            if self.is_at(project, event, &location).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether the reference at a location was committed and has the event.
    async fn is_at(&self, project: ProjectId, event: EventHash, location: &EventLocation) -> store::Result<bool> {
        let errors = self.stores.errors.get_many(project, &[location.fingerprint]).await?;
        for error in &errors {
            let reference = self.stores.occurrences.reference_of(error, &location.reference).await?;
            if reference.is_some_and(|reference| reference.events.contains(&event)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
