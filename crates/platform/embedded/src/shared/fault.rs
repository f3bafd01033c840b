//! The ways in which a database operation fails.

use std::sync::Arc;

/// Why a statement, or the commit that contained it, failed. Nothing of the operation is stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// A statement of SQLite failed.
    #[error(transparent)]
    Statement(#[from] rusqlite::Error),
    /// The commit that the operation shared with others failed.
    #[error("failed to commit: {0}")]
    Commit(Arc<str>),
    /// The operation panicked. Others in the same commit are not affected.
    #[error("the operation panicked")]
    Panicked,
    #[error("the engine has stopped")]
    Stopped,
}
