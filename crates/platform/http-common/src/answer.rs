//! The one shape of answers.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use model::outcome::{Reason, Refusal};
use schemars::JsonSchema;
use serde::Serialize;

/// For how long guesses of keys count against the address that they come from.
pub(crate) const GUESS_WINDOW: Duration = Duration::from_secs(60);

/// What a handler gives back: an answer, or why there is none.
pub type Answer = Result<Response, Refusal>;

/// The form of most answers.
#[derive(Serialize)]
struct DataBody<T> {
    data: T,
}

/// 200 with `{"data": …}`.
pub fn data(data: impl Serialize) -> Answer {
    respond(StatusCode::OK, &DataBody { data })
}

/// 201 with `{"data": …}`.
pub fn created_data(data: impl Serialize) -> Answer {
    respond(StatusCode::CREATED, &DataBody { data })
}

/// 201 with a body.
pub fn created(body: &impl Serialize) -> Answer {
    respond(StatusCode::CREATED, body)
}

/// 200 with a body of one's own.
pub fn ok(body: &impl Serialize) -> Answer {
    respond(StatusCode::OK, body)
}

/// 200 without a body.
pub fn empty() -> Answer {
    Ok(Response::new(Body::empty()))
}

/// 204 without a body.
pub fn no_content() -> Answer {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// The answer to what is refused. It has what each kind of client looks for: v1's `errors` list, a top-level `error`
/// (without which v1's JavaScript client waits for ever) and `message`, and the `detail` that Sentry's SDKs log.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Refused")]
pub(crate) struct RefusalBody<'a> {
    /// What is wrong, once.
    errors: [Fault<'a>; 1],
    /// The reason's name.
    error: &'a str,
    /// What is wrong, and the way out.
    message: &'a str,
    /// The same.
    detail: &'a str,
    /// The name that the project has now, if it was called by a former one.
    #[serde(rename = "renamedTo", skip_serializing_if = "Option::is_none")]
    renamed_to: Option<&'a str>,
}

/// What is wrong with a request, or with a part of it.
#[derive(Serialize, JsonSchema)]
pub struct Fault<'a> {
    /// What is wrong, and the way out.
    pub message: &'a str,
    /// Where: keys and indexes from the top of the body, or the name of a parameter. May be empty.
    #[schemars(length(max = 16))]
    pub path: &'a [String],
    /// The reason's name.
    pub reason: &'a str,
}

impl<'a> From<&'a Refusal> for Fault<'a> {
    fn from(refusal: &'a Refusal) -> Self {
        Self { message: &refusal.message, path: &refusal.path, reason: refusal.reason.name() }
    }
}

/// The answer to what is refused.
pub(crate) fn refuse(refusal: &Refusal) -> Response {
    let Refusal { reason, message, limited, renamed_to, .. } = refusal;
    let (errors, renamed_to) = ([refusal.into()], renamed_to.as_deref());
    let body = RefusalBody { errors, error: reason.name(), message, detail: message, renamed_to };
    let status = StatusCode::from_u16(reason.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = respond(status, &body).unwrap_or_default();
    response.headers_mut().insert("x-sentry-error", HeaderValue::from_static(reason.name()));
    response.extensions_mut().insert(*reason);
    match reason {
        Reason::Unavailable | Reason::DeletionUnfinished => {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        Reason::KeyGuessesLimited => {
            response.headers_mut().insert(RETRY_AFTER, GUESS_WINDOW.as_secs().into());
        }
        _ => {}
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

fn respond(status: StatusCode, body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body)
        .map_err(|error| Refusal::new(Reason::Internal, format!("the answer cannot be written down: {error}")))?;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
