use formats::inbox::PayloadKind;
use model::occurrence::Occurrence;
use protocol::sentry::crash_place;
use symbolicator::Budget;

use crate::processor::Processor;
use crate::resolve::ResolvedMessage;

impl Processor {
    /// Replaces frames of minified JavaScript by the original ones, before scrubbing, because source lines can contain
    /// secrets, and before grouping, so that all builds of one source are grouped together. What cannot be mapped stays as
    /// it is: it is mapped when it is read. Returns each occurrence as it was before, if it was mapped.
    pub(crate) async fn map_frames(
        &self,
        resolved: &ResolvedMessage,
        occurrences: &mut [Occurrence],
        budget: &mut Budget,
    ) -> Vec<Option<Box<Occurrence>>> {
        // Imported occurrences were mapped when they were first processed.
        if resolved.message.header.source == PayloadKind::Import {
            return Vec::new();
        }
        let mut sent = Vec::with_capacity(occurrences.len());
        for occurrence in occurrences {
            source_maps::distrust(occurrence);
            if !source_maps::may_have_maps(occurrence) {
                sent.push(None);
                continue;
            }
            let place = crash_place(occurrence);
            let before = self.symbolicator.map_and_keep(resolved.project.id, occurrence, budget, false).await;
            if before.is_some() && occurrence.culprit == place {
                occurrence.culprit = crash_place(occurrence);
            }
            sent.push(before);
        }
        sent
    }
}
