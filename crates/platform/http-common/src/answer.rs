//! The common format of JSON responses.

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use model::outcome::{Reason, Refusal};
use schemars::JsonSchema;
use serde::Serialize;

/// How long guesses of keys count against the address that they came from.
pub(crate) const GUESS_WINDOW: Duration = Duration::from_secs(60);

/// The result of a handler: a response, or a refusal.
pub type Answer = Result<Response, Refusal>;

/// The HTTP statuses by which a kind of client decides what to do about a refusal. They are kept with the response, so
/// that whatever replaces it has a status of the same kind.
#[derive(Clone, Copy)]
pub struct Statuses(pub fn(Reason) -> u16);

impl Statuses {
    /// The statuses for most clients.
    pub const COMMON: Self = Self(Reason::status);
}

/// A response with this status and JSON body.
pub fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    respond(status, body)
}

/// How many seconds a client should wait after a refusal, if it should.
fn waiting_seconds(refusal: &Refusal) -> Option<u64> {
    match (refusal.limited, refusal.reason) {
        (Some(limited), _) => Some(limited.seconds.into()),
        (None, Reason::KeyGuessesLimited) => Some(GUESS_WINDOW.as_secs()),
        (None, Reason::Unavailable | Reason::DeletionUnfinished) => Some(RETRY_SECONDS),
        (None, _) => None,
    }
}

/// How soon a request is sent again that storage did not answer, in seconds.
const RETRY_SECONDS: u64 = 5;

/// The format of most responses.
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

/// 201 with this body.
pub fn created(body: &impl Serialize) -> Answer {
    respond(StatusCode::CREATED, body)
}

/// 200 with this body.
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

/// A refused request. Contains what each kind of client looks for: v1's `errors` list, a top-level `error` (v1's
/// JavaScript client waits forever without it) and `message`, the `detail` that Sentry's SDKs log, and the `err` without
/// which Rollbar's take it for success.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Refused")]
pub(crate) struct RefusalBody<'a> {
    /// The problem. Always one entry.
    errors: [Fault<'a>; 1],
    /// The name of the reason.
    error: &'a str,
    /// The problem, and how to fix it.
    message: &'a str,
    /// The same text as `message`.
    detail: &'a str,
    /// 1, which says that the request was refused.
    err: u8,
    /// The project's current name, if the request used a former one.
    #[serde(rename = "renamedTo", skip_serializing_if = "Option::is_none")]
    renamed_to: Option<&'a str>,
}

/// A problem with a request or a part of it.
#[derive(Serialize, JsonSchema)]
pub struct Fault<'a> {
    /// The problem, and how to fix it.
    pub message: &'a str,
    /// Where the problem is: keys and indexes from the top of the body, or the name of a parameter. May be empty.
    #[schemars(length(max = 16))]
    pub path: &'a [String],
    /// The name of the reason.
    pub reason: &'a str,
}

impl<'a> From<&'a Refusal> for Fault<'a> {
    fn from(refusal: &'a Refusal) -> Self {
        Self { message: &refusal.message, path: &refusal.path, reason: refusal.reason.name() }
    }
}

/// The response for a refusal.
pub(crate) fn refuse(refusal: &Refusal, statuses: Statuses) -> Response {
    let Refusal { reason, message, limited, renamed_to, .. } = refusal;
    let (errors, renamed_to) = ([refusal.into()], renamed_to.as_deref());
    let body = RefusalBody { errors, error: reason.name(), message, detail: message, err: 1, renamed_to };
    let status = StatusCode::from_u16(statuses.0(*reason)).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = respond(status, &body).unwrap_or_default();
    response.headers_mut().insert("x-sentry-error", HeaderValue::from_static(reason.name()));
    response.extensions_mut().insert(*reason);
    response.extensions_mut().insert(statuses);
    if let Some(seconds) = waiting_seconds(refusal) {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    if let Some(limited) = limited {
        let headers = response.headers_mut();
        // In seconds since 1970, for v1's JavaScript client.
        headers.insert("x-ratelimit-reset", limited.until.seconds().into());
        // For Airbrake's and Rollbar's clients.
        headers.insert("x-ratelimit-delay", limited.seconds.into());
        headers.insert("x-rate-limit-remaining", HeaderValue::from_static("0"));
        headers.insert("x-rate-limit-remaining-seconds", limited.seconds.into());
        // The categories that are stored: errors, messages, and reports from browsers. SDKs stop sending other
        // categories by other answers.
        let categories = format!("{}:default;error;security:project:{}", limited.seconds, reason.name());
        if let Ok(categories) = HeaderValue::from_str(&categories) {
            headers.insert("x-sentry-rate-limits", categories);
        }
    }
    response
}

fn respond(status: StatusCode, body: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(body)
        .map_err(|error| Refusal::new(Reason::Internal, format!("failed to serialise the answer: {error}")))?;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
