use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// The origins of web pages that may send to a project. They keep other sites from filling up a project whose client
/// key is public in its pages. They do not protect against programs, which can send any origin or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins(Vec<Pattern>);

/// In lower case, as browsers write origins, and without the default port of the scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Exact(String),
    Below { scheme: String, domain: String },
}

/// The list of origins is not valid.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadOrigins {
    /// A text is not an origin.
    #[error(
        "`{0}` is not an origin: send scheme://host or scheme://host:port without a path, such as \
         https://shop.example, or https://*.shop.example for all its subdomains (names that are not ASCII as xn--…)"
    )]
    Form(String),
    /// There are more than [`Origins::MAX_ORIGINS`].
    #[error("{0} origins are too many: send at most {most}; `*.` before a domain covers all its subdomains", most = Origins::MAX_ORIGINS)]
    Many(usize),
}

impl Origins {
    /// Maximum number of origins in a project: each request of a browser is compared with all of them.
    pub const MAX_ORIGINS: usize = 50;
    /// Maximum length of an origin, in bytes: a host name has at most 253.
    pub const MAX_ORIGIN_BYTES: usize = 300;
    /// The pattern of an origin. Origins with an IPv6 address are allowed too, but not covered by it.
    pub const ORIGIN_PATTERN: &str =
        r"^(null|[A-Za-z][A-Za-z0-9+.-]*://(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(:[0-9]{1,4})?)$";

    /// Parses a list of `scheme://host` or `scheme://host:port`. `*.` before a host covers all hosts below it, but not
    /// the host itself. `null` is what browsers send for pages without an origin, such as files. The empty list allows
    /// no page.
    pub fn parse<T: AsRef<str>>(list: &[T]) -> Result<Self, BadOrigins> {
        if list.len() > Self::MAX_ORIGINS {
            return Err(BadOrigins::Many(list.len()));
        }
        list.iter().map(|text| Pattern::parse(text.as_ref())).collect::<Result<_, _>>().map(Self)
    }

    /// Whether pages of `origin`, the value of the `Origin` header, may send.
    pub fn allow(&self, origin: &str) -> bool {
        let origin = origin.to_ascii_lowercase();
        self.0.iter().any(|pattern| pattern.matches(&origin))
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, BadOrigins> {
        let lower = text.to_ascii_lowercase();
        let parsed = || {
            if text.len() > Origins::MAX_ORIGIN_BYTES {
                return None;
            }
            if lower == "null" {
                return Some(Self::Exact(lower.clone()));
            }
            let (scheme, authority) = lower.split_once("://")?;
            let (below, host) = match authority.strip_prefix("*.") {
                Some(host) => (true, host),
                None => (false, authority),
            };
            let is_scheme = scheme.starts_with(|first: char| first.is_ascii_lowercase())
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
            let host = without_default_port(scheme, host);
            let (name, port) = split_port(host);
            let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok());
            let name_fits = is_host(name) || !below && is_address(name);
            (is_scheme && port_fits && name_fits).then(|| match below {
                true => Self::Below { scheme: scheme.to_owned(), domain: host.to_owned() },
                false => Self::Exact(format!("{scheme}://{host}")),
            })
        };
        parsed().ok_or_else(|| BadOrigins::Form(text.chars().take(80).collect()))
    }

    fn matches(&self, origin: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == origin,
            Self::Below { scheme, domain } => {
                let host = origin.strip_prefix(scheme.as_str()).and_then(|rest| rest.strip_prefix("://"));
                let above = host.and_then(|host| host.strip_suffix(domain.as_str())?.strip_suffix('.'));
                above.is_some_and(is_host)
            }
        }
    }
}

/// Browsers leave out the default port of the scheme.
fn without_default_port<'a>(scheme: &str, host: &'a str) -> &'a str {
    let port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return host,
    };
    host.strip_suffix(port).unwrap_or(host)
}

fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    }
}

/// A name of one or more labels, or the id that browser extensions have in place of a host.
fn is_host(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name.split('.').all(label)
}

/// An IPv6 address in brackets.
fn is_address(name: &str) -> bool {
    let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    inner.is_some_and(|inner| inner.parse::<std::net::Ipv6Addr>().is_ok())
}

impl JsonSchema for Origins {
    fn schema_name() -> Cow<'static, str> {
        "Origins".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "array",
            "maxItems": Self::MAX_ORIGINS,
            "items": { "type": "string", "examples": ["https://shop.example"] },
        })
    }
}

impl Serialize for Origins {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|pattern| match pattern {
            Pattern::Exact(exact) => exact.clone(),
            Pattern::Below { scheme, domain } => format!("{scheme}://*.{domain}"),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, origin: &str, allowed: bool) {
        assert_eq!(Origins::parse(&[pattern]).unwrap().allow(origin), allowed, "{pattern} {origin}");
    }

    #[test]
    fn an_origin_is_compared_whole() {
        check("https://shop.example", "https://shop.example", true);
        check("https://Shop.Example", "https://shop.example", true);
        check("https://shop.example", "HTTPS://SHOP.EXAMPLE", true);
        check("https://shop.example:443", "https://shop.example", true);
        check("http://localhost:80", "http://localhost", true);
        check("http://localhost:5173", "http://localhost:5173", true);
        check("http://[::1]:5173", "http://[::1]:5173", true);
        check("capacitor://localhost", "capacitor://localhost", true);
        check("chrome-extension://abcdefghijklmnop", "chrome-extension://abcdefghijklmnop", true);
        check("null", "null", true);
        for other in [
            "",
            "null",
            "http://shop.example",
            "https://shop.example:8443",
            "https://www.shop.example",
            "https://shop.example.evil.example",
            "https://evilshop.example",
            "https://shop.example/",
        ] {
            check("https://shop.example", other, false);
        }
    }

    #[test]
    fn a_star_covers_all_subdomains_and_nothing_else() {
        check("https://*.shop.example", "https://www.shop.example", true);
        check("https://*.shop.example", "https://a.b.shop.example", true);
        check("https://*.shop.example:8443", "https://a.shop.example:8443", true);
        for other in [
            "https://shop.example",
            "https://.shop.example",
            "https://evilshop.example",
            "http://www.shop.example",
            "https://www.shop.example:8443",
            "https://evil.example/.shop.example",
            "https://evil.example:80.shop.example",
            "https://me@www.shop.example",
            "null",
        ] {
            check("https://*.shop.example", other, false);
        }
    }

    #[test]
    fn the_empty_list_allows_no_page() {
        assert!(!Origins::parse::<&str>(&[]).unwrap().allow("https://shop.example"));
    }

    #[test]
    fn a_text_that_is_not_an_origin_is_named() {
        for bad in [
            "",
            "*",
            "shop.example",
            "https://",
            "https://*",
            "https://*.",
            "https://*shop.example",
            "https://www.*.example",
            "https://shop.example/",
            "https://shop.example/path",
            "https://me@shop.example",
            "https://shop.example:port",
            "https://shop.example:70000",
            "https://b\u{fc}cher.example",
            "://shop.example",
            "https://shop..example",
            "https://*.[::1]",
            "https://shop.example, https://other.example",
        ] {
            let error = Origins::parse(&[bad]).unwrap_err().to_string();
            assert!(error.contains(&format!("`{bad}`")) && error.contains("scheme://host"), "{error}");
        }
        assert_eq!(Origins::parse(&vec!["null"; 51]).unwrap_err(), BadOrigins::Many(51));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let origins = Origins::parse(&["https://a.example:443", "https://*.B.example:1", "null"]).unwrap();
        let written = serde_json::to_string(&origins).unwrap();
        assert_eq!(written, r#"["https://a.example","https://*.b.example:1","null"]"#);
        assert_eq!(Origins::parse(&serde_json::from_str::<Vec<String>>(&written).unwrap()).unwrap(), origins);
    }
}
