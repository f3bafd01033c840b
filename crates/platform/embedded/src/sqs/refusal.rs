//! The error answers of SQS, under both of their names.

use http::StatusCode;

use crate::shared::fault::Fault;

/// An error answer: which one, and what it says.
#[derive(Debug)]
pub(super) struct Refusal {
    kind: Kind,
    message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
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
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(super) fn parameter(reason: impl Into<String>) -> Self {
        Self::new(Kind::InvalidParameterValue, reason)
    }

    pub(super) fn missing(parameter: &str) -> Self {
        Self::new(Kind::MissingParameter, format!("The request must contain the parameter {parameter}."))
    }

    pub(super) fn no_queue() -> Self {
        Self::new(Kind::QueueDoesNotExist, "The specified queue does not exist.")
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The name in the JSON protocol.
    pub(super) fn shape(&self) -> String {
        let name = match self.kind {
            Kind::Internal => "InternalFailure",
            Kind::ResourceNotFound => "ResourceNotFoundException",
            _ => return format!("com.amazonaws.sqs#{:?}", self.kind),
        };
        format!("com.amazonaws.sqs#{name}")
    }

    /// The code in the query protocol, which also stands in the failed entries of a batch.
    pub(super) fn code(&self) -> &'static str {
        match self.kind {
            Kind::BatchEntryIdsNotDistinct => "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
            Kind::BatchRequestTooLong => "AWS.SimpleQueueService.BatchRequestTooLong",
            Kind::EmptyBatchRequest => "AWS.SimpleQueueService.EmptyBatchRequest",
            Kind::Internal => "InternalFailure",
            Kind::InvalidAttributeName => "InvalidAttributeName",
            Kind::InvalidAttributeValue => "InvalidAttributeValue",
            Kind::InvalidBatchEntryId => "AWS.SimpleQueueService.InvalidBatchEntryId",
            Kind::InvalidMessageContents => "InvalidMessageContents",
            Kind::InvalidParameterValue => "InvalidParameterValue",
            Kind::MessageNotInflight => "AWS.SimpleQueueService.MessageNotInflight",
            Kind::MissingParameter => "MissingParameter",
            Kind::QueueDoesNotExist => "AWS.SimpleQueueService.NonExistentQueue",
            Kind::QueueNameExists => "QueueAlreadyExists",
            Kind::ReceiptHandleIsInvalid => "ReceiptHandleIsInvalid",
            Kind::ResourceNotFound => "ResourceNotFoundException",
            Kind::TooManyEntriesInBatchRequest => "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
            Kind::UnsupportedOperation => "AWS.SimpleQueueService.UnsupportedOperation",
        }
    }

    pub(super) fn is_senders_fault(&self) -> bool {
        self.kind != Kind::Internal
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
        Self::new(Kind::Internal, fault.to_string())
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Fault::from(error).into()
    }
}
