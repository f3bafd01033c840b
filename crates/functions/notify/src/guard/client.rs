use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, Method, StatusCode};
use reqwest::dns::Resolve;
use reqwest::redirect::Policy;

use super::destinations::{Destinations, Refused};
use super::resolver::{Guarded, System, refusal};

/// How long a destination may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection.
    pub connect: Duration,
    /// For everything, from the lookup to the answer's last byte.
    pub whole: Duration,
}

impl Default for Timeouts {
    /// 2 s and 10 s: chat services answer within one, trackers within some; a function's time is for others too.
    fn default() -> Self {
        Self { connect: Duration::from_secs(2), whole: Duration::from_secs(10) }
    }
}

/// A request.
#[derive(Clone)]
pub struct Outgoing<'a> {
    /// Its method.
    pub method: Method,
    /// Where to; may be a secret.
    pub url: &'a str,
    /// Its headers, beside the user agent's.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    /// The longest answer that is read, in bytes.
    pub limit: usize,
}

impl<'a> Outgoing<'a> {
    /// The longest answer that is read unless a request says otherwise: services answer with some kilobytes.
    pub const DEFAULT_MAX_ANSWER_BYTES: usize = 256 * 1024;

    /// A request without headers and body.
    pub fn new(method: Method, url: &'a str) -> Self {
        Self { method, url, headers: HeaderMap::new(), body: Vec::new(), limit: Self::DEFAULT_MAX_ANSWER_BYTES }
    }
}

/// What a destination answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, up to the request's limit.
    pub body: Vec<u8>,
    /// Whether there was more of the body.
    pub cut: bool,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// The guard refuses the destination.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The network, or the destination. The text holds no part of the URL.
    #[error("{0}")]
    Failed(String),
}

/// The one HTTP client that messages leave by: follows no redirect, asks no proxy, keeps no cookie.
#[derive(Clone)]
pub struct Client {
    destinations: Arc<Destinations>,
    http: reqwest::Client,
}

impl Client {
    /// A client that goes to `destinations` only.
    pub fn new(destinations: Destinations, timeouts: Timeouts) -> Self {
        Self::resolving(destinations, timeouts, Arc::new(System))
    }

    /// The same, which asks `resolver` for names: what it answers is checked as the system's answers are.
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
            // A function is frozen between invocations: a connection that has rested is dead more often than not.
            .pool_idle_timeout(Duration::from_secs(4))
            .user_agent(concat!("faultline/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("the settings are constants, and TLS is configured");
        Self { destinations, http }
    }

    /// Whether `url` may be asked, and is at this host; or on loopback, where that is allowed for tests.
    pub fn is_at(&self, url: &str, host: &str) -> bool {
        let checked = self.destinations.check(url);
        checked.is_ok_and(|url| url.host_str() == Some(host) || self.destinations.is_on_loopback(&url))
    }

    /// Sends `outgoing`. Any status is an answer.
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

/// The guard's refusal, or what happened in words of our own: the error's own text may quote the URL.
fn unsent(error: &reqwest::Error) -> Unsent {
    if let Some(refused) = refusal(error) {
        return Unsent::Refused(refused);
    }
    let what = if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connect() {
        "no connection could be made"
    } else {
        "the connection broke before the answer was whole"
    };
    Unsent::Failed(what.to_owned())
}

/// TLS by ring, with Mozilla's roots compiled in: reading the system's takes as long as a whole start-up.
fn tls() -> rustls::ClientConfig {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring knows the protocol versions that rustls is built with")
        .with_root_certificates(roots)
        .with_no_client_auth()
}
