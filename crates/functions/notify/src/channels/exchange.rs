use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, header};
use model::time::Timestamp;
use rules::Target;
use serde_json::Value;

use super::SendError;
use super::secrets::Secrets;
use crate::guard::{Answer, Client, Outgoing, Unsent};

/// Longest pause that a destination may ask for: a message that has failed for a day is given up.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(86_400);

/// Sends requests to one destination, and describes failures without secrets.
pub(super) struct Exchange<'a> {
    client: &'a Client,
    service: &'static str,
    secrets: Secrets,
    now: Timestamp,
}

impl<'a> Exchange<'a> {
    /// Creates an exchange with `target`. `service` is the name of the destination in failures.
    pub(super) fn new(client: &'a Client, service: &'static str, target: &Target, now: Timestamp) -> Self {
        Self { client, service, secrets: Secrets::of(target), now }
    }

    /// Returns the time of the exchange.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Returns the value of a header that contains a secret: it is not shown in logs.
    pub(super) fn secret_header(&self, value: &str) -> Result<HeaderValue, SendError> {
        let mut value = HeaderValue::from_str(value).map_err(|_| {
            self.permanent("cannot be called: the token has characters that are not allowed in a header")
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Posts JSON. Any status other than 2xx is a failure.
    pub(super) async fn post(&self, url: &str, body: &Value) -> Result<Answer, SendError> {
        self.post_bytes(url, HeaderMap::new(), body.to_string().into_bytes()).await
    }

    /// Posts JSON that is already serialised. Any status other than 2xx is a failure.
    pub(super) async fn post_bytes(&self, url: &str, headers: HeaderMap, body: Vec<u8>) -> Result<Answer, SendError> {
        let mut outgoing = Outgoing { headers, body, ..Outgoing::new(Method::POST, url) };
        outgoing.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let answer = self.send(outgoing).await?;
        if answer.status.is_success() { Ok(answer) } else { Err(self.classify(&answer)) }
    }

    /// Sends a request, and returns the answer with any status.
    pub(super) async fn send(&self, outgoing: Outgoing<'_>) -> Result<Answer, SendError> {
        self.client.send(outgoing).await.map_err(|unsent| match unsent {
            Unsent::Refused(refused) => SendError::permanent(format!("{}: {refused}", self.service)),
            Unsent::Failed(what) => {
                SendError::Transient { retry_after: None, reason: format!("{}: {what}", self.service) }
            }
        })
    }

    /// Parses the body of an answer as JSON.
    pub(super) fn json(&self, answer: &Answer) -> Result<Value, SendError> {
        if answer.cut {
            return Err(self.transient(None, &format!("answered with more than {} bytes", answer.body.len())));
        }
        serde_json::from_slice(&answer.body).map_err(|_| {
            self.transient(
                None,
                &format!("answered {} with a body that is not JSON: {}", answer.status, self.excerpt(answer)),
            )
        })
    }

    /// Classifies an answer that is not a success, for services that use HTTP's statuses as HTTP defines them.
    pub(super) fn classify(&self, answer: &Answer) -> SendError {
        let status = answer.status;
        let is_transient = status.is_server_error()
            || matches!(status.as_u16(), 429 | 408 | 409 | 423 | 425)
            || answer.headers.contains_key(header::RETRY_AFTER) && !status.is_redirection();
        if is_transient {
            return self.transient(self.retry_after(&answer.headers), &self.describe(answer));
        }
        if status.is_redirection() {
            let what = format!("answered {status}: redirects are not followed, set the new address");
            return self.permanent(&what);
        }
        self.permanent(&self.describe(answer))
    }

    /// Describes an answer, as in `answered 404 Not Found: no_service`.
    pub(super) fn describe(&self, answer: &Answer) -> String {
        match self.excerpt(answer) {
            text if text.is_empty() => format!("answered {}", answer.status),
            text => format!("answered {}: {text}", answer.status),
        }
    }

    fn excerpt(&self, answer: &Answer) -> String {
        self.secrets.excerpt(&answer.body)
    }

    /// Reads `Retry-After`: seconds (Discord sends fractions) or a date.
    pub(super) fn retry_after(&self, headers: &HeaderMap) -> Option<Duration> {
        let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<f64>() {
            return (seconds.is_finite() && seconds >= 0.0)
                .then(|| Duration::from_secs(seconds.ceil().min(MAX_RETRY_AFTER.as_secs_f64()) as u64));
        }
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
        Some(self.until(date.as_second()))
    }

    /// Returns the time until this Unix second; zero if it has passed.
    pub(super) fn until(&self, second: i64) -> Duration {
        let seconds = u64::try_from(second.saturating_sub(self.now.seconds())).unwrap_or(0);
        Duration::from_secs(seconds).min(MAX_RETRY_AFTER)
    }

    /// Creates a transient failure. `what` follows the service's name, and must not contain secrets.
    pub(super) fn transient(&self, retry_after: Option<Duration>, what: &str) -> SendError {
        SendError::Transient { retry_after, reason: format!("{} {what}", self.service) }
    }

    /// Creates a permanent failure. `what` follows the service's name, and must not contain secrets.
    pub(super) fn permanent(&self, what: &str) -> SendError {
        SendError::permanent(format!("{} {what}", self.service))
    }
}
