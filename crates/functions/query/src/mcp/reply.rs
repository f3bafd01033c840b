//! Dresses results and errors for their era.

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use super::era::Era;
use super::message::{RpcCode, RpcError};

/// How long a client may keep a list, in milliseconds. Lists change with a release, and with the key.
const TTL_MS: u64 = 300_000;

/// The result of a method.
#[derive(Debug)]
pub(super) struct RpcResult {
    pub(super) fields: Map<String, Value>,
    /// Whether a client may keep it for a while.
    pub(super) is_cacheable: bool,
}

/// The answer to a call.
pub(super) fn answer(era: Era, id: &Value, answer: Result<RpcResult, RpcError>) -> Response {
    let RpcResult { mut fields, is_cacheable } = match answer {
        Ok(result) => result,
        Err(error) => {
            let is_of_request = era == Era::Modern && error.code == RpcCode::MethodUnknown;
            return refuse(id, &RpcError { is_of_request: error.is_of_request || is_of_request, ..error });
        }
    };
    if era == Era::Modern {
        fields.insert("resultType".to_owned(), json!("complete"));
        fields.insert("_meta".to_owned(), json!({ "io.modelcontextprotocol/serverInfo": server_info() }));
        if is_cacheable {
            fields.insert("ttlMs".to_owned(), json!(TTL_MS));
            // Tools depend on the role of the key.
            fields.insert("cacheScope".to_owned(), json!("private"));
        }
    }
    respond(StatusCode::OK, &json!({ "jsonrpc": "2.0", "id": id, "result": fields }))
}

/// The answer for an error. `id` is null if the request has none that can be read.
pub(super) fn refuse(id: &Value, error: &RpcError) -> Response {
    let status = match error.code {
        _ if !error.is_of_request => StatusCode::OK,
        RpcCode::MethodUnknown => StatusCode::NOT_FOUND,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut described = json!({ "code": error.code as i32, "message": error.message });
    if let Some(data) = &error.data {
        described["data"] = data.clone();
    }
    respond(status, &json!({ "jsonrpc": "2.0", "id": id, "error": described }))
}

/// The answer to a message that has none.
pub(super) fn accepted() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}

/// Returns the name and the version of this server.
pub(super) fn server_info() -> Value {
    json!({ "name": "faultline", "title": "faultline", "version": env!("CARGO_PKG_VERSION") })
}

fn respond(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
