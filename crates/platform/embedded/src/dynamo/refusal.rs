//! The error responses of DynamoDB and of its streams.

use http::StatusCode;
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::shared::fault::Fault;

/// An error response of DynamoDB: its kind and its message.
#[derive(Debug)]
pub(super) struct DynamoRefusal {
    kind: RefusalKind,
    message: String,
    /// The stored item, if a condition failed and the request asked for it.
    item: Option<Box<RawValue>>,
    /// Why a transaction was cancelled, for each of its actions.
    reasons: Vec<CancellationReason>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefusalKind {
    ConditionalCheckFailed,
    IdempotentParameterMismatch,
    Internal,
    ResourceInUse,
    ResourceNotFound,
    Serialization,
    TransactionCanceled,
    TrimmedDataAccess,
    UnknownOperation,
    Validation,
}

/// Why an action of a transaction was refused, or that it was not.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CancellationReason {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Box<RawValue>>,
}

impl CancellationReason {
    pub(super) fn none() -> Self {
        Self { code: "None", message: None, item: None }
    }
}

impl From<DynamoRefusal> for CancellationReason {
    fn from(refusal: DynamoRefusal) -> Self {
        let code = match refusal.kind {
            RefusalKind::ConditionalCheckFailed => "ConditionalCheckFailed",
            _ => "ValidationError",
        };
        Self { code, message: Some(refusal.message), item: refusal.item }
    }
}

impl DynamoRefusal {
    pub(super) fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), item: None, reasons: Vec::new() }
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::Validation, message)
    }

    pub(super) fn no_table() -> Self {
        Self::new(RefusalKind::ResourceNotFound, "Requested resource not found")
    }

    pub(super) fn condition(item: Option<Box<RawValue>>) -> Self {
        Self { item, ..Self::new(RefusalKind::ConditionalCheckFailed, "The conditional request failed") }
    }

    pub(super) fn cancelled(reasons: Vec<CancellationReason>) -> Self {
        let codes: Vec<_> = reasons.iter().map(|reason| reason.code).collect();
        let message = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        );
        Self { reasons, ..Self::new(RefusalKind::TransactionCanceled, message) }
    }

    /// Whether the refusal concerns the one request, and not the engine.
    pub(super) fn is_of_request(&self) -> bool {
        self.kind != RefusalKind::Internal
    }

    pub(super) fn status(&self) -> StatusCode {
        match self.kind {
            RefusalKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    /// The body of the response.
    pub(super) fn body(&self) -> String {
        let shape = match self.kind {
            RefusalKind::ConditionalCheckFailed => "dynamodb.v20120810#ConditionalCheckFailedException",
            RefusalKind::IdempotentParameterMismatch => "dynamodb.v20120810#IdempotentParameterMismatchException",
            RefusalKind::Internal => "dynamodb.v20120810#InternalServerError",
            RefusalKind::ResourceInUse => "dynamodb.v20120810#ResourceInUseException",
            RefusalKind::ResourceNotFound => "dynamodb.v20120810#ResourceNotFoundException",
            RefusalKind::Serialization => "coral.service#SerializationException",
            RefusalKind::TransactionCanceled => "dynamodb.v20120810#TransactionCanceledException",
            RefusalKind::TrimmedDataAccess => "dynamodb.v20120810#TrimmedDataAccessException",
            RefusalKind::UnknownOperation => "coral.service#UnknownOperationException",
            RefusalKind::Validation => "coral.validate#ValidationException",
        };
        let mut body = json!({ "__type": format!("com.amazonaws.{shape}") });
        // Services spell this member in two ways, and the SDK of transactions knows only this one.
        body[if self.kind == RefusalKind::TransactionCanceled { "Message" } else { "message" }] =
            self.message.as_str().into();
        if let Some(item) = &self.item {
            body["Item"] = json!(item);
        }
        if !self.reasons.is_empty() {
            body["CancellationReasons"] = json!(self.reasons);
        }
        body.to_string()
    }
}

impl std::fmt::Display for DynamoRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Fault> for DynamoRefusal {
    fn from(fault: Fault) -> Self {
        Self::new(RefusalKind::Internal, fault.to_string())
    }
}

impl From<rusqlite::Error> for DynamoRefusal {
    fn from(error: rusqlite::Error) -> Self {
        Fault::from(error).into()
    }
}

impl From<serde_json::Error> for DynamoRefusal {
    /// The engine has stored something that is not JSON, or is about to answer it.
    fn from(error: serde_json::Error) -> Self {
        Self::new(RefusalKind::Internal, error.to_string())
    }
}
