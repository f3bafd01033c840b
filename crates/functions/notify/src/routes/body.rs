use axum::body::Body;
use http::Request;
use model::json;
use model::outcome::{Reason, Refusal};
use serde_json::Value;

/// Reads a request's body as JSON. It may have `limit` bytes after decompression. `form` describes the expected body,
/// for error messages.
pub(super) async fn read(request: Request<Body>, limit: usize, form: &str) -> Result<Value, Refusal> {
    let body = http_common::read_unpacked(request).await?;
    if body.len() > limit {
        let message = format!("the body has {} bytes: at most {limit} are allowed", body.len());
        return Err(Refusal::new(Reason::BodyTooLarge, message));
    }
    // The error names a place in the body, but quotes nothing from it.
    json::parse(&body).map_err(|error| Refusal::new(Reason::BodyNotJson, format!("the body is {error}: send {form}")))
}
