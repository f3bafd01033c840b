//! The ways in which an operation fails.

use s3s::{S3Error, S3ErrorCode, s3_error};

use crate::shared::fault::Fault;

pub(super) enum Failure {
    /// An S3 error that the caller should get.
    Refused(S3Error),
    /// A statement or commit failed. The caller gets an internal error.
    Fault(Fault),
}

impl From<S3Error> for Failure {
    fn from(error: S3Error) -> Self {
        Self::Refused(error)
    }
}

impl From<S3ErrorCode> for Failure {
    fn from(code: S3ErrorCode) -> Self {
        Self::Refused(code.into())
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl From<Failure> for S3Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(error) => error,
            Failure::Fault(fault) => s3_error!(InternalError, "{fault}"),
        }
    }
}
