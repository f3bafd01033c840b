use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use model::outcome::{Cause, Reason, Refusal};

/// An error of storage. Match on [`StoreError::kind`], never on the text.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{doing}: {detail}")]
pub struct StoreError {
    kind: Kind,
    doing: &'static str,
    detail: String,
}

/// The kind of a [`StoreError`], which says what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something that the write depended on has changed: read again and decide again.
    Conflict,
    /// The requested thing does not exist.
    NotFound,
    /// Too many requests: wait and try again.
    Throttled,
    /// No answer, or an answer that says a retry may help.
    Unavailable,
    /// The request itself is wrong (too large, malformed, not allowed): a retry is pointless.
    Rejected,
    /// The stored data cannot be read.
    Corrupt,
}

pub type Result<T> = std::result::Result<T, StoreError>;

impl StoreError {
    /// An error of `kind` that happened while `doing` something; `detail` says what exactly failed.
    pub fn new(kind: Kind, doing: &'static str, detail: impl Into<String>) -> Self {
        Self { kind, doing, detail: detail.into() }
    }

    pub(crate) fn corrupt(doing: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::new(Kind::Corrupt, doing, detail.to_string())
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, Kind::Throttled | Kind::Unavailable | Kind::Conflict)
    }

    /// Converts the failure of a call to AWS.
    pub(crate) fn of_call<E>(doing: &'static str, error: &SdkError<E, Response>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let (kind, detail) = match error {
            SdkError::ServiceError(context) => {
                let (code, status) = (context.err().code(), context.raw().status().as_u16());
                let message = context.err().message().unwrap_or_default();
                (
                    Kind::of_code(code, status),
                    format!("{} ({status}) {message}", code.unwrap_or("error without a code")),
                )
            }
            SdkError::ConstructionFailure(_) => (Kind::Rejected, chain(error)),
            _ => (Kind::Unavailable, chain(error)),
        };
        Self::new(kind, doing, detail)
    }
}

/// Details of the failure are of no use to a caller. They become the refusal's cause, which is logged where the request
/// is answered.
impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let refusal = match error.kind {
            Kind::Throttled | Kind::Unavailable | Kind::Conflict => {
                Self::new(Reason::Unavailable, "storage did not answer in time: try again in a few seconds")
            }
            Kind::NotFound | Kind::Rejected | Kind::Corrupt => {
                Self::new(Reason::Internal, "internal error: see faultline's log")
            }
        };
        let cause = Cause { kind: format!("{:?}", error.kind), message: error.to_string() };
        Self { cause: Some(Box::new(cause)), ..refusal }
    }
}

impl Kind {
    /// The kind for an error code of DynamoDB, S3, SQS or KMS.
    pub(crate) fn of_code(code: Option<&str>, status: u16) -> Self {
        match code.unwrap_or_default() {
            "ConditionalCheckFailedException"
            | "ConditionalCheckFailed"
            | "PreconditionFailed"
            | "ConditionalRequestConflict" => Self::Conflict,
            "NoSuchKey" | "NotFound" | "NotFoundException" => Self::NotFound,
            "ProvisionedThroughputExceededException"
            | "ProvisionedThroughputExceeded"
            | "ThrottlingException"
            | "ThrottlingError"
            | "RequestThrottled"
            | "RequestLimitExceeded"
            | "SlowDown"
            | "TransactionConflict"
            | "TransactionConflictException"
            | "TransactionInProgressException" => Self::Throttled,
            "DependencyTimeoutException" | "KeyUnavailableException" => Self::Unavailable,
            _ if status == 404 => Self::NotFound,
            _ if status == 412 => Self::Conflict,
            _ if status == 429 || status == 503 => Self::Throttled,
            _ if status >= 500 => Self::Unavailable,
            _ => Self::Rejected,
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The caller learns whether a retry may help; the log shows what failed.
    #[test]
    fn a_failure_of_storage_becomes_a_refusal_with_its_cause() {
        for (kind, reason) in [
            (Kind::Throttled, Reason::Unavailable),
            (Kind::Unavailable, Reason::Unavailable),
            (Kind::Conflict, Reason::Unavailable),
            (Kind::NotFound, Reason::Internal),
            (Kind::Rejected, Reason::Internal),
            (Kind::Corrupt, Reason::Internal),
        ] {
            let refusal = Refusal::from(StoreError::new(kind, "reading an error", "item 7"));
            assert_eq!(refusal.reason, reason);
            assert!(!refusal.message.contains("item 7"), "{refusal}");
            let cause = Cause { kind: format!("{kind:?}"), message: "reading an error: item 7".to_owned() };
            assert_eq!(refusal.cause.as_deref(), Some(&cause));
        }
    }

    /// Error codes of KMS's API reference: only for some of them a retry may help.
    #[test]
    fn a_failure_of_kms_says_whether_trying_again_may_help() {
        for (code, status, kind) in [
            ("ThrottlingException", 400, Kind::Throttled),
            ("LimitExceededException", 400, Kind::Rejected),
            ("DependencyTimeoutException", 503, Kind::Unavailable),
            ("KeyUnavailableException", 500, Kind::Unavailable),
            ("KMSInternalException", 500, Kind::Unavailable),
            ("AccessDeniedException", 400, Kind::Rejected),
            ("DisabledException", 409, Kind::Rejected),
            ("KMSInvalidStateException", 409, Kind::Rejected),
            ("InvalidKeyUsageException", 400, Kind::Rejected),
            ("NotFoundException", 400, Kind::NotFound),
        ] {
            assert_eq!(Kind::of_code(Some(code), status), kind, "{code}");
        }
    }
}
