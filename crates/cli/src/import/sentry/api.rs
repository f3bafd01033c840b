//! A reader of Sentry's web API, as Sentry and GlitchTip offer it.

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

/// The web API of one project.
pub(super) struct SentryApi {
    http: reqwest::Client,
    /// The address of the server, without a path.
    base: Url,
    token: String,
    pub(super) organization: String,
    pub(super) project: String,
}

/// A page of a list, and the cursor of the next one.
pub(super) struct Page {
    pub(super) items: Vec<Value>,
    pub(super) next: Option<String>,
}

impl SentryApi {
    /// Creates a reader of the project at `address`: `https://sentry.io/ORGANIZATION/PROJECT`.
    pub(super) fn new(address: &str, token: String) -> anyhow::Result<Self> {
        let form = "use the form https://sentry.io/ORGANIZATION/PROJECT";
        let mut base = Url::parse(address).with_context(|| format!("`{address}` is not a URL: {form}"))?;
        let parts: Vec<String> =
            base.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).map(str::to_owned).collect();
        let [organization, project] = parts.as_slice() else {
            bail!("`{address}` does not name an organisation and a project: {form}")
        };
        let is_local = base.host_str().is_some_and(|host| ["127.0.0.1", "localhost", "[::1]"].contains(&host));
        if base.scheme() != "https" && !(base.scheme() == "http" && is_local) {
            bail!("`{address}` is not https: the token would be sent in clear; {form}");
        }
        base.set_path("");
        base.set_query(None);
        Ok(Self {
            http: http_client(TIMEOUT)?,
            base,
            token,
            organization: organization.clone(),
            project: project.clone(),
        })
    }

    /// Returns a page of a list. `path` is below `/api/0`, and each part of it is encoded.
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
            _ => bail!("{} answers something other than a list: is it a Sentry?", self.base),
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
            // Sentry redirects paths without a slash at the end.
            segments.extend(["api", "0"]).extend(path).push("");
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
                (anyhow!(error.without_url()).context(format!("{} answers no JSON: is it a Sentry?", self.base)), None)
            });
            return body.map(|body| (body, next));
        }
        let text: String = harmless(&answer.text().await.unwrap_or_default()).chars().take(200).collect();
        let wait = (status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error())
            .then(|| seconds.map(Duration::from_secs));
        Err((SentryRefusal { status, path: url.path().to_owned(), text }.into(), wait))
    }
}

/// An answer that refuses a request.
#[derive(Debug, thiserror::Error)]
#[error("{path} answers {status}{}: {text}", advice(*.status))]
struct SentryRefusal {
    status: StatusCode,
    path: String,
    text: String,
}

fn advice(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => " (the token in SENTRY_AUTH_TOKEN is not valid)",
        StatusCode::FORBIDDEN => " (the token needs the scopes project:read and event:read)",
        StatusCode::NOT_FOUND => " (are organisation and project right?)",
        _ => "",
    }
}

fn is_missing(error: &anyhow::Error) -> bool {
    error.downcast_ref::<SentryRefusal>().is_some_and(|refusal| refusal.status == StatusCode::NOT_FOUND)
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
    let address = || {
        let url = Url::parse(next.split('<').nth(1)?.split('>').next()?).ok()?;
        url.query_pairs().find(|(name, _)| name == "cursor").map(|(_, value)| value.into_owned())
    };
    quoted.map(str::to_owned).or_else(address)
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
    fn an_address_names_organisation_and_project() {
        let api = SentryApi::new("https://sentry.example/acme/web/", "t".to_owned()).unwrap();
        assert_eq!((api.organization.as_str(), api.project.as_str()), ("acme", "web"));
        assert_eq!(api.base.as_str(), "https://sentry.example/");
        for (address, says) in [
            ("sentry.io/acme/web", "not a URL"),
            ("https://sentry.io/acme", "does not name"),
            ("https://sentry.io/organizations/acme/projects", "does not name"),
            ("http://sentry.example/acme/web", "not https"),
        ] {
            let error = SentryApi::new(address, "hush".to_owned()).err().unwrap().to_string();
            assert!(error.contains(says) && error.contains("https://sentry.io/ORGANIZATION/PROJECT"), "{error}");
        }
    }
}
