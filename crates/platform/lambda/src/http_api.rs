//! Requests in the format in which an HTTP API passes them to a function.

use std::convert::Infallible;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header::SET_COOKIE;
use http::uri::PathAndQuery;
use http::{Response, Uri};
use http_body::Body;
use http_body_util::BodyExt;
use http_common::{BaseUrl, ClientAddress};
use lambda_http::request::RequestContext;
use lambda_http::{IntoResponse, Request, RequestExt};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::{Map, Value, json};
use tower::{Service, ServiceExt};

/// Characters that cannot appear in a path. `%` can: the only escape that an HTTP API leaves as it was sent is that of
/// `%` itself.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The HTTP API in front of a function.
#[derive(Clone, Debug, Default)]
pub struct HttpApi {
    /// Its address, if the operator gave it one of its own.
    pub base: Option<BaseUrl>,
    /// The number of proxies in front of it that each add the address of who connected to them to `X-Forwarded-For`.
    pub proxies: usize,
}

impl HttpApi {
    /// Answers its requests (payload format 2.0) with `service`, as long as the environment lives.
    pub async fn serve<S>(self, service: S) -> anyhow::Result<()>
    where
        S: Service<Request, Response: IntoResponse, Error = Infallible, Future: Send>,
    {
        let service = service.map_request(move |request: Request| self.as_sent(request));
        lambda_http::run(service).await.map_err(|error| anyhow::anyhow!(error))
    }

    /// Answers one request (payload format 2.0) with `service`, for a function that also gets other events. If the event
    /// is not such a request, the error names what is missing and does not quote the event.
    pub async fn answer<S, B>(&self, service: S, event: &str) -> anyhow::Result<Value>
    where
        S: Service<Request, Response = Response<B>, Error = Infallible>,
        B: Body<Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
    {
        let request = lambda_http::request::from_str(event).context("the event is not a request of an HTTP API")?;
        respond(service.oneshot(self.as_sent(request)).await).await
    }

    /// Adds the client's address and the API's own, and restores the path as it was sent.
    fn as_sent(&self, request: Request) -> Request {
        let mut request = with_path_as_sent(request);
        if let Some(client) = self.client(&request) {
            request.extensions_mut().insert(client);
        }
        if let Some(base) = &self.base {
            request.extensions_mut().insert::<BaseUrl>(base.clone());
        }
        request
    }

    /// The address from which API Gateway accepted the connection, or, behind trusted proxies, the one from which the
    /// first of them did. What a client itself writes into `X-Forwarded-For` is ignored.
    fn client(&self, request: &Request) -> Option<ClientAddress> {
        let RequestContext::ApiGatewayV2(context) = request.request_context_ref()? else { return None };
        let source = http_common::parse_hop(context.http.source_ip.as_deref()?)?;
        let listed = request.headers().get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let hops: Vec<_> = listed.flat_map(|value| value.split(',')).collect();
        // The last one is the address that API Gateway saw. A request that did not come through the proxies has too few.
        let behind = hops.len().checked_sub(self.proxies + 1).and_then(|first| http_common::parse_hop(hops[first]));
        let client = if self.proxies == 0 { None } else { behind };
        Some(ClientAddress::new(client.unwrap_or(source)))
    }
}

/// Turns a response into the answer that the HTTP API expects.
async fn respond<B>(response: Result<Response<B>, Infallible>) -> anyhow::Result<Value>
where
    B: Body<Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
{
    let response = match response {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map_err(|error| anyhow::anyhow!(error.into()))?.to_bytes();
    let text = std::str::from_utf8(&body);
    let cookies: Vec<_> = parts.headers.get_all(SET_COOKIE).iter().filter_map(|cookie| cookie.to_str().ok()).collect();
    let headers: Map<String, Value> = parts
        .headers
        .iter()
        .filter(|(name, _)| *name != SET_COOKIE)
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.into())))
        .collect();
    Ok(json!({
        "statusCode": parts.status.as_u16(),
        "headers": headers,
        // A header has one value here; a response may set several cookies.
        "cookies": cookies,
        "body": text.map_or_else(|_| BASE64.encode(&body), str::to_owned),
        "isBase64Encoded": text.is_err(),
    }))
}

/// Restores the path. An HTTP API decodes it, so a message in the path may contain a `#`, a `\` or a
/// `/../`, which `lambda_http` would not treat as text. (A decoded `?` and the rest of the path cannot be restored,
/// because the HTTP API cuts the path there.)
fn with_path_as_sent(mut request: Request) -> Request {
    let path = utf8_percent_encode(request.raw_http_path(), ENCODED).to_string();
    let path = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    if let Ok(path) = PathAndQuery::try_from(path) {
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = Some(path);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;
    use tower::service_fn;

    use super::*;

    fn event(raw: &str, query: &str) -> Value {
        json!({
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": raw,
            "rawQueryString": query,
            "headers": { "host": "errors.example" },
            "requestContext": {
                "stage": "$default",
                "http": { "method": "GET", "path": raw, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" },
            },
            "isBase64Encoded": false,
        })
    }

    fn path_of(raw: &str, query: &str) -> String {
        let event = event(raw, query);
        let request = lambda_http::request::from_str(&event.to_string()).expect("an event of an HTTP API");
        HttpApi::default().as_sent(request).uri().path_and_query().map(ToString::to_string).unwrap_or_default()
    }

    #[test]
    fn a_decoded_path_reads_as_it_was_sent() {
        for (decoded, sent) in [
            ("/projects/sample/errors", "/projects/sample/errors"),
            ("/projects/sample/errors/first error", "/projects/sample/errors/first%20error"),
            ("/projects/sample/errors/100%25 of #1", "/projects/sample/errors/100%25%20of%20%231"),
            ("/projects/sample/errors/%2541", "/projects/sample/errors/%2541"),
            ("/projects/sample/errors/a/../b\\c", "/projects/sample/errors/a/../b%5Cc"),
            ("/projects/sample/errors/Größe 😀", "/projects/sample/errors/Gr%C3%B6%C3%9Fe%20%F0%9F%98%80"),
        ] {
            assert_eq!(path_of(decoded, ""), sent);
        }
    }

    #[test]
    fn the_client_is_who_connected_to_the_outermost_trusted_proxy() {
        for (proxies, forwarded, expected) in [
            (0, "198.51.100.9", "192.0.2.1"),
            (0, "198.51.100.9, 192.0.2.1", "192.0.2.1"),
            // API Gateway adds the proxy's address.
            (1, "203.0.113.7, 192.0.2.1", "203.0.113.7"),
            (1, "198.51.100.9, 203.0.113.7, 192.0.2.1", "203.0.113.7"),
            (2, "198.51.100.9,203.0.113.7,10.0.0.1,192.0.2.1", "203.0.113.7"),
            (1, "192.0.2.1", "192.0.2.1"),
            (1, "unknown, 192.0.2.1", "192.0.2.1"),
            (2, "", "192.0.2.1"),
        ] {
            let mut event = event("/health", "");
            event["headers"]["x-forwarded-for"] = forwarded.into();
            let request = lambda_http::request::from_str(&event.to_string()).expect("an event of an HTTP API");
            let api = HttpApi { proxies, base: None };
            let client =
                ClientAddress::find_in(api.as_sent(request).extensions()).map(|client| client.ip().to_string());
            assert_eq!(client.as_deref(), Some(expected), "{proxies} proxies, {forwarded}");
        }
    }

    /// A DSN must not have the host that happened to be asked: it stays in applications for years.
    #[test]
    fn a_stack_with_a_name_of_its_own_answers_with_it() {
        let address = |base: Option<&str>| {
            let event = event("/projects", "").to_string();
            let request = lambda_http::request::from_str(&event).expect("an event of an HTTP API");
            let api = HttpApi { base: base.map(|base| base.parse().unwrap()), proxies: 0 };
            let request = api.as_sent(request);
            BaseUrl::from_request(request.headers(), request.extensions()).dsn("key", 7)
        };
        assert_eq!(address(Some("https://tracker.example")), "https://key@tracker.example/7");
        assert_eq!(address(None), "http://key@errors.example/7");
    }

    #[test]
    fn the_query_is_left_as_it_is() {
        assert_eq!(
            path_of("/projects/sample/errors", "cursor=a%2Fb&limit=2"),
            "/projects/sample/errors?cursor=a%2Fb&limit=2"
        );
    }

    #[tokio::test]
    async fn a_request_among_other_events_is_answered() {
        let echo = |bytes: Vec<u8>| {
            service_fn(move |request: Request| {
                let header = request.uri().path().to_owned();
                let body = Full::<bytes::Bytes>::new(bytes.clone().into());
                async move {
                    let response = Response::builder().status(201).header("x-path", header);
                    let response = response.header(SET_COOKIE, "a=1").header(SET_COOKIE, "b=2; Secure");
                    Ok::<_, Infallible>(response.body(body).unwrap())
                }
            })
        };
        let answer = HttpApi::default().answer(echo(b"{}".to_vec()), &event("/a b", "").to_string()).await.unwrap();
        let expected = json!({
            "statusCode": 201,
            "headers": { "x-path": "/a%20b" },
            "cookies": ["a=1", "b=2; Secure"],
            "body": "{}",
            "isBase64Encoded": false,
        });
        assert_eq!(answer, expected);
        let answer = HttpApi::default().answer(echo(vec![0xff]), &event("/", "").to_string()).await.unwrap();
        assert_eq!((&answer["body"], &answer["isBase64Encoded"]), (&json!("/w=="), &json!(true)));
        assert!(HttpApi::default().answer(echo(Vec::new()), r#"{"Records":[]}"#).await.is_err());
    }
}
