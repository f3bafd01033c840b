//! What can go wrong between a caller and an engine, outside the AWS protocols.

use std::io;
use std::path::{Path, PathBuf};

/// Failures of opening an engine and of its Rust methods.
///
/// Requests of an SDK client are never answered with these: they get the error codes of the AWS service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory could not be made, read or synced.
    #[error("cannot use {}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another process, or another `Engines` in this one, has the directory open.
    #[error("{} is in use by another process: stop that one or choose another directory", path.display())]
    InUse {
        /// The data directory.
        path: PathBuf,
    },
    /// A database file could not be opened, or is not one of ours.
    #[error("cannot open the database {}: {reason}", path.display())]
    Open {
        /// The database file, or `:memory:`.
        path: PathBuf,
        /// What SQLite or the engine said.
        reason: String,
    },
    /// A file of the data directory is gone or empty, and the others have data.
    #[error(
        "{} is missing or empty although other files have data: put it back from a backup, or start with an empty directory",
        path.display()
    )]
    Missing {
        /// Where the file should be.
        path: PathBuf,
    },
    /// A file is of another data directory.
    #[error(
        "{} belongs to another data directory: put this directory's own file back, or copy directories only as a whole",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The list of what belongs together cannot be read.
    #[error("{} is damaged: {reason}; put it back from a backup", path.display())]
    Manifest {
        /// The file.
        path: PathBuf,
        /// The cause, as the reader of the file reports it.
        reason: String,
    },
    /// The KMS key file cannot be read as one.
    #[error("the key file {} is damaged: {reason}; put it back from a backup", path.display())]
    KeyFile {
        /// The key file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is data, but the key that its sealed parts need is gone.
    #[error("{} is missing beside existing data: put it back from a backup, or start with an empty directory", path.display())]
    KeyMissing {
        /// Where the key file should be.
        path: PathBuf,
    },
    /// A statement or commit failed: the disk is full, a file was damaged. The operation had no effect.
    #[error("the {engine} engine could not finish: {reason}")]
    Failed {
        /// `dynamo`, `s3` or `sqs`.
        engine: &'static str,
        /// What SQLite or the engine said.
        reason: String,
    },
    /// There is no such queue.
    #[error("no queue is named {name:?}: create it first")]
    NoQueue {
        /// The name asked for.
        name: String,
    },
    /// There is no such bucket.
    #[error("no bucket is named {name:?}: create it first")]
    NoBucket {
        /// The name asked for.
        name: String,
    },
    /// A message breaks a rule of SQS: its length, or a character.
    #[error("the message is refused: {reason}")]
    Refused {
        /// The text of SQS's error.
        reason: String,
    },
}

impl Error {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }

    pub(crate) fn failed(engine: &'static str, reason: impl ToString) -> Self {
        Self::Failed { engine, reason: reason.to_string() }
    }
}
