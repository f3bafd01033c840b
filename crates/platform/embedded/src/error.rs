//! Errors between a caller and an engine, outside the AWS protocols.

use std::io;
use std::path::{Path, PathBuf};

/// An error of opening an engine or of one of its Rust methods.
///
/// Requests of an SDK client never get these: they are answered with the error codes of the AWS service.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory could not be created, read or synced.
    #[error("failed to access {}: {source}", path.display())]
    Io {
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Another process, or another `Engines` in this one, has the directory open.
    #[error("{} is in use by another process: stop it, or choose another directory", path.display())]
    InUse { path: PathBuf },
    /// A database file could not be opened, or was not created by this program.
    #[error("failed to open the database {}: {reason}", path.display())]
    Open {
        /// The database file, or `:memory:`.
        path: PathBuf,
        /// The message of SQLite or of the engine.
        reason: String,
    },
    /// A file of the data directory is missing or empty although others have data.
    #[error(
        "{} is missing or empty although other files have data: restore it from a backup, or start with an empty directory",
        path.display()
    )]
    Missing {
        /// The expected location of the file.
        path: PathBuf,
    },
    /// A file belongs to another data directory.
    #[error(
        "{} belongs to another data directory: restore this directory's own file, and copy directories only as a whole",
        path.display()
    )]
    Foreign { path: PathBuf },
    /// The manifest cannot be read.
    #[error("{} is damaged: {reason}; restore it from a backup", path.display())]
    Manifest {
        path: PathBuf,
        /// The cause, as the parser of the file reports it.
        reason: String,
    },
    /// The file of the KMS key does not contain a valid key.
    #[error("the key file {} is damaged: {reason}; restore it from a backup", path.display())]
    KeyFile {
        path: PathBuf,
        /// The problem with the file.
        reason: &'static str,
    },
    /// There is data, but the key that opens its sealed parts is missing.
    #[error("{} is missing although there is data: restore it from a backup, or start with an empty directory", path.display())]
    KeyMissing {
        /// The expected location of the key file.
        path: PathBuf,
    },
    /// A statement or a commit failed, for example because the disk is full or a file is damaged. The operation had no
    /// effect.
    #[error("the {engine} engine failed: {reason}")]
    Failed {
        /// `dynamo`, `s3`, `sqs`, `kms` or `directory`.
        engine: &'static str,
        /// The message of SQLite or of the engine.
        reason: String,
    },
    #[error("no queue is named {name:?}: create it first")]
    NoQueue { name: String },
    #[error("no bucket is named {name:?}: create it first")]
    NoBucket { name: String },
    /// A message violates a rule of SQS for its length or its characters.
    #[error("SQS refuses the message: {reason}")]
    Refused {
        /// The message of SQS's error.
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
