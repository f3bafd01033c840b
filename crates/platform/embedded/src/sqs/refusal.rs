//! The error responses of SQS, with their names in both protocols.

use http::StatusCode;

use crate::shared::fault::Fault;

/// An error response: its kind and its message.
#[derive(Debug)]
pub(super) struct Refusal {
    kind: RefusalKind,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefusalKind {
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    EmptyBatchRequest,
    Internal,
    InvalidAttributeName,
    InvalidAttributeValue,
    InvalidBatchEntryId,
    InvalidMessageContents,
    InvalidParameterValue,
    MessageNotInflight,
    MissingParameter,
    QueueDoesNotExist,
    QueueNameExists,
    ReceiptHandleIsInvalid,
    ResourceNotFound,
    TooManyEntriesInBatchRequest,
    UnsupportedOperation,
}

impl Refusal {
    pub(super) fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(super) fn parameter(reason: impl Into<String>) -> Self {
        Self::new(RefusalKind::InvalidParameterValue, reason)
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::new(RefusalKind::MissingParameter, format!("The request must contain the parameter {parameter}."))
    }

    pub(super) fn no_queue() -> Self {
        Self::new(RefusalKind::QueueDoesNotExist, "The specified queue does not exist.")
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The name in the JSON protocol.
    pub(super) fn shape(&self) -> String {
        let name = match self.kind {
            RefusalKind::Internal => "InternalFailure",
            RefusalKind::ResourceNotFound => "ResourceNotFoundException",
            _ => return format!("com.amazonaws.sqs#{:?}", self.kind),
        };
        format!("com.amazonaws.sqs#{name}")
    }

    /// The code in the query protocol, which is also used for the failed entries of a batch.
    pub(super) fn code(&self) -> &'static str {
        match self.kind {
            RefusalKind::BatchEntryIdsNotDistinct => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            RefusalKind::BatchRequestTooLong => "AWS.SimpleQueueService.BatchRequestTooLong",
            RefusalKind::EmptyBatchRequest => "AWS.SimpleQueueService.EmptyBatchRequest",
            RefusalKind::Internal => "InternalFailure",
            RefusalKind::InvalidAttributeName => "InvalidAttributeName",
            RefusalKind::InvalidAttributeValue => "InvalidAttributeValue",
            RefusalKind::InvalidBatchEntryId => "AWS.SimpleQueueService.InvalidBatchEntryId",
            RefusalKind::InvalidMessageContents => "InvalidMessageContents",
            RefusalKind::InvalidParameterValue => "InvalidParameterValue",
            RefusalKind::MessageNotInflight => "AWS.SimpleQueueService.MessageNotInflight",
            RefusalKind::MissingParameter => "MissingParameter",
            RefusalKind::QueueDoesNotExist => "AWS.SimpleQueueService.NonExistentQueue",
            RefusalKind::QueueNameExists => "QueueAlreadyExists",
            RefusalKind::ReceiptHandleIsInvalid => "ReceiptHandleIsInvalid",
            RefusalKind::ResourceNotFound => "ResourceNotFoundException",
            RefusalKind::TooManyEntriesInBatchRequest => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            RefusalKind::UnsupportedOperation => "AWS.SimpleQueueService.UnsupportedOperation",
        }
    }

    pub(super) fn is_senders_fault(&self) -> bool {
        self.kind != RefusalKind::Internal
    }

    pub(super) fn query_error(&self) -> String {
        let fault = if self.is_senders_fault() { "Sender" } else { "Receiver" };
        format!("{};{fault}", self.code())
    }

    pub(super) fn status(&self) -> StatusCode {
        if self.is_senders_fault() { StatusCode::BAD_REQUEST } else { StatusCode::INTERNAL_SERVER_ERROR }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self::new(RefusalKind::Internal, fault.to_string())
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Fault::from(error).into()
    }
}
