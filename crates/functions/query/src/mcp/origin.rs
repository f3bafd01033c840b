//! Whether a web page may send a request.

use std::net::IpAddr;

use http::header::ORIGIN;
use http::{HeaderMap, Uri};
use http_common::BaseUrl;
use model::outcome::{Reason, Refusal};

/// Refuses web pages of other sites. Programs send no `Origin`. Pages of this machine may ask, such as the MCP inspector: they
/// need a key like everybody else.
pub(super) fn check(headers: &HeaderMap, base: &BaseUrl) -> Result<(), Refusal> {
    let Some(sent) = headers.get(ORIGIN) else { return Ok(()) };
    let origin = sent.to_str().ok().and_then(WebOrigin::parse);
    let own = WebOrigin::parse(base.as_str());
    if origin.is_some_and(|origin| origin.is_loopback() || own.is_some_and(|own| own == origin)) {
        return Ok(());
    }
    let message = format!(
        "web pages of other sites may not use MCP: leave out the header `Origin`, or send it from a page of {}",
        base.as_str()
    );
    Err(Refusal::new(Reason::OriginNotAllowed, message))
}

/// The site that a page is from.
#[derive(PartialEq, Eq)]
struct WebOrigin {
    scheme: String,
    host: String,
    port: u16,
}

impl WebOrigin {
    fn parse(text: &str) -> Option<Self> {
        let address: Uri = text.parse().ok()?;
        let scheme = address.scheme_str()?.to_ascii_lowercase();
        let port = address.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
        Some(Self { scheme, host: address.host()?.to_ascii_lowercase(), port })
    }

    fn is_loopback(&self) -> bool {
        let address = self.host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_own_pages_and_pages_of_this_machine_may_ask() {
        let base: BaseUrl = "https://errors.example/prod".parse().unwrap();
        for (origin, expected) in [
            ("https://errors.example", true),
            ("https://errors.example:443", true),
            ("http://localhost:6274", true),
            ("http://127.0.0.1:8080", true),
            ("http://[::1]:8080", true),
            ("http://errors.example", false),
            ("https://errors.example.evil.example", false),
            ("https://evil.example", false),
            ("http://localhost.evil.example", false),
            ("null", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ORIGIN, HeaderValue::from_static(origin))]);
            assert_eq!(check(&headers, &base).is_ok(), expected, "{origin}");
        }
        assert!(check(&HeaderMap::new(), &base).is_ok());
    }
}
