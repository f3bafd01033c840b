use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use reqwest::dns::Resolve;
use reqwest::redirect::Policy;

use super::destinations::{Destinations, Refused};
use super::resolver::{Guarded, System, refusal};

/// Timeouts of requests to destinations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    /// Total time, from the DNS lookup to the last byte of the answer.
    pub whole: Duration,
}

impl Default for Timeouts {
    /// Returns 2 s and 10 s. Chat services answer within a second, trackers within a few, and other destinations need
    /// the function's time too.
    fn default() -> Self {
        Self { connect: Duration::from_secs(2), whole: Duration::from_secs(10) }
    }
}

/// A request to a destination.
#[derive(Clone)]
pub struct Outgoing<'a> {
    /// HTTP method of the request.
    pub method: Method,
    /// The URL, which may contain secrets.
    pub url: &'a str,
    /// Headers, in addition to `User-Agent`.
    pub headers: HeaderMap,
    /// Body of the request; may be empty.
    pub body: Vec<u8>,
    /// Maximum number of bytes of the answer to read.
    pub limit: usize,
}

impl<'a> Outgoing<'a> {
    /// Default maximum size of an answer. Services answer with a few kilobytes.
    pub const DEFAULT_MAX_ANSWER_BYTES: usize = 256 * 1024;

    /// Creates a request without headers and body.
    pub fn new(method: Method, url: &'a str) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Vec::new(), limit: Self::DEFAULT_MAX_ANSWER_BYTES }
    }
}

/// The answer of a destination.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status of the answer.
    pub status: StatusCode,
    /// All headers of the answer.
    pub headers: HeaderMap,
    /// The body, up to the request's limit.
    pub body: Vec<u8>,
    /// Whether the body was longer than the limit.
    pub cut: bool,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// The guard refused the destination.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The network or the destination failed. The text contains no part of the URL.
    #[error("{0}")]
    Failed(String),
}

/// The only HTTP client that sends messages. It follows no redirects, uses no proxy and stores no cookies.
#[derive(Clone)]
pub struct Client {
    destinations: Arc<Destinations>,
    http: reqwest::Client,
}

impl Client {
    /// Creates a client that sends only to `destinations`.
    pub fn new(destinations: Destinations, timeouts: Timeouts) -> Self {
        Self::resolving(destinations, timeouts, Arc::new(System))
    }

    /// Creates a client that looks names up with `resolver`. Its answers are checked like those of the system's
    /// resolver.
    pub fn resolving(destinations: Destinations, timeouts: Timeouts, resolver: Arc<dyn Resolve>) -> Self {
        let destinations = Arc::new(destinations);
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls())
            .https_only(destinations.only_https())
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .dns_resolver(Guarded::new(destinations.clone(), resolver))
            .connect_timeout(timeouts.connect)
            .timeout(timeouts.whole)
            // A Lambda function is frozen between invocations: an idle connection is usually dead.
            .pool_idle_timeout(Duration::from_secs(4))
            .user_agent(concat!("faultline/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("the settings are constants, and TLS is configured");
        Self { destinations, http }
    }

    /// Whether `url` is allowed and on this host, or on loopback if that is allowed for tests.
    pub fn is_at(&self, url: &str, host: &str) -> bool {
        let checked = self.destinations.check(url);
        checked.is_ok_and(|url| url.host_str() == Some(host) || self.destinations.is_on_loopback(&url))
    }

    /// Sends `outgoing`. An answer with any status is a success.
    pub async fn send(&self, outgoing: Outgoing<'_>) -> Result<Answer, Unsent> {
        let url = self.destinations.check(outgoing.url)?;
        let request = self.http.request(outgoing.method, url).headers(outgoing.headers).body(outgoing.body);
        let mut response = request.send().await.map_err(|error| unsent(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        let mut cut = false;
        while let Some(chunk) = response.chunk().await.map_err(|error| unsent(&error))? {
            let room = outgoing.limit - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(room)]);
            if chunk.len() > room {
                cut = true;
                break;
            }
        }
        Ok(Answer { status, headers, body, cut })
    }
}

/// Converts an error to the guard's refusal if it contains one, or else to a fixed text: the error's own text may quote
/// the URL.
fn unsent(error: &reqwest::Error) -> Unsent {
    if let Some(refused) = refusal(error) {
        return Unsent::Refused(refused);
    }
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "cannot connect"
    } else {
        "the connection broke before the answer was complete"
    };
    Unsent::Failed(what.to_owned())
}

/// Configures TLS with ring and with Mozilla's root certificates compiled in: reading the system's certificates would
/// double the time of a cold start.
fn tls() -> rustls::ClientConfig {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows the protocol versions that rustls is built with")
        .with_root_certificates(roots)
        .with_no_client_auth()
}
