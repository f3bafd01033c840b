//! Drops events that an earlier delivery of their message stored, wherever that was.
//!
//! Events are normally counted once because they belong to the same error each time. An event with debug ids may not: its
//! source map may have been uploaded, deleted or too slow in the meantime, so that it is grouped differently.

use std::collections::BTreeSet;

use model::id::ProjectId;
use model::occurrence::Occurrence;

use crate::processor::Processor;

impl Processor {
    pub(crate) async fn drop_stored(&self, project: ProjectId, occurrences: &mut Vec<Occurrence>) -> store::Result<()> {
        let mut stored = BTreeSet::new();
        for occurrence in occurrences.iter().filter(|occurrence| source_maps::may_have_maps(occurrence)) {
            if self.find_event(project, occurrence.event_id.hash()).await?.is_some() {
                stored.insert(occurrence.event_id);
            }
        }
        occurrences.retain(|occurrence| !stored.contains(&occurrence.event_id));
        Ok(())
    }
}
