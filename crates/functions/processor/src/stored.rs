//! What a batch stored, for what is counted after the commits, and not with them: none of it is part of what is promised
//! to be exact. What a process had committed when it died, or when the time of its batch was over, is not counted, since
//! it is not new when it comes again: at most a batch each time.

use model::id::ProjectId;
use model::project::Limits;

use crate::group::Unit;
use crate::totals::Happened;
use crate::usage::Received;

/// The new events of a batch.
#[derive(Default)]
pub(crate) struct Stored {
    /// Of projects that have limits, by when they were received.
    pub(crate) received: Received,
    /// Of all projects, by when they happened.
    pub(crate) happened: Happened,
}

impl Stored {
    /// Counts what will be added of this project, if it has limits.
    pub(crate) fn watch(&mut self, project: ProjectId, limits: Limits) {
        self.received.watch(project, limits);
    }

    /// Adds what was committed.
    pub(crate) fn add(&mut self, unit: &Unit) {
        self.received.add(unit);
        self.happened.add(unit);
    }
}
