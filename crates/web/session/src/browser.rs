//! Distinguishes browsers from API clients: both may request the same URL.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use http::header::{ACCEPT, AUTHORIZATION, VARY};
use http::{HeaderMap, HeaderValue, Method};
use http_common::{BaseUrl, Prefix};
use tower::ServiceExt;

/// Wraps `api` so that a browser that opens a path with a page (`has_page`) gets the page from `pages`.
pub fn answer_browsers(api: Router, has_page: fn(&str) -> bool, pages: Router) -> Router {
    api.layer(from_fn(move |request: Request, next: Next| {
        let is_for_page =
            request.method() == Method::GET && has_page(request.uri().path()) && wants_page(request.headers());
        let pages = is_for_page.then(|| pages.clone());
        async move {
            let Some(pages) = pages else { return next.run(request).await };
            let mut response = match pages.oneshot(repeat(&request)).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
            response
        }
    }))
}

/// Copies the request without the path parameters of the API's route, because the page's route extracts its own.
fn repeat(request: &Request) -> Request {
    let mut repeated = Request::new(Body::empty());
    *repeated.uri_mut() = request.uri().clone();
    *repeated.headers_mut() = request.headers().clone();
    if let Some(base) = request.extensions().get::<BaseUrl>() {
        repeated.extensions_mut().insert(base.clone());
    }
    if let Some(prefix) = request.extensions().get::<Prefix>() {
        repeated.extensions_mut().insert(prefix.clone());
    }
    repeated
}

/// Whether a browser opened the URL. API clients send a key, or do not accept HTML.
fn wants_page(headers: &HeaderMap) -> bool {
    let asks = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|text| text.contains("text/html"));
    asks && !headers.contains_key("x-api-key") && !headers.contains_key(AUTHORIZATION)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_accept_html_and_api_clients_send_a_key() {
        let check = |headers: &[(&'static str, &'static str)], expected| {
            let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            assert_eq!(wants_page(&headers.collect()), expected);
        };
        check(&[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")], true);
        check(&[("accept", "*/*")], false);
        check(&[], false);
        check(&[("accept", "text/html"), ("x-api-key", "k")], false);
        check(&[("accept", "text/html"), ("authorization", "Bearer k")], false);
    }
}
