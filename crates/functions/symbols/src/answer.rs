//! Answers in the form that uploaders understand.

use axum::body::Body;
use axum::response::Response;
use http::header::CONTENT_LENGTH;
use http_common::Answer;
use model::outcome::Refusal;
use serde::Serialize;

use crate::Symbols;

/// The body of a refusal. sentry-cli prints the sentence only if the body has no other key.
#[derive(Serialize)]
struct RefusalBody<'a> {
    detail: &'a str,
}

impl Symbols {
    /// Returns the handler's answer, or its refusal, which is counted.
    pub(crate) async fn answer(&self, handler: impl Future<Output = Answer>) -> Response {
        handler.await.unwrap_or_else(|refusal| self.refuse(&refusal))
    }

    pub(crate) fn refuse(&self, refusal: &Refusal) -> Response {
        let mut response = self.outcomes.refuse(refusal);
        let body = serde_json::to_vec(&RefusalBody { detail: &refusal.message }).unwrap_or_default();
        response.headers_mut().remove(CONTENT_LENGTH);
        *response.body_mut() = Body::from(body);
        response
    }
}
