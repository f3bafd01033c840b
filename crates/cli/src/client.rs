//! A client of faultline's HTTP API.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use http::{Method, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::redirect::Policy;
use reqwest::{Response, Url};
use serde_json::Value;

use super::Remote;
use super::text::harmless;
use local_data::{Access, data_dir};

/// The advice if the key is not in this data directory.
const ELSEWHERE: &str =
    "if `faultline serve` uses another directory, name the same one here, with --data or FAULTLINE_DATA";
/// Where `faultline serve` listens by default.
pub(super) const LOCAL: &str = "http://127.0.0.1:8787";
/// Characters to percent-encode in a segment of a path: all except RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// Timeout of a request. Long, because listing a full dead-letter queue takes the server a hundred calls.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How many times a long job sends a request that keeps failing for a temporary reason, before it gives up.
const MAX_REQUEST_ATTEMPTS: u32 = 10;
/// Longest pause between attempts of a long job. If the server asks for more, the job fails: a monthly quota would make
/// it wait for weeks.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// How to treat a temporary failure: no connection, or an answer of 429 or 503.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Report it at once, because a person is waiting.
    None,
    /// Wait as long as `Retry-After` says and try again, several times. Only for calls that may be repeated.
    Long,
}

/// A client of one faultline, with one key.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    key: String,
    /// The data directory that the key was read from, if it was.
    key_from: Option<PathBuf>,
    patience: Patience,
}

/// An answer of the API that refuses a request.
#[derive(Debug, thiserror::Error)]
#[error("refused ({status}): {message}")]
pub struct RefusedRequest {
    /// HTTP status of the answer.
    pub status: StatusCode,
    /// `message` of the answer.
    pub message: String,
    /// The current name of the project, if the request used a former one.
    pub renamed_to: Option<String>,
}

/// A failed request. `again_after` is `None` if the failure is permanent, `Some(None)` if the request can be repeated
/// after a pause of our choice, and `Some(Some(pause))` if the server asked for that pause.
struct Failure {
    error: anyhow::Error,
    again_after: Option<Option<Duration>>,
}

impl Client {
    /// Creates a client for the URL and key in `remote`.
    pub fn of(remote: &Remote) -> anyhow::Result<Self> {
        let url = remote.url.as_deref().unwrap_or(LOCAL);
        let base = Url::parse(url).with_context(|| format!("`{url}` is not a URL: use one like {LOCAL}"))?;
        if base.cannot_be_a_base() || !base.scheme().starts_with("http") {
            bail!("`{url}` is not an HTTP URL: use one like {LOCAL}");
        }
        let (key, key_from) = match &remote.key {
            Some(key) => (key.clone(), None),
            None => local_key(remote, &base).map(|(key, dir)| (key, Some(dir)))?,
        };
        let http = http_client(TIMEOUT)?;
        Ok(Self { http, base, key, key_from, patience: Patience::None })
    }

    /// Returns this client with [`Patience::Long`], for a long job.
    pub fn patient(self) -> Self {
        Self { patience: Patience::Long, ..self }
    }

    /// Returns the URL of a path, with each segment percent-encoded.
    pub fn url(&self, path: &[&str]) -> anyhow::Result<Url> {
        // Such segments would be removed from the URL, which would then name another route.
        if let Some(part) = path.iter().find(|part| ["", ".", ".."].contains(part)) {
            bail!("`{part}` cannot be used in a URL: name an error with such a message by its fingerprint");
        }
        let mut url = self.base.clone();
        // Encoded here, because `Url` drops line ends and tabs, which a message may contain.
        let encoded = path.iter().map(|part| utf8_percent_encode(part, ENCODED).to_string());
        let prefix = self.base.path().trim_end_matches('/');
        url.set_path(&encoded.fold(prefix.to_owned(), |path, part| path + "/" + &part));
        Ok(url)
    }

    /// Sends a GET request with these query parameters, and returns `data` of the answer.
    pub async fn get(&self, path: &[&str], parameters: &[(&str, String)]) -> anyhow::Result<Value> {
        let mut url = self.url(path)?;
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        Ok(self.call(Method::GET, url, None).await?["data"].take())
    }

    /// Sends a request and returns the whole answer; `null` if the answer has no content.
    pub async fn send(&self, method: Method, path: &[&str], body: Option<&Value>) -> anyhow::Result<Value> {
        self.call(method, self.url(path)?, body).await
    }

    /// Sends an envelope of Sentry's protocol with a client key of the project with this number.
    pub(crate) async fn send_envelope(&self, project: &str, key: &str, envelope: String) -> anyhow::Result<()> {
        let url = self.url(&["api", project, "envelope"])?;
        let auth = format!("Sentry sentry_version=7, sentry_key={key}");
        let request = self.http.post(url).header("x-sentry-auth", auth).body(envelope);
        let answer = request.send().await.map_err(|error| anyhow!(error.without_url()))?;
        let status = answer.status();
        match status.is_success() {
            true => Ok(()),
            false => bail!("refused ({status}): {}", harmless(&answer.text().await.unwrap_or_default())),
        }
    }

    async fn call(&self, method: Method, url: Url, body: Option<&Value>) -> anyhow::Result<Value> {
        let mut pause = Duration::from_secs(1);
        for attempt in 1.. {
            let Failure { error, again_after } = match self.once(&method, &url, body).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let wait = again_after.map(|said| said.unwrap_or(pause));
            match wait.filter(|wait| self.patience == Patience::Long && *wait <= LONGEST_PAUSE) {
                Some(wait) if attempt < MAX_REQUEST_ATTEMPTS => {
                    tracing::debug!(error.message = %error, wait_s = wait.as_secs(), "trying again");
                    tokio::time::sleep(wait).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                _ => return Err(error),
            }
        }
        unreachable!("the last attempt returns")
    }

    async fn once(&self, method: &Method, url: &Url, body: Option<&Value>) -> Result<Value, Failure> {
        let mut request = self.http.request(method.clone(), url.clone()).header("x-api-key", &self.key);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => {
                let here = "is `faultline serve` running? use --url for another address";
                let error = anyhow!(error.without_url()).context(format!("{} does not answer: {here}", self.base));
                return Err(Failure { error, again_after: Some(None) });
            }
        };
        let (status, again_after) = (answer.status(), retry_after(&answer));
        if status.is_redirection() {
            // Never followed: the key would be sent there, too.
            let target = answer.headers().get(http::header::LOCATION);
            let target = target.map_or("elsewhere".into(), |target| String::from_utf8_lossy(target.as_bytes()));
            let error = anyhow!(
                "{} redirects to {target}: not followed, because the key would be sent there; if that is the right server, \
                 use it as --url",
                self.base,
            );
            return Err(Failure { error, again_after: None });
        }
        if status == StatusCode::NO_CONTENT {
            return Ok(Value::Null);
        }
        let body = answer.json::<Value>().await;
        if status.is_success() {
            let cut = || format!("the answer of {} is not JSON: is it a faultline?", self.base);
            let body = body.map_err(|error| anyhow!(error.without_url()).context(cut()));
            return body.map_err(|error| Failure { error, again_after: None });
        }
        let body = body.unwrap_or_default();
        let mut message = body["message"].as_str().unwrap_or("no reason given").to_owned();
        if let Some(dir) = self.key_from.as_ref().filter(|_| body["error"] == "key_unknown") {
            message += &format!("; the key was read from {}: {ELSEWHERE}", dir.display());
        }
        let passing = [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
        let renamed_to = body["renamedTo"].as_str().map(str::to_owned);
        let error = RefusedRequest { status, message, renamed_to }.into();
        Err(Failure { error, again_after: passing.then_some(again_after) })
    }
}

/// Creates a client that follows no redirect. A machine without certificates, such as a container with no other file than
/// this binary, gets Mozilla's list.
pub(super) fn http_client(timeout: Duration) -> anyhow::Result<reqwest::Client> {
    // A second installation in the same process fails, which does no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || reqwest::Client::builder().timeout(timeout).redirect(Policy::none());
    if let Ok(client) = builder().build() {
        return Ok(client);
    }
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Ok(builder().tls_backend_preconfigured(tls).build()?)
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(http::header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Reads the admin key from the data directory, to use it on this machine. It is sent to another machine only if the
/// directory was named on the command line: variables of the environment must not be enough to send the key elsewhere.
fn local_key(remote: &Remote, base: &Url) -> anyhow::Result<(String, PathBuf)> {
    let here = match base.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if !here && !remote.names_data {
        bail!("no key for {base}: use --key or FAULTLINE_KEY");
    }
    kept_key(remote)
}

/// Reads the admin key from the data directory. Returns it with the directory.
pub fn kept_key(remote: &Remote) -> anyhow::Result<(String, PathBuf)> {
    let dir = data_dir(remote.data.clone())?;
    let access = Access::read(&dir)?.with_context(|| {
        format!(
            "there is no key in {}: {ELSEWHERE}; or give a key with --key or FAULTLINE_KEY. The first start of `faultline \
             serve` creates one",
            dir.display()
        )
    })?;
    Ok((access.admin_key, dir))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    fn remote(url: &str, key: Option<&str>) -> Remote {
        Remote { url: Some(url.to_owned()), key: key.map(str::to_owned), ..Remote::default() }
    }

    /// Starts a server that answers `refusals` times with this status and `Retry-After: 0`, then with success.
    async fn busy(status: StatusCode, refusals: u32) -> (String, Arc<AtomicU32>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (url, calls) = (format!("http://{}", listener.local_addr().unwrap()), Arc::new(AtomicU32::new(0)));
        let counted = calls.clone();
        let app = axum::Router::new().fallback(move || async move {
            match counted.fetch_add(1, Ordering::SeqCst) < refusals {
                true => (status, [("retry-after", "0")], r#"{"message":"busy"}"#),
                false => (StatusCode::OK, [("retry-after", "0")], r#"{"data":7}"#),
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        (url, calls)
    }

    /// The key is sent only to the server that was named.
    #[tokio::test]
    async fn a_redirect_is_named_and_not_followed() {
        let (other, calls) = busy(StatusCode::NOT_FOUND, 0).await;
        let target = format!("{other}/projects");
        for status in [StatusCode::MOVED_PERMANENTLY, StatusCode::FOUND, StatusCode::TEMPORARY_REDIRECT] {
            let location = target.clone();
            let app = axum::Router::new().fallback(move || async move { (status, [("location", location)]) });
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let url = format!("http://{}", listener.local_addr().unwrap());
            tokio::spawn(async move { axum::serve(listener, app).await });
            let client = Client::of(&remote(&url, Some("key"))).unwrap();
            let error = client.get(&["projects"], &[]).await.unwrap_err().to_string();
            assert!(error.contains(&target), "{error}");
        }
        assert_eq!(calls.load(Ordering::SeqCst), 0, "no request reached the other server");
    }

    /// A long job repeats requests after temporary failures only; a command reports every failure at once.
    #[tokio::test]
    async fn long_jobs_repeat_requests_after_temporary_failures() {
        let (wait, refuse) = (StatusCode::TOO_MANY_REQUESTS, StatusCode::NOT_FOUND);
        for (status, patience, refusals, calls) in [
            (wait, Patience::Long, 3, 4),
            (StatusCode::SERVICE_UNAVAILABLE, Patience::Long, 3, 4),
            (wait, Patience::Long, 100, MAX_REQUEST_ATTEMPTS),
            (wait, Patience::None, 1, 1),
            (refuse, Patience::Long, 1, 1),
        ] {
            let (url, counted) = busy(status, refusals).await;
            let client = Client { patience, ..Client::of(&remote(&url, Some("key"))).unwrap() };
            let answer = client.get(&["projects"], &[]).await;
            assert_eq!(counted.load(Ordering::SeqCst), calls, "{status} {patience:?}");
            match refusals < calls {
                true => assert_eq!(answer.unwrap(), 7),
                false => assert!(answer.unwrap_err().to_string().contains("busy")),
            }
        }
    }

    /// The key of this machine is not sent to another machine just because a URL names it.
    #[test]
    fn the_local_key_stays_on_this_machine() {
        for url in ["https://errors.example.com", "http://10.0.0.7:8787", "http://127.0.0.1.example.com"] {
            // A directory that the environment names is not enough either.
            let data = Some(std::env::temp_dir());
            for remote in [remote(url, None), Remote { data, ..remote(url, None) }] {
                let error = Client::of(&remote).err().unwrap();
                assert!(error.to_string().contains("--key"), "{url}: {error}");
            }
        }
    }

    /// After `serve --data DIR`, other commands need the same directory. If it is missing, the message says so.
    #[tokio::test]
    async fn a_missing_or_unknown_local_key_names_the_data_directory() {
        let dir = std::env::temp_dir().join(format!("faultline-no-key-{}", std::process::id()));
        let error = kept_key(&Remote { data: Some(dir.clone()), ..Remote::default() }).unwrap_err().to_string();
        assert!(error.contains("--data") && error.contains("FAULTLINE_DATA"), "{error}");

        let app = axum::Router::new().fallback(|| async {
            (StatusCode::FORBIDDEN, r#"{"message":"the key is unknown","error":"key_unknown"}"#)
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let client = Client::of(&remote(&url, Some("key"))).unwrap();
        for (key_from, is_named) in [(Some(dir), true), (None, false)] {
            let client = Client { key_from, ..client.clone() };
            let error = client.get(&["projects"], &[]).await.unwrap_err().to_string();
            assert_eq!(error.contains("with --data or FAULTLINE_DATA"), is_named, "{error}");
        }
    }

    #[test]
    fn a_path_is_encoded_and_leads_nowhere_else() {
        let client = Client::of(&remote("http://localhost/prod/", Some("key"))).unwrap();
        let url = client.url(&["projects", "a-b", "errors", "x/y?z\n%é"]).unwrap();
        assert_eq!(url.as_str(), "http://localhost/prod/projects/a-b/errors/x%2Fy%3Fz%0A%25%C3%A9");
        for part in ["", ".", ".."] {
            assert!(client.url(&["projects", part]).is_err(), "{part}");
        }
        assert!(Client::of(&remote("nonsense", Some("key"))).is_err());
        assert!(Client::of(&remote("file:///etc", Some("key"))).is_err());
    }
}
