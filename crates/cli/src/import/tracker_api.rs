//! A reader of the web APIs of other trackers: Sentry, GlitchTip, which has the same API, and Bugsink.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use http::StatusCode;
use reqwest::Url;
use serde_json::Value;

use crate::client::http_client;
use crate::text::harmless;

/// How long one request may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often a request is sent if it fails for a temporary reason, and the pause before the second time.
const MAX_ATTEMPTS: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause that the server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// The differences between trackers.
#[derive(Debug)]
pub(super) struct Tracker {
    /// The form of a project's address, for messages.
    pub(super) form: &'static str,
    /// The variable with the token, and what the token must be allowed to do.
    pub(super) token: &'static str,
    pub(super) scopes: &'static str,
    /// Path of the API.
    pub(super) prefix: &'static [&'static str],
    /// The number of parts in the path of a project's address.
    pub(super) parts: usize,
}

/// The web API of a tracker.
pub(super) struct TrackerApi {
    http: reqwest::Client,
    tracker: &'static Tracker,
    /// The address of the server, without a path.
    base: Url,
    token: String,
    /// The parts of the path in the project's address.
    pub(super) parts: Vec<String>,
}

/// A page of a list, and the cursor of the next one.
pub(super) struct Page {
    pub(super) items: Vec<Value>,
    pub(super) next: Option<String>,
}

impl TrackerApi {
    /// Creates a reader of the project at `address`, with the token in the tracker's variable.
    pub(super) fn new(tracker: &'static Tracker, address: &str) -> anyhow::Result<Self> {
        let Tracker { form, token, scopes, .. } = tracker;
        let value = std::env::var(token).ok().filter(|token| !token.is_empty());
        let value = value.with_context(|| format!("{token} is not set: set it to a token with {scopes}"))?;
        let (base, parts) =
            parse(tracker, address).map_err(|what| anyhow!("`{address}` {what}: use the form {form}"))?;
        Ok(Self { http: http_client(TIMEOUT)?, tracker, base, token: value, parts })
    }

    /// Returns a page of a list. `path` is below the API's own, and each part of it is encoded.
    pub(super) async fn page(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        cursor: Option<&str>,
    ) -> anyhow::Result<Page> {
        let cursor = cursor.map(|cursor| ("cursor", cursor));
        let query: Vec<_> = query.iter().copied().chain(cursor).collect();
        let (body, next) = self.get(path, &query).await?;
        match body {
            Value::Array(items) => Ok(Page { items, next }),
            Value::Object(mut page) => match page.remove("results") {
                Some(Value::Array(items)) => {
                    let next = page["next"].as_str().and_then(cursor_of);
                    Ok(Page { items, next })
                }
                _ => bail!("{} answers something other than a list: is the address right?", self.base),
            },
            _ => bail!("{} answers something other than a list: is the address right?", self.base),
        }
    }

    /// Returns one object; `None` if it does not exist.
    pub(super) async fn object(&self, path: &[&str]) -> anyhow::Result<Option<Value>> {
        match self.get(path, &[]).await {
            Ok((object, _)) => Ok(Some(object)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn get(&self, path: &[&str], query: &[(&str, &str)]) -> anyhow::Result<(Value, Option<String>)> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            // A path without a slash at its end is redirected.
            segments.extend(self.tracker.prefix).extend(path).push("");
        }
        url.query_pairs_mut().extend_pairs(query);
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let (error, wait) = match self.once(&url).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            match wait.map(|asked| asked.unwrap_or(pause)).filter(|wait| *wait <= LONGEST_PAUSE) {
                Some(wait) if attempt < MAX_ATTEMPTS => {
                    tracing::debug!(error.message = %error, wait_s = wait.as_secs(), "trying again");
                    tokio::time::sleep(wait).await;
                    pause *= 2;
                }
                _ => return Err(error),
            }
        }
        unreachable!("the last attempt returns")
    }

    /// Sends one request. A failure that may pass has a pause: the one that the server asked for, or `None` for ours.
    async fn once(&self, url: &Url) -> Result<(Value, Option<String>), (anyhow::Error, Option<Option<Duration>>)> {
        let answer = self.http.get(url.clone()).bearer_auth(&self.token).send().await;
        let answer = answer.map_err(|error| {
            let error = anyhow!(error.without_url()).context(format!("{} does not answer", self.base));
            (error, Some(None))
        })?;
        let status = answer.status();
        let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
        let next = header("link").and_then(next_cursor);
        let seconds = header("retry-after").and_then(|text| text.parse().ok());
        if status.is_success() {
            let body = answer.json().await;
            let body = body.map_err(|error| {
                (
                    anyhow!(error.without_url())
                        .context(format!("{} answers no JSON: is the address right?", self.base)),
                    None,
                )
            });
            return body.map(|body| (body, next));
        }
        let text: String = harmless(&answer.text().await.unwrap_or_default()).chars().take(200).collect();
        let wait = (status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error())
            .then(|| seconds.map(Duration::from_secs));
        let advice = match status {
            StatusCode::UNAUTHORIZED => format!(" (the token in {} is not valid)", self.tracker.token),
            StatusCode::FORBIDDEN => format!(" (the token needs {})", self.tracker.scopes),
            StatusCode::NOT_FOUND => format!(" (is the address right? {})", self.tracker.form),
            _ => String::new(),
        };
        Err((TrackerRefusal { status, path: url.path().to_owned(), advice, text }.into(), wait))
    }
}

/// Splits a project's address into the server and the parts of the path.
fn parse(tracker: &Tracker, address: &str) -> Result<(Url, Vec<String>), String> {
    let mut base = Url::parse(address).map_err(|error| format!("is not a URL ({error})"))?;
    let parts = base.path_segments().into_iter().flatten().filter(|part| !part.is_empty());
    let parts: Vec<String> = parts.map(str::to_owned).collect();
    if parts.len() != tracker.parts {
        return Err("does not name a project".to_owned());
    }
    let is_local = base.host_str().is_some_and(|host| ["127.0.0.1", "localhost", "[::1]"].contains(&host));
    if base.scheme() != "https" && !(base.scheme() == "http" && is_local) {
        return Err("is not https, so the token would be sent in clear".to_owned());
    }
    base.set_path("");
    base.set_query(None);
    Ok((base, parts))
}

/// An answer that refuses a request.
#[derive(Debug, thiserror::Error)]
#[error("{path} answers {status}{advice}: {text}")]
struct TrackerRefusal {
    status: StatusCode,
    path: String,
    advice: String,
    text: String,
}

/// Whether the tracker does not have what was asked for.
pub(super) fn is_missing(error: &anyhow::Error) -> bool {
    status_of(error) == Some(StatusCode::NOT_FOUND)
}

/// Whether the token may not read what was asked for.
pub(super) fn is_forbidden(error: &anyhow::Error) -> bool {
    status_of(error) == Some(StatusCode::FORBIDDEN)
}

fn status_of(error: &anyhow::Error) -> Option<StatusCode> {
    error.downcast_ref::<TrackerRefusal>().map(|refusal| refusal.status)
}

/// Reads the cursor of the next page from a `Link` header:
/// `<…>; rel="previous"; results="false"; cursor="0:0:1", <…>; rel="next"; results="true"; cursor="0:100:0"`. The address
/// is not used, so that the token goes nowhere else. GlitchTip leaves `cursor` out, and has it in the address.
fn next_cursor(link: &str) -> Option<String> {
    let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
    if next.contains("results=\"false\"") {
        return None;
    }
    let quoted = next.split("cursor=\"").nth(1).and_then(|rest| rest.split('"').next());
    quoted.map(str::to_owned).or_else(|| cursor_of(next.split('<').nth(1)?.split('>').next()?))
}

/// Returns the cursor in the address of a page.
fn cursor_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    url.query_pairs().find(|(name, _)| name == "cursor").map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_is_read_from_the_link() {
        let check = |link: &str, expected: Option<&str>| assert_eq!(next_cursor(link).as_deref(), expected, "{link}");
        let sentry = |results: &str| {
            format!(
                r#"<https://s.example/api/0/x/?cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", <https://s.example/api/0/x/?cursor=0:100:0>; rel="next"; results="{results}"; cursor="0:100:0""#
            )
        };
        check(&sentry("true"), Some("0:100:0"));
        check(&sentry("false"), None);
        check(r#"<https://g.example/api/0/x/?cursor=cD0y%3D&limit=50>; rel="next"; results="true""#, Some("cD0y="));
        check("", None);
        check("<nonsense", None);
    }

    #[test]
    fn an_address_names_a_project() {
        let tracker = Tracker { form: "", token: "", scopes: "", prefix: &["api", "0"], parts: 2 };
        let (base, parts) = parse(&tracker, "https://sentry.example:9000/acme/web/").unwrap();
        assert_eq!((base.as_str(), parts.join(" ").as_str()), ("https://sentry.example:9000/", "acme web"));
        for (address, says) in [
            ("sentry.io/acme/web", "is not a URL"),
            ("https://sentry.io/acme", "does not name a project"),
            ("https://sentry.io/organizations/acme/projects", "does not name a project"),
            ("http://sentry.example/acme/web", "is not https"),
        ] {
            let error = parse(&tracker, address).unwrap_err();
            assert!(error.starts_with(says), "{error}");
        }
    }
}
