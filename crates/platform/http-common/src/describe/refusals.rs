//! The refusals of an operation. Most follow from what else is said of it, so that none can be forgotten.

use model::outcome::Reason;
use serde_json::{Value, json};

/// Adds a reason to those that the operation may be refused for.
pub(super) fn add(operation: &mut Value, reason: Reason, when: &str) {
    let response = &mut operation["responses"][reason.status().to_string()];
    let before = response["description"].as_str().map_or_else(String::new, |before| format!("{before}; "));
    response["description"] = format!("{before}`{}`: {when}", reason.name()).into();
}

/// Adds what follows from the key, the parameters and the body; and gives every refusal the one `form`.
pub(super) fn complete(operation: &mut Value, form: &Value) {
    let has_key = operation["security"].as_array().is_some_and(|keys| !keys.is_empty());
    let has_body = !operation["requestBody"].is_null();
    let has_query = operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["in"] == "query"));
    let implied = [
        (has_key, Reason::KeyMissing, "there is no key"),
        (has_key, Reason::KeyUnknown, "the key is not known, or is disabled"),
        (has_key, Reason::KeyGuessesLimited, "this address showed too many keys that are not known"),
        (has_key, Reason::KeyRole, "keys of this role may not do it"),
        (has_key, Reason::KeyProject, "the key is of another project"),
        (has_query, Reason::ParameterInvalid, "a parameter has another form, or is out of range"),
        (has_body, Reason::BodyEncoding, "the body cannot be unpacked"),
        (has_body, Reason::BodyNotJson, "the body is no JSON"),
        (has_body, Reason::BodyInvalid, "the body has another form: `path` says where"),
        (has_body, Reason::BodyTooLarge, "the body has too many bytes"),
        (has_body, Reason::BodyTooLargeUnpacked, "the body unpacks to too many bytes"),
        (true, Reason::Internal, "a fault of faultline's own"),
        (true, Reason::Unavailable, "storage does not answer: try again when `Retry-After` says"),
    ];
    for (_, reason, when) in implied.into_iter().filter(|(implied, ..)| *implied) {
        add(operation, reason, when);
    }
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        if matches!(status.as_bytes(), [b'4' | b'5', ..]) {
            response["content"] = json!({ "application/json": { "schema": form } });
        }
        if ["429", "503"].contains(&status.as_str()) {
            let says = "for how many seconds to send no more";
            response["headers"]["Retry-After"] = json!({ "description": says, "schema": { "type": "string" } });
        }
    }
}
