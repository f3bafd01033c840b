//! Group commit: one thread owns the writing connection. All operations that wait when it becomes free share one
//! transaction, and so one sync. Under load this divides the cost of a sync by the number of callers; without load
//! nobody waits for others.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::directory::Directory;
use super::fault::Fault;

/// How many operations may wait for the writer. Callers beyond that wait to add theirs.
const QUEUE: usize = 4096;

pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread, with the name of its file. Up to `group` operations share a commit. The thread releases
    /// `held` after it closed the connection.
    pub(super) fn start(
        file: &str,
        group: usize,
        connection: Connection,
        held: Option<Directory>,
    ) -> std::io::Result<Self> {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new().name(file.to_owned()).spawn(move || {
            serve(&connection, waiting, group);
            drop(connection);
            drop(held);
        })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(super) async fn run<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        after: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Fault> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or(Fault::Stopped)?;
        jobs.send(Box::new(Task { work: Some(work), after, outcome: None, reply }))
            .await
            .map_err(|_| Fault::Stopped)?;
        answer.await.unwrap_or_else(|_| Err(Fault::Stopped.into()))
    }
}

impl Drop for Writer {
    /// Waits for the thread. The database is closed when its last handle is gone, so it can be opened again at once.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            // If the thread panicked, its callers have noticed already.
            let _ = thread.join();
        }
    }
}

/// An operation with its types erased.
trait Job: Send {
    /// Runs the operation. Returns whether its statements should be kept.
    fn run(&mut self, connection: &Connection) -> bool;

    /// Answers the caller, after the commit or its failure.
    fn answer(self: Box<Self>, committed: Result<(), Arc<str>>);
}

struct Task<W, A, T, E> {
    work: Option<W>,
    after: A,
    /// `None` until the operation ran, and if it panicked.
    outcome: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<W, A, T, E> Job for Task<W, A, T, E>
where
    W: FnOnce(&Connection) -> Result<T, E> + Send,
    A: FnOnce(&T) + Send,
    T: Send,
    E: From<Fault> + Send,
{
    fn run(&mut self, connection: &Connection) -> bool {
        if let Some(work) = self.work.take() {
            self.outcome = catch_unwind(AssertUnwindSafe(|| work(connection))).ok();
        }
        matches!(self.outcome, Some(Ok(_)))
    }

    fn answer(self: Box<Self>, committed: Result<(), Arc<str>>) {
        let outcome = match (committed, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(Fault::Panicked.into()),
            // Applies also to an operation that failed by itself: its failure may depend on data of another one that is
            // now lost.
            (Err(reason), _) => Err(Fault::Commit(reason).into()),
        };
        if let Ok(value) = &outcome {
            (self.after)(value);
        }
        // The caller may have stopped waiting; the operation was done all the same.
        let _ = self.reply.send(outcome);
    }
}

fn serve(connection: &Connection, mut waiting: mpsc::Receiver<Box<dyn Job>>, group: usize) {
    let mut jobs: Vec<Box<dyn Job>> = Vec::with_capacity(group);
    while let Some(first) = waiting.blocking_recv() {
        jobs.push(first);
        let committed = commit_group(connection, &mut jobs, &mut waiting, group).map_err(|e| {
            tracing::error!(error = %e, batch.len = jobs.len(), "failed to commit");
            if !connection.is_autocommit() {
                // If this fails too, the next BEGIN fails and reports the error to its callers.
                let _ = connection.execute_batch("ROLLBACK");
            }
            Arc::from(e.to_string())
        });
        for job in jobs.drain(..) {
            job.answer(committed.clone());
        }
    }
}

/// Runs the given jobs, and those that arrive in the meantime, in one transaction.
fn commit_group(
    connection: &Connection,
    jobs: &mut Vec<Box<dyn Job>>,
    waiting: &mut mpsc::Receiver<Box<dyn Job>>,
    group: usize,
) -> rusqlite::Result<()> {
    let run = |sql: &str| connection.prepare_cached(sql)?.execute([]).map(drop);
    run("BEGIN IMMEDIATE")?;
    let mut next = 0;
    while let Some(job) = jobs.get_mut(next) {
        run("SAVEPOINT job")?;
        if !job.run(connection) {
            // A full disk or a read error may have rolled back everything. Then this fails, and the whole group with
            // it.
            run("ROLLBACK TO job")?;
        }
        run("RELEASE job")?;
        next += 1;
        if jobs.len() < group
            && let Ok(job) = waiting.try_recv()
        {
            jobs.push(job);
        }
    }
    run("COMMIT")
}
