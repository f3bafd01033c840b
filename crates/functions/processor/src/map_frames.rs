use formats::inbox::PayloadKind;
use model::occurrence::Occurrence;
use protocol::sentry::crash_place;
use symbolicator::Budget;

use crate::processor::Processor;
use crate::resolve::ResolvedMessage;

impl Processor {
    /// Replaces frames of minified JavaScript by the original ones, before scrubbing, because source lines can contain
    /// secrets, and before grouping, so that all builds of one source are grouped together. What cannot be mapped stays as
    /// it is: it is mapped when it is read.
    pub(crate) async fn map_frames(
        &self,
        resolved: &ResolvedMessage,
        occurrences: &mut [Occurrence],
        budget: &mut Budget,
    ) {
        // Imported occurrences were mapped when they were first processed.
        if resolved.message.header.source == PayloadKind::Import {
            return;
        }
        for occurrence in occurrences {
            source_maps::distrust(occurrence);
            if !source_maps::may_have_maps(occurrence) {
                continue;
            }
            let place = crash_place(occurrence);
            let is_mapped = self.symbolicator.map(resolved.project.id, occurrence, budget, false).await;
            if is_mapped && occurrence.culprit == place {
                occurrence.culprit = crash_place(occurrence);
            }
        }
    }
}
