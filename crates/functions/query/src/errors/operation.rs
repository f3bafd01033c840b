//! Describes the part of a path that names an error.

use http_common::describe::Operation;
use model::outcome::Reason;
use serde_json::json;

/// Describes the path parameters that name an error.
pub(crate) fn describe_error_path(operation: Operation<'_>) -> Operation<'_> {
    operation
        .project()
        .parameter(
            "path",
            "message",
            "the error's fingerprint; or its message, percent-encoded, of any length, if it came through faultline's own API",
            json!({ "type": "string", "minLength": 1 }),
        )
        .error(Reason::ErrorUnknown, "the project has no such error")
}
