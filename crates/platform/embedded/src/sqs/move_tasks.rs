//! Finished message move tasks.

use parking_lot::Mutex;

/// The most finished tasks that are kept, for all queues together.
const MAX_KEPT_TASKS: usize = 100;

/// The tasks of this process, newest last. They are not kept after a restart.
#[derive(Default)]
pub(super) struct MoveTasks(Mutex<Vec<MoveTask>>);

#[derive(Clone)]
pub(super) struct MoveTask {
    pub(super) source: String,
    /// `None` if each message went back to the queue that it came from.
    pub(super) target: Option<String>,
    /// Milliseconds since 1970.
    pub(super) started: i64,
    pub(super) moved: u64,
}

impl MoveTasks {
    /// The tasks of a queue, newest first.
    pub(super) fn of(&self, source: &str) -> Vec<MoveTask> {
        let tasks = self.0.lock();
        tasks.iter().rev().filter(|task| task.source == source).cloned().collect()
    }

    pub(super) fn add(&self, mut task: MoveTask) {
        let mut tasks = self.0.lock();
        // Their times distinguish the tasks of a queue.
        if let Some(before) = tasks.iter().rev().find(|before| before.source == task.source) {
            task.started = task.started.max(before.started + 1);
        }
        if tasks.len() == MAX_KEPT_TASKS {
            tasks.remove(0);
        }
        tasks.push(task);
    }
}
