//! Turns a page into a response.

use axum::response::{Html, IntoResponse, Response};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use http::{HeaderName, StatusCode};

/// Renders a page, with its security headers.
pub fn page(page: &impl web_pages::Page) -> Response {
    match web_pages::page(page) {
        Ok(html) => {
            let headers = [
                (CONTENT_SECURITY_POLICY, web_pages::CONTENT_SECURITY_POLICY),
                (REFERRER_POLICY, "same-origin"),
                (HeaderName::from_static("x-content-type-options"), "nosniff"),
            ];
            (headers, Html(html)).into_response()
        }
        Err(error) => {
            tracing::error!(error.message = %error, "failed to render a page");
            (StatusCode::INTERNAL_SERVER_ERROR, [(CONTENT_TYPE, "text/plain")], "internal error: see faultline's log")
                .into_response()
        }
    }
}
