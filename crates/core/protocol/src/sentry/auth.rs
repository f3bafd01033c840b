//! Credentials, in all forms in which SDKs send them.
//!
//! Sentry's server refuses a request with two kinds of credentials. Here the first valid ones are used, in the order of
//! [`Presented`]'s fields. The protocol version is not checked: versions 5 to 7 do not differ in anything that is used,
//! and refusing a later version would lose events. Secrets (`sentry_secret`, a DSN's password) are obsolete and
//! ignored.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::percent_decode_str;

use model::id::{Key, ProjectId};

/// The places of a request that can contain credentials. `None` if a place is absent.
#[derive(Clone, Copy, Default)]
pub struct Presented<'a> {
    /// The header `X-Sentry-Auth`.
    pub x_sentry_auth: Option<&'a str>,
    /// The header `Authorization`.
    pub authorization: Option<&'a str>,
    /// The query string, without `?`.
    pub query: Option<&'a str>,
    /// The `dsn` in the envelope header.
    pub dsn: Option<&'a str>,
}

/// Credentials of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub key: Key,
    /// The client, such as `sentry.python/2.1.0`, if it is named.
    pub client: Option<String>,
    /// The project, if the credentials are a DSN. Otherwise it is in the URL.
    pub project: Option<ProjectId>,
}

impl Presented<'_> {
    /// Returns all readable credentials, in the order of the fields. Callers should use the first valid ones: a proxy
    /// may have added its own `Authorization` header.
    pub fn all(&self) -> impl Iterator<Item = Credentials> {
        let by_dsn = |text: &str| {
            let dsn = Dsn::parse(text).ok()?;
            Some(Credentials { key: dsn.key, client: None, project: Some(dsn.project) })
        };
        let all = [
            self.x_sentry_auth.and_then(header),
            self.authorization.and_then(header),
            self.query.and_then(query),
            self.dsn.and_then(by_dsn),
        ];
        all.into_iter().flatten()
    }

    /// Returns the first readable credentials.
    pub fn credentials(&self) -> Option<Credentials> {
        self.all().next()
    }
}

impl fmt::Debug for Presented<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presented(…)")
    }
}

/// Reads the value of `X-Sentry-Auth` or `Authorization`: `Sentry key=value, …`, or `Basic` with the key as the user
/// name.
pub fn header(value: &str) -> Option<Credentials> {
    let (scheme, rest) = value.trim().split_once(' ')?;
    if scheme.eq_ignore_ascii_case("sentry") {
        let pair = |part: &'_ str| {
            part.trim().split_once('=').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        };
        return from_pairs(rest.split(',').filter_map(pair));
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = STANDARD_NO_PAD.decode(rest.trim().trim_end_matches('=')).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let user = text.split(':').next().unwrap_or_default();
        return Some(Credentials { key: Key::parse(user).ok()?, client: None, project: None });
    }
    None
}

/// Reads a query string with `sentry_key=…&sentry_client=…`, as browsers send it.
pub fn query(query: &str) -> Option<Credentials> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    from_pairs(query.split('&').filter_map(|part| {
        let (key, value) = part.split_once('=')?;
        Some((decode(key), decode(value)))
    }))
}

fn from_pairs(pairs: impl Iterator<Item = (String, String)>) -> Option<Credentials> {
    let (mut key, mut client) = (None, None);
    for (name, value) in pairs {
        match name.as_str() {
            "sentry_key" if key.is_none() => key = Key::parse(&value).ok(),
            "sentry_client" if !value.is_empty() => client = Some(value),
            _ => {}
        }
    }
    Some(Credentials { key: key?, client, project: None })
}

/// A DSN: `{scheme}://{key}[:{secret}]@{host}[/{prefix}…]/{project}`. Host and prefix are not checked here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dsn {
    pub key: Key,
    pub project: ProjectId,
}

/// The text is not a DSN. The error does not repeat the text, which may contain a key.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a DSN has the form https://KEY@HOST/PROJECT with a numeric project")]
pub struct BadDsn;

impl Dsn {
    /// Parses a DSN into its key and project.
    pub fn parse(text: &str) -> Result<Self, BadDsn> {
        let parse = || {
            let (scheme, rest) = text.trim().split_once("://")?;
            if !matches!(scheme, "http" | "https") {
                return None;
            }
            let rest = rest.split(['?', '#']).next()?;
            let (authority, path) = rest.split_once('/')?;
            let (user, host) = authority.rsplit_once('@')?;
            let project = path.trim_end_matches('/').rsplit('/').next()?;
            let key = user.split(':').next()?;
            (!host.is_empty()).then_some(())?;
            Some(Self { key: Key::parse(key).ok()?, project: ProjectId::parse(project).ok()? })
        };
        parse().ok_or(BadDsn)
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    #[track_caller]
    fn check(presented: Presented<'_>, key: Option<&str>, client: Option<&str>) {
        let credentials = presented.credentials();
        assert_eq!(credentials.as_ref().map(|credentials| credentials.key.reveal()), key);
        assert_eq!(credentials.and_then(|credentials| credentials.client).as_deref(), client);
    }

    fn x(value: &str) -> Presented<'_> {
        Presented { x_sentry_auth: Some(value), ..Presented::default() }
    }

    fn authorization(value: &str) -> Presented<'_> {
        Presented { authorization: Some(value), ..Presented::default() }
    }

    fn query(value: &str) -> Presented<'_> {
        Presented { query: Some(value), ..Presented::default() }
    }

    fn dsn(value: &str) -> Presented<'_> {
        Presented { dsn: Some(value), ..Presented::default() }
    }

    #[test]
    fn every_form_that_sdks_send_is_read() {
        let python = format!("Sentry sentry_key={KEY}, sentry_version=7, sentry_client=sentry.python/2.1.0");
        let java = format!("Sentry sentry_version=7,sentry_client=sentry.java/7.0,sentry_key={KEY}");
        let raven =
            format!("sentry sentry_timestamp=1700000000.5, sentry_key={KEY}, sentry_version=5, sentry_secret=s");

        check(x(&python), Some(KEY), Some("sentry.python/2.1.0"));
        check(authorization(&java), Some(KEY), Some("sentry.java/7.0"));
        check(x(&raven), Some(KEY), None);
        check(authorization(&format!("Basic {}", STANDARD.encode(format!("{KEY}:")))), Some(KEY), None);
        check(authorization(&format!("basic {}", STANDARD_NO_PAD.encode(KEY))), Some(KEY), None);
        check(
            query(&format!("sentry_version=7&sentry_key={KEY}&sentry_client=sentry.javascript.browser%2F8.1")),
            Some(KEY),
            Some("sentry.javascript.browser/8.1"),
        );
        check(dsn(&format!("https://{KEY}@errors.example.com/prod/7")), Some(KEY), None);

        check(x("Bearer abc"), None, None);
        check(x("Sentry sentry_version=7"), None, None);
        check(x("Sentry sentry_key="), None, None);
        check(x(""), None, None);
        check(authorization("Basic ***"), None, None);
        check(query("sentry_version=7&x"), None, None);
        check(dsn("https://errors.example.com/7"), None, None);
        check(Presented::default(), None, None);
    }

    #[test]
    fn the_first_that_can_be_read_wins() {
        let all = Presented {
            x_sentry_auth: Some("Bearer x"),
            authorization: Some("Sentry sentry_key=b"),
            query: Some("sentry_key=c"),
            dsn: Some("https://d@h/1"),
        };
        check(all, Some("b"), None);
        check(Presented { x_sentry_auth: Some("Sentry sentry_key=a"), ..all }, Some("a"), None);
        check(Presented { authorization: None, ..all }, Some("c"), None);
        check(Presented { authorization: None, query: None, ..all }, Some("d"), None);
    }

    #[test]
    fn a_dsn_names_key_and_project_behind_any_prefix() {
        for (text, project) in [
            ("https://k@example.com/1", Some(1)),
            ("http://k:secret@localhost:8080/42", Some(42)),
            ("https://k@example.com/stage/prod/7/", Some(7)),
            ("https://k@[::1]:9000/3?x=1", Some(3)),
            ("https://k@example.com/", None),
            ("https://k@example.com", None),
            ("https://k@example.com/name", None),
            ("https://k@/1", None),
            ("https://@example.com/1", None),
            ("k@example.com/1", None),
            ("", None),
        ] {
            let dsn = Dsn::parse(text);
            assert_eq!(dsn.as_ref().ok().map(|dsn| dsn.project.get()), project, "{text}");
            assert!(dsn.is_err() || dsn.unwrap().key.reveal() == "k", "{text}");
        }
    }

    /// Debug output never contains a key, so that errors and logs do not.
    #[test]
    fn keys_are_not_shown() {
        assert!(!format!("{:?}", Dsn::parse("https://SECRETKEY@h/1").unwrap()).contains("SECRET"));
        assert!(!Dsn::parse("https://SECRETKEY@h/x").unwrap_err().to_string().contains("SECRET"));
        let presented = Presented { query: Some("sentry_key=SECRETKEY"), ..Presented::default() };
        assert!(!format!("{presented:?} {:?}", presented.credentials()).contains("SECRET"));
    }
}
