//! The address under which people and SDKs reach this installation.

use std::fmt::Display;
use std::str::FromStr;

use http::header::HOST;
use http::{Extensions, HeaderMap, Uri};

use crate::Prefix;

/// The public address of this installation, such as `https://errors.example`. The scheme is http or https, and there is
/// no slash at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

/// The text is not a base URL. Contains the text and the reason.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address that a browser can open: {1}; write it like https://errors.example")]
pub struct BaseUrlError(String, &'static str);

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        let wrong = |reason| BaseUrlError(text.to_owned(), reason);
        let trimmed = text.trim();
        if trimmed.contains('#') {
            return Err(wrong("it must not have a fragment (#)"));
        }
        let uri: Uri =
            trimmed.parse().map_err(|_| wrong("it is not a URL (host names that are not ASCII need punycode)"))?;
        match uri.scheme_str() {
            Some("http" | "https") => {}
            Some(_) => return Err(wrong("it must begin with http:// or https://")),
            None => return Err(wrong("it has no http:// or https://")),
        }
        let authority = uri.authority().ok_or_else(|| wrong("it has no host"))?;
        if authority.host().is_empty() {
            return Err(wrong("it has no host"));
        }
        if authority.as_str().contains('@') {
            return Err(wrong("it must not have a user or password"));
        }
        let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
        if !port.is_empty() && authority.port_u16().is_none_or(|port| port == 0) {
            return Err(wrong("its port is not a number from 1 to 65535"));
        }
        if uri.query().is_some() {
            return Err(wrong("it must not have a query (?)"));
        }
        Ok(Self(trimmed.trim_end_matches('/').to_owned()))
    }
}

impl BaseUrl {
    /// The address for the request with these parts: the one that the operator set (`--public-url`), or else the one by
    /// which the client reached us, from `X-Forwarded-Proto`, `Host` and the path prefix.
    pub fn from_request(headers: &HeaderMap, extensions: &Extensions) -> Self {
        if let Some(set) = extensions.get::<Self>() {
            return set.clone();
        }
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        // Each proxy on the way may have added a scheme. The first one is the client's.
        let scheme = header("x-forwarded-proto").and_then(|list| list.split(',').next()).unwrap_or_default().trim();
        let scheme = if scheme.eq_ignore_ascii_case("https") { "https" } else { "http" };
        let host = header(HOST.as_str()).unwrap_or("localhost");
        let prefix = extensions.get().map_or("", |Prefix(prefix)| prefix);
        Self(format!("{scheme}://{host}{prefix}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether browsers reach us over TLS, so that cookies must be marked `Secure`.
    pub fn is_https(&self) -> bool {
        self.0.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"))
    }

    /// The DSN for a Sentry SDK: this address with a client key and the project's number.
    pub fn dsn(&self, client_key: &str, project: impl Display) -> String {
        format!("{}/{project}", self.0.replacen("://", &format!("://{client_key}@"), 1))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_public_url_has_a_scheme_and_a_host() {
        for (text, expected) in [
            ("https://errors.example", "https://errors.example"),
            ("https://errors.example/", "https://errors.example"),
            (" http://127.0.0.1:8787/faults/ ", "http://127.0.0.1:8787/faults"),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ] {
            assert_eq!(text.parse::<BaseUrl>().unwrap().as_str(), expected);
        }
        for wrong in [
            "",
            "errors.example",
            "errors.example:8787",
            "/errors",
            "//errors.example",
            "ftp://errors.example",
            "https://",
            "https://:8787",
            "https://user:secret@errors.example",
            "https://errors.example/?a=b",
            "https://errors.example/#a",
            "https://errors.example:0",
            "https://errors.example:99999",
            "https://two words",
        ] {
            let error = wrong.parse::<BaseUrl>().expect_err(wrong).to_string();
            assert!(error.starts_with(&format!("`{wrong}` is not an address")), "{error}");
        }
    }

    #[test]
    fn the_address_set_by_the_operator_comes_before_the_request_s() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("h:1"));
        let mut extensions = Extensions::new();
        assert_eq!(BaseUrl::from_request(&headers, &extensions).as_str(), "http://h:1");
        for (proto, expected) in [("https", "https://h:1"), ("HTTPS, http", "https://h:1"), ("x", "http://h:1")] {
            headers.insert("x-forwarded-proto", HeaderValue::from_static(proto));
            assert_eq!(BaseUrl::from_request(&headers, &extensions).as_str(), expected);
        }
        extensions.insert("https://errors.example/f/".parse::<BaseUrl>().unwrap());
        let set = BaseUrl::from_request(&headers, &extensions);
        assert!(set.is_https());
        assert_eq!(set.dsn("key", 7), "https://key@errors.example/f/7");
    }
}
