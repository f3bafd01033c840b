//! The service in front of all routes.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::body::HttpBody;
use axum::response::Response;
use bytes::Bytes;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderValue, Method, Request, StatusCode};
use model::outcome::{Reason, Refusal};
use tower::{Service, ServiceExt};

use crate::body::Lent;
use crate::guesses::Guesses;
use crate::{BaseUrl, ClientAddress, Outcomes, path};

/// Wraps a router with what every request needs: it strips the path prefix, answers preflight requests, and adds to
/// every response, including refusals, the headers without which a browser hides it from the page that asked. If a
/// handler did not read the whole body, the rest is read before the response is sent, so that clients that write first
/// and read later can see it.
#[derive(Clone)]
pub struct Front {
    router: Router,
    guesses: Arc<Guesses>,
    outcomes: Arc<Outcomes>,
}

/// The request headers that browser clients send: faultline's, those of Sentry and other trackers, and browsers
/// that speak MCP.
const ALLOWED_HEADERS: &str = "x-api-key, x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, \
                               content-type, authentication, authorization, content-encoding, transfer-encoding, \
                               traceparent, sentry-trace, baggage, cache-control, x-rollbar-access-token, \
                               x-rollbar-replay-id, bugsnag-api-key, bugsnag-payload-version, bugsnag-sent-at, \
                               bugsnag-integrity, mcp-protocol-version, mcp-method, mcp-name";
/// The response headers that they read.
const EXPOSED_HEADERS: &str = "x-ratelimit-reset, x-sentry-error, x-sentry-rate-limits, retry-after, \
                               x-ratelimit-delay, x-rate-limit-remaining, x-rate-limit-remaining-seconds";
/// Browsers that came over TLS use only TLS for a year. Only for this host: other hosts of the domain are not ours.
const ONLY_TLS: &str = "max-age=31536000";
const ALLOWED_METHODS: &str = "GET, POST, PUT, PATCH, DELETE, OPTIONS";

impl Front {
    /// Wraps `router`, whose routes have no trailing slash. Unknown paths and methods are refused and counted like
    /// everything else.
    pub fn new(router: Router, outcomes: Arc<Outcomes>) -> Self {
        let (unknown, kept) = (outcomes.clone(), outcomes.clone());
        let path_unknown = move |request: Request<Body>| {
            let path = request.uri().path();
            let message = match path::not_taken(path) {
                Some(why) => format!("there is no route {path}: {why}"),
                None => format!("there is no route {path}: GET /openapi.json lists all routes"),
            };
            ready(unknown.refuse(&Refusal::new(Reason::PathUnknown, message)))
        };
        let method_unknown = move |request: Request<Body>| {
            let message = format!("the method {} is not allowed at {}", request.method(), request.uri().path());
            ready(outcomes.refuse(&Refusal::new(Reason::MethodUnknown, message)))
        };
        let router = router.fallback(path_unknown).method_not_allowed_fallback(method_unknown);
        Self { router, guesses: Arc::default(), outcomes: kept }
    }
}

impl<B> Service<Request<B>> for Front
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { router, guesses, outcomes } = self.clone();
        let mut request = request.map(Body::new);
        Box::pin(async move {
            let is_https = BaseUrl::from_request(request.headers(), request.extensions()).is_https();
            let mut response = if request.method() == Method::OPTIONS {
                preflight()
            } else {
                reroute(&mut request);
                let client = ClientAddress::find_in(request.extensions());
                let lent = Lent::take(&mut request);
                let response = router.oneshot(request).await?;
                if let Some(lent) = lent {
                    lent.drain().await;
                }
                match client {
                    Some(client) => guesses.limit(client, response, &outcomes),
                    None => response,
                }
            };
            let headers = response.headers_mut();
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED_HEADERS));
            if is_https {
                headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(ONLY_TLS));
            }
            // Browsers must not guess content types. Pages set their own content security policy.
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            headers.entry(REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
            let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
            headers.entry(CONTENT_SECURITY_POLICY).or_insert(nothing);
            headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
            Ok(response)
        })
    }
}

fn preflight() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(ALLOWED_METHODS));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ALLOWED_HEADERS));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("3600"));
    response
}

/// Replaces the path that was sent with the path that the router knows, if they differ.
fn reroute(request: &mut Request<Body>) {
    let Some((prefix, path)) = path::routed(request.uri().path()) else { return };
    if path == request.uri().path() {
        return;
    }
    let mut parts = request.uri().clone().into_parts();
    let path = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    parts.path_and_query = path.parse().ok();
    if let Ok(uri) = http::Uri::from_parts(parts) {
        *request.uri_mut() = uri;
        request.extensions_mut().insert(prefix);
    }
}
