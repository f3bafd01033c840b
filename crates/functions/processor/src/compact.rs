//! Compacts the search trees that grew. A failure is logged and does not fail any message: postings can be found before,
//! during and after.

use crate::count::best_effort;
use crate::deadline::Deadline;
use crate::processor::Processor;

impl Processor {
    pub(crate) async fn compact_index(&self, deadline: Deadline) {
        let compactions = self.caches.index_growth.due().into_iter().map(|project| {
            let compaction = async move {
                self.stores.search_index.compact(project).await?;
                self.caches.index_growth.reset(project);
                Ok(())
            };
            (project.to_string(), compaction)
        });
        best_effort("compact the search index of a project", compactions, deadline).await;
    }
}
