//! The ways in which an operation on a database fails.

use std::sync::Arc;

/// Why a statement, or the commit it was part of, did not happen. Nothing of the operation is stored then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// A statement failed.
    #[error(transparent)]
    Statement(#[from] rusqlite::Error),
    /// The commit that the operation shared with others failed.
    #[error("commit failed: {0}")]
    Commit(Arc<str>),
    /// The operation panicked: its own fault, and its neighbours are not touched by it.
    #[error("the operation panicked")]
    Panicked,
    /// The writer thread is gone.
    #[error("the engine has stopped")]
    Stopped,
}
