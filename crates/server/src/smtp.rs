//! Email through any SMTP server, for a process outside AWS.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, bail};
use async_trait::async_trait;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use notify::channels::{Email, Mailer, SendError};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// How long each step of sending may take: connecting, and each answer of the server.
const STEP_TIME: Duration = Duration::from_secs(10);
/// How long sending an email may take.
const SEND_TIME: Duration = Duration::from_secs(25);

/// The URL of an SMTP server, with its credentials: `smtps://USER:PASSWORD@HOST`, or `smtp://…`, which starts TLS on the
/// connection (STARTTLS). Without TLS only to this machine, or if the URL ends with `?tls=none`; `?tls=required` needs
/// TLS there, too.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Security {
    /// TLS from the first byte (RFC 8314).
    Implicit,
    /// STARTTLS, which the server must offer (RFC 3207).
    Upgrade,
    None,
}

/// Leaves out user and password, which logs must not contain.
impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpUrl")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

impl FromStr for SmtpUrl {
    type Err = String;

    /// The error does not repeat the URL, which may contain a password.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = "use smtps://USER:PASSWORD@HOST or smtp://USER:PASSWORD@HOST:PORT";
        let url = Url::parse(text).map_err(|error| format!("not a URL ({error}): {form}"))?;
        let host = match url.host() {
            Some(Host::Domain(name)) if !name.is_empty() => name.to_owned(),
            Some(Host::Ipv4(ip)) => ip.to_string(),
            Some(Host::Ipv6(ip)) => ip.to_string(),
            _ => return Err(format!("the URL has no host: {form}")),
        };
        let is_local = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let security = match (url.scheme(), url.query()) {
            ("smtps", None) => Security::Implicit,
            ("smtp", Some("tls=none")) => Security::None,
            ("smtp", Some("tls=required")) => Security::Upgrade,
            ("smtp", None) if is_local => Security::None,
            ("smtp", None) => Security::Upgrade,
            ("smtp" | "smtps", Some(_)) => {
                return Err("the only options are `?tls=none` and `?tls=required`, for smtp".to_owned());
            }
            (scheme, _) => return Err(format!("`{scheme}` is not smtp or smtps: {form}")),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(format!("the URL has a path: {form}"));
        }
        let decoded = |part: &str| {
            let decoded = percent_decode_str(part).decode_utf8();
            decoded.map(|text| text.into_owned()).map_err(|_| "user or password is not UTF-8".to_owned())
        };
        let credentials = match (url.username(), url.password()) {
            ("", None) => None,
            ("", Some(_)) | (_, None) => return Err(format!("user or password is missing: {form}, or neither")),
            (user, Some(password)) => Some((decoded(user)?, decoded(password)?)),
        };
        let default = if security == Security::Implicit { 465 } else { 587 };
        Ok(Self { host, port: url.port().unwrap_or(default), security, credentials })
    }
}

/// Sends email through an SMTP server, each on a connection of its own.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// Creates a mailer that sends as `from`: `name@host`, or `Name <name@host>`. Certificates are checked against
    /// Mozilla's roots, and those in the PEM file `roots`. Fails if an argument is not valid; nothing is sent yet.
    pub fn new(url: &SmtpUrl, from: &str, roots: Option<&Path>) -> anyhow::Result<Self> {
        let from: Mailbox = from
            .parse()
            .with_context(|| format!("`{from}` is not an email address: use name@host or Name <name@host>"))?;
        let tls = || tls(&url.host, roots);
        let tls = match url.security {
            Security::Implicit => Tls::Wrapper(tls()?),
            Security::Upgrade => Tls::Required(tls()?),
            Security::None => Tls::None,
        };
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&url.host)
            .port(url.port)
            .tls(tls)
            .hello_name(ClientId::Domain(from.email.domain().to_owned()))
            .timeout(Some(STEP_TIME));
        let builder = match &url.credentials {
            Some((user, password)) => builder.credentials(Credentials::new(user.clone(), password.clone())),
            None => builder,
        };
        Ok(Self { transport: builder.build(), from })
    }

    fn compose(&self, email: &Email) -> Result<Message, String> {
        let domain = self.from.email.domain();
        let id: String = email.delivery.bytes().map(|byte| format!("{byte:02x}")).collect();
        let mut message = Message::builder()
            .from(self.from.clone())
            .subject(&email.subject)
            // The same when it is sent again, so that servers and programs can drop the second one.
            .message_id(Some(format!("<{id}@{domain}>")))
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("X-Faultline-Delivery"),
                email.delivery.clone(),
            ))
            // No out-of-office replies (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        for address in &email.to {
            message = message.to(address.parse().map_err(|error| format!("`{address}` is not an address: {error}"))?);
        }
        let body = MultiPart::alternative_plain_html(email.text.clone(), email.html.clone());
        message.multipart(body).map_err(|error| error.to_string())
    }
}

fn tls(host: &str, roots: Option<&Path>) -> anyhow::Result<TlsParameters> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(file) = roots {
        let pem = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let certificate = Certificate::from_pem(&pem).with_context(|| format!("{} is not PEM", file.display()))?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().with_context(|| format!("cannot use TLS with `{host}`"))
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, email: &Email) -> Result<(), SendError> {
        let message = self.compose(email).map_err(|error| SendError::permanent(format!("SMTP: {error}")))?;
        match tokio::time::timeout(SEND_TIME, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(classify(&error)),
            Err(_) => Err(SendError::Transient {
                retry_after: None,
                reason: format!("SMTP: the server did not finish within {} s", SEND_TIME.as_secs()),
            }),
        }
    }
}

/// A refusal with a code from 500 to 599 is permanent, unless it is about the login or the connection: then the
/// operator will fix the settings, and the email may still be useful.
fn classify(error: &lettre::transport::smtp::Error) -> SendError {
    let mut reason = format!("SMTP: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        reason.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    let is_login = error.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538));
    match error.is_permanent() && !is_login {
        true => SendError::permanent(reason),
        false => SendError::Transient { retry_after: None, reason },
    }
}

/// Creates the mailer from the options of `faultline serve`: none if neither is set. Fails if one is missing.
pub(crate) fn mailer(url: Option<&SmtpUrl>, from: Option<&str>, roots: Option<&Path>) -> anyhow::Result<Option<Smtp>> {
    match (url, from) {
        (Some(url), Some(from)) => Smtp::new(url, from, roots).map(Some),
        (None, None) => Ok(None),
        (Some(_), None) => bail!("--smtp-url needs --email-from: the sender's address"),
        (None, Some(_)) => bail!("--email-from needs --smtp-url: the server that sends email"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_parsed() {
        let check = |text: &str, host: &str, port, security, user: Option<(&str, &str)>| {
            let credentials = user.map(|(user, password)| (user.to_owned(), password.to_owned()));
            let expected = SmtpUrl { host: host.to_owned(), port, security, credentials };
            assert_eq!(text.parse::<SmtpUrl>(), Ok(expected), "{text}");
        };
        check("smtps://a:b@mail.example", "mail.example", 465, Security::Implicit, Some(("a", "b")));
        check("smtps://mail.example:2465/", "mail.example", 2465, Security::Implicit, None);
        check("smtp://a%40x:p%3Aq@mail.example", "mail.example", 587, Security::Upgrade, Some(("a@x", "p:q")));
        check("smtp://relay.example:25?tls=none", "relay.example", 25, Security::None, None);
        check("smtp://127.0.0.1:1025", "127.0.0.1", 1025, Security::None, None);
        check("smtp://[::1]:1025", "::1", 1025, Security::None, None);
        check("smtp://localhost", "localhost", 587, Security::None, None);
        check("smtp://localhost?tls=required", "localhost", 587, Security::Upgrade, None);
    }

    #[test]
    fn a_wrong_url_says_what_is_wrong_without_the_password() {
        for (text, expected) in [
            ("mail.example", "not a URL"),
            ("https://a:hush@mail.example", "`https` is not smtp or smtps"),
            ("smtps://a:hush@mail.example?tls=none", "the only options"),
            ("smtp://a:hush@mail.example?tls=maybe", "the only options"),
            ("smtp://a@mail.example", "user or password is missing"),
            ("smtp://:hush@mail.example", "user or password is missing"),
            ("smtp://a:hush@mail.example/inbox", "has a path"),
            ("smtp:hush", "no host"),
        ] {
            let error = text.parse::<SmtpUrl>().unwrap_err();
            assert!(error.contains(expected) && !error.contains("hush"), "{text}: {error}");
        }
        let url: SmtpUrl = "smtps://a:hush@mail.example".parse().unwrap();
        assert!(!format!("{url:?}").contains("hush"));
    }
}
