use std::collections::HashMap;

use model::id::ProjectId;
use parking_lot::Mutex;

/// By how many bytes the search tree of a project may grow before it is compacted: half of a full node.
const DUE: usize = 16 * 1024;
/// With more projects, all begin again.
const MAX_PROJECTS: usize = 10_000;

/// The number of bytes by which the search tree of each project has grown since this process compacted it.
///
/// A process starts at a random number for each project: if every process ends after a few events, one of some thirty
/// still compacts what the others left.
#[derive(Debug, Default)]
pub(crate) struct IndexGrowth(Mutex<HashMap<ProjectId, usize>>);

impl IndexGrowth {
    pub(crate) fn add(&self, project: ProjectId, bytes: usize, random: u128) {
        let mut projects = self.0.lock();
        if projects.len() >= MAX_PROJECTS {
            projects.clear();
        }
        *projects.entry(project).or_insert((random % DUE as u128) as usize) += bytes;
    }

    /// The projects to compact.
    pub(crate) fn due(&self) -> Vec<ProjectId> {
        let projects = self.0.lock();
        projects.iter().filter(|(_, bytes)| **bytes >= DUE).map(|(project, _)| *project).collect()
    }

    /// Counts from 0 again for a project that was compacted.
    pub(crate) fn reset(&self, project: ProjectId) {
        self.0.lock().insert(project, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_due_whenever_it_has_grown() {
        let growth = IndexGrowth::default();
        let project = ProjectId::new(1).unwrap();
        growth.add(project, 10, 5);
        assert_eq!(growth.due(), []);
        growth.add(project, DUE - 15, 0);
        assert_eq!(growth.due(), [project]);
        assert_eq!(growth.due(), [project], "until it is compacted");
        growth.reset(project);
        growth.add(project, DUE - 1, 0);
        assert_eq!(growth.due(), []);
        growth.add(project, 1, 0);
        assert_eq!(growth.due(), [project]);
    }

    #[test]
    fn processes_that_end_early_compact_in_turns() {
        let project = ProjectId::new(1).unwrap();
        let is_due = |random: u128| {
            let growth = IndexGrowth::default();
            growth.add(project, 512, random);
            !growth.due().is_empty()
        };
        assert_eq!((0..DUE as u128).filter(|random| is_due(*random)).count(), 512);
    }
}
