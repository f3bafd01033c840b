use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, header};
use model::time::Timestamp;
use rules::Target;
use serde_json::Value;

use super::SendError;
use super::secrets::Secrets;
use crate::guard::{Answer, Client, Outgoing, Unsent};

/// The longest that a destination may ask to be left alone: what failed for a day is given up.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(86_400);

/// The requests to one destination: sends them, and describes failures without secrets.
pub(super) struct Exchange<'a> {
    client: &'a Client,
    service: &'static str,
    secrets: Secrets,
    now: Timestamp,
}

impl<'a> Exchange<'a> {
    /// `service` is what failures call the destination.
    pub(super) fn new(client: &'a Client, service: &'static str, target: &Target, now: Timestamp) -> Self {
        Self { client, service, secrets: Secrets::of(target), now }
    }

    /// The moment that the talk is at.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Posts JSON; anything but a 2xx is a failure.
    pub(super) async fn post(&self, url: &str, body: &Value) -> Result<Answer, SendError> {
        self.post_bytes(url, HeaderMap::new(), body.to_string().into_bytes()).await
    }

    /// Posts JSON that is written already.
    pub(super) async fn post_bytes(&self, url: &str, headers: HeaderMap, body: Vec<u8>) -> Result<Answer, SendError> {
        let mut outgoing = Outgoing { headers, body, ..Outgoing::new(Method::POST, url) };
        outgoing.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let answer = self.send(outgoing).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(self.classify(&answer)) }
    }

    /// Sends, and takes any status for an answer.
    pub(super) async fn send(&self, outgoing: Outgoing<'_>) -> Result<Answer, SendError> {
        self.client.send(outgoing).await.map_err(|unsent| match unsent {
            Unsent::Refused(refused) => SendError::permanent(format!("{}: {refused}", self.service)),
            Unsent::Failed(what) => {
                SendError::Transient { retry_after: None, reason: format!("{}: {what}", self.service) }
            }
        })
    }

    /// The JSON of an answer.
    pub(super) fn json(&self, answer: &Answer) -> Result<Value, SendError> {
        if answer.cut {
            return Err(self.transient(None, &format!("answered with more than {} bytes", answer.body.len())));
        }
        serde_json::from_slice(&answer.body).map_err(|_| {
            self.transient(None, &format!("answered {} with what is no JSON: {}", answer.status, self.excerpt(answer)))
        })
    }

    /// What an answer that is no success means, for services that mean by a status what HTTP does.
    pub(super) fn classify(&self, answer: &Answer) -> SendError {
        let status = answer.status;
        let is_transient = status.is_server_error()
            || matches!(status.as_u16(), 429 | 408 | 409 | 423 | 425)
            || answer.headers.contains_key(header::RETRY_AFTER) && !status.is_redirection();
        if is_transient {
            return self.transient(self.retry_after(&answer.headers), &self.describe(answer));
        }
        if status.is_redirection() {
            let what = format!("answered {status}: redirects are not followed, set the address that it has moved to");
            return self.permanent(&what);
        }
        self.permanent(&self.describe(answer))
    }

    /// `answered 404 Not Found: no_service`
    pub(super) fn describe(&self, answer: &Answer) -> String {
        match self.excerpt(answer) {
            text if text.is_empty() => format!("answered {}", answer.status),
            text => format!("answered {}: {text}", answer.status),
        }
    }

    fn excerpt(&self, answer: &Answer) -> String {
        self.secrets.excerpt(&answer.body)
    }

    /// How long to wait by `Retry-After`: seconds, of which Discord sends fractions, or a date.
    pub(super) fn retry_after(&self, headers: &HeaderMap) -> Option<Duration> {
        let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<f64>() {
            return (seconds.is_finite() && seconds >= 0.0)
                .then(|| Duration::from_secs(seconds.ceil().min(MAX_RETRY_AFTER.as_secs_f64()) as u64));
        }
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(self.until(date.as_second()))
    }

    /// How long it is until that second of the epoch; nothing if it has passed.
    pub(super) fn until(&self, second: i64) -> Duration {
        let seconds = u64::try_from(second.saturating_sub(self.now.seconds())).unwrap_or(0);
        Duration::from_secs(seconds).min(MAX_RETRY_AFTER)
    }

    /// A transient failure; `what` goes on after the service's name, and holds no secret.
    pub(super) fn transient(&self, retry_after: Option<Duration>, what: &str) -> SendError {
        SendError::Transient { retry_after, reason: format!("{} {what}", self.service) }
    }

    /// A permanent failure.
    pub(super) fn permanent(&self, what: &str) -> SendError {
        SendError::permanent(format!("{} {what}", self.service))
    }
}
