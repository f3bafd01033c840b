//! The one shape of answers.

use axum::body::Body;
use axum::response::Response;
use domain::outcome::{Reason, Refusal};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

/// What a handler gives back: an answer, or why there is none.
pub type Answer = Result<Response, Refusal>;

/// 200 with `{"data": …}`.
pub fn data(data: Value) -> Answer {
    Ok(respond(StatusCode::OK, &json!({ "data": data })))
}

/// 201 with a body.
pub fn created(body: &Value) -> Answer {
    Ok(respond(StatusCode::CREATED, body))
}

/// 200 with a body of one's own, or with none.
pub fn ok(body: Option<&Value>) -> Answer {
    match body {
        Some(body) => Ok(respond(StatusCode::OK, body)),
        None => Ok(Response::new(Body::empty())),
    }
}

/// 204 without a body.
pub fn no_content() -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// The answer to what is refused. It has what each kind of client looks for: v1's `errors` list, a top-level `error`
/// (without which v1's JavaScript client waits for ever) and `message`, and the `detail` that Sentry's SDKs log.
pub(crate) fn refuse(refusal: &Refusal) -> Response {
    let Refusal { reason, message, path, limited } = refusal;
    let body = json!({
        "errors": [{ "message": message, "path": path, "reason": reason.name() }],
        "error": reason.name(),
        "message": message,
        "detail": message,
    });
    let status = StatusCode::from_u16(reason.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = respond(status, &body);
    response.headers_mut().insert("x-sentry-error", HeaderValue::from_static(reason.name()));
    if *reason == Reason::Unavailable {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    if let Some(limited) = limited {
        let headers = response.headers_mut();
        headers.insert(RETRY_AFTER, limited.seconds.into());
        // Epoch seconds, for v1's JavaScript client.
        headers.insert("x-ratelimit-reset", limited.until.seconds().into());
        // All that is stored: errors, messages and what browsers report. What is not stored is switched off elsewhere.
        let categories = format!("{}:default;error;security:project:{}", limited.seconds, reason.name());
        if let Ok(categories) = HeaderValue::from_str(&categories) {
            headers.insert("x-sentry-rate-limits", categories);
        }
    }
    response
}

fn respond(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
