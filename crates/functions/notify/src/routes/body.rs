use axum::body::Body;
use http::Request;
use model::json;
use model::outcome::{Reason, Refusal};
use serde_json::Value;

/// The JSON in a request's body, which may have `limit` bytes unpacked; `form` says what it should be.
pub(super) async fn read(request: Request<Body>, limit: usize, form: &str) -> Result<Value, Refusal> {
    let body = http_common::read_unpacked(request).await?;
    if body.len() > limit {
        let message = format!("the body has {} bytes: at most {limit} are taken here", body.len());
        return Err(Refusal::new(Reason::BodyTooLarge, message));
    }
    // The error names a place in the body, and quotes nothing of it.
    json::parse(&body).map_err(|error| Refusal::new(Reason::BodyNotJson, format!("the body is {error}: send {form}")))
}
