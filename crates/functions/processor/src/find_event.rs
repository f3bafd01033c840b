//! Finds the error that a stored event belongs to.

use formats::event_index::{EventLocation, Width};
use futures_util::future::{try_join, try_join_all};
use model::error::ErrorAggregate;
use model::id::{EventHash, ProjectId};

use crate::processor::Processor;

/// The newest blocks that are read of each bucket: more than are written until a message is delivered again.
const MAX_BLOCKS: usize = 200;
/// The most locations that are examined for an event. It has one, unless a processor died before a commit.
const MAX_LOCATIONS: usize = 50;

impl Processor {
    /// Returns the error of an event. An event whose entry in the index is buried under newer ones is not found.
    pub(crate) async fn find_event(
        &self,
        project: ProjectId,
        event: EventHash,
    ) -> store::Result<Option<ErrorAggregate>> {
        let index = &self.stores.event_index;
        let blocks =
            Width::ALL.iter().map(|width| index.locations_in(project, event, width.bucket_of(event), None, MAX_BLOCKS));
        let own = index.locations(project, event, MAX_LOCATIONS);
        let (mut locations, blocks) = try_join(own, try_join_all(blocks)).await?;
        locations.extend(blocks.into_iter().flat_map(|page| page.items));
        for location in locations.into_iter().take(MAX_LOCATIONS) {
            if let Some(error) = self.error_at(project, event, &location).await? {
                return Ok(Some(error));
            }
        }
        Ok(None)
    }

    /// Returns the error at a location, if the reference there was committed and has the event.
    async fn error_at(
        &self,
        project: ProjectId,
        event: EventHash,
        location: &EventLocation,
    ) -> store::Result<Option<ErrorAggregate>> {
        let errors = self.stores.errors.get_many(project, &[location.fingerprint]).await?;
        for error in errors {
            let reference = self.stores.occurrences.reference_of(&error, &location.reference).await?;
            if reference.is_some_and(|reference| reference.events.contains(&event)) {
                return Ok(Some(error));
            }
        }
        Ok(None)
    }
}
