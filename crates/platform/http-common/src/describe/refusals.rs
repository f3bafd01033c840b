//! The error responses of an operation. Most follow from the rest of its description, so that none can be forgotten.

use model::outcome::Reason;
use serde_json::{Value, json};

use crate::Statuses;

/// The media type of protobuf, which only clients of OpenTelemetry send.
const PROTOBUF: &str = "application/x-protobuf";

/// Adds a reason for which the operation may be refused.
pub(super) fn add(operation: &mut Value, statuses: Statuses, reason: Reason, when: &str) {
    let response = &mut operation["responses"][statuses.0(reason).to_string()];
    let before = response["description"].as_str().map_or_else(String::new, |before| format!("{before}; "));
    response["description"] = format!("{before}`{}`: {when}", reason.name()).into();
}

/// Adds the errors that follow from the key, the parameters and the body, and gives every error response the schema
/// `form`.
pub(super) fn complete(operation: &mut Value, statuses: Statuses, form: &Value) {
    let has_key = operation["security"].as_array().is_some_and(|keys| !keys.is_empty());
    let has_body = !operation["requestBody"].is_null();
    let has_query = operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["in"] == "query"));
    let implied = [
        (has_key, Reason::KeyMissing, "the request has no key"),
        (has_key, Reason::KeyUnknown, "the key is unknown, disabled or expired"),
        (has_key, Reason::KeyGuessesLimited, "too many unknown keys were sent"),
        (has_key, Reason::KeyRole, "keys with this role may not do this"),
        (has_key, Reason::KeyProject, "the key is for another project"),
        (has_query, Reason::ParameterInvalid, "a parameter is malformed or out of range"),
        (has_body, Reason::BodyEncoding, "the body cannot be unpacked"),
        (has_body, Reason::BodyNotJson, "the body is not JSON"),
        (has_body, Reason::BodyInvalid, "the body does not match the schema: `path` says where"),
        (has_body, Reason::BodyTooLarge, "the body has too many bytes"),
        (has_body, Reason::BodyTooLargeUnpacked, "the body unpacks to too many bytes"),
        (true, Reason::Internal, "internal error: see faultline's log"),
        (true, Reason::Unavailable, "storage does not answer: try again after `Retry-After` seconds"),
    ];
    for (_, reason, when) in implied.into_iter().filter(|(implied, ..)| *implied) {
        add(operation, statuses, reason, when);
    }
    let is_protobuf = operation.pointer("/requestBody/content").is_some_and(|content| content.get(PROTOBUF).is_some());
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        if matches!(status.as_bytes(), [b'4' | b'5', ..]) {
            response["content"] = json!({ "application/json": { "schema": form } });
        }
        // An answer has the encoding of its request.
        if is_protobuf {
            response["content"][PROTOBUF] = json!({ "schema": { "type": "string", "format": "binary" } });
        }
        if ["429", "503", "504"].contains(&status.as_str()) {
            let says = "how many seconds to wait before sending more";
            response["headers"]["Retry-After"] = json!({ "description": says, "schema": { "type": "string" } });
        }
    }
}
