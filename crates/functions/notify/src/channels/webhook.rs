//! Any HTTPS address: JSON, signed, so that the receiver knows who sent it, and that it is new.

use http::{HeaderMap, HeaderName, HeaderValue};
use model::id::{Fingerprint, ProjectName};
use model::occurrence::Level;
use model::project::TimeUnit;
use model::time::Timestamp;
use ring::hmac;
use rules::{Message, Notification, Secret, Trigger, target};
use serde::Serialize;

use super::SendError;
use super::content::{self, Content};
use super::exchange::Exchange;
use super::text::{clean, cut, cut_bytes};

/// `t=UNIX-SECONDS,v1=HEX`: the HMAC-SHA256, by the target's secret, of the seconds, a full stop and the body. A receiver
/// compares it in constant time, and refuses what is older than some minutes.
const SIGNATURE_HEADER: HeaderName = HeaderName::from_static("x-faultline-signature");
/// Names the message, the same however often it is sent: a receiver drops what it has seen.
pub(super) const DELIVERY_HEADER: HeaderName = HeaderName::from_static("x-faultline-delivery");

/// The longest message of an error in a body, in bytes.
const MAX_MESSAGE_BYTES: usize = 8 * 1024;
/// The longest of its other texts, in bytes.
const MAX_TEXT_BYTES: usize = 1024;

/// What a webhook receives. Fields may be added in version 1; a change of what a field means makes version 2.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    /// The version of this form: 1.
    version: u8,
    /// What names the message, as in the header `X-Faultline-Delivery`.
    delivery: &'a str,
    /// `error` for one, `collected` for several, `limited` if a project sends more than it may.
    event: &'static str,
    /// The project's name.
    project: &'a ProjectName,
    /// All of it in one line.
    summary: String,
    /// What happened, the oldest first; none if the project is limited.
    errors: Vec<ErrorBody>,
    /// How many more there were than `errors` lists.
    more: u64,
    /// How many messages a minute go by themselves, if these come together since there were more.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_per_minute: Option<u32>,
    /// Where the project's errors are listed; with `maxPerMinute` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    /// The limit that the project ran into, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'a str>,
    /// Until when its events are refused (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

/// One thing that happened to one error.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    /// `first`, `regression`, `unmuted`, `threshold` or `sample`.
    why: &'static str,
    /// Of `threshold` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<Threshold>,
    /// When it was committed (RFC 3339, as all times).
    at: Timestamp,
    /// What names the error in its project: 32 hexadecimal digits.
    fingerprint: Fingerprint,
    /// Its type; may be empty. At most 1 KiB of it, as of all other texts.
    #[serde(rename = "type")]
    kind: String,
    /// Its message, at most 8 KiB of it.
    message: String,
    /// Where it goes wrong.
    culprit: Option<String>,
    /// `fatal`, `error`, `warning`, `info` or `debug`.
    level: Level,
    /// The platform, as in the Sentry protocol.
    platform: String,
    /// The environment of its newest occurrence.
    environment: Option<String>,
    /// The release of its newest occurrence.
    release: Option<String>,
    /// How often it was seen, ever.
    count: u64,
    /// When it was seen first.
    first_seen: Timestamp,
    /// When it was seen last.
    last_seen: Timestamp,
    /// Where a person finds out more.
    link: Option<String>,
    /// The frames that raised it, `function (file:line)`, the raising one first; at most five.
    frames: Vec<String>,
}

/// What an error's count in a unit of time came to.
#[derive(Debug, Serialize)]
struct Threshold {
    /// How often it was seen in the unit so far.
    count: u64,
    /// `minute`, `hour` or `day`.
    unit: TimeUnit,
    /// When the unit began.
    start: Timestamp,
}

pub(super) async fn send(
    exchange: &Exchange<'_>,
    webhook: &target::Webhook,
    message: &Message,
) -> Result<(), SendError> {
    let body = body(message);
    let mut headers = HeaderMap::new();
    headers.insert(DELIVERY_HEADER, delivery(message));
    if let Some(secret) = &webhook.secret {
        headers.insert(SIGNATURE_HEADER, signature(secret, exchange.now(), &body));
    }
    exchange.post_bytes(webhook.endpoint.reveal(), headers, body).await?;
    Ok(())
}

/// The request's body.
pub(super) fn body(message: &Message) -> Vec<u8> {
    let content = Content::new(message);
    let (event, project, errors, more) = match message {
        Message::One(notification) => ("error", &notification.project, vec![error(notification)], 0),
        Message::Several { project, notifications, more, .. } => {
            ("collected", project, notifications.iter().map(error).collect(), *more)
        }
        Message::Limited { project, .. } => ("limited", project, Vec::new(), 0),
    };
    let (limit, until) = match message {
        Message::Limited { limit, until, .. } => (Some(limit.as_str()), Some(*until)),
        _ => (None, None),
    };
    let delivery = content::token(message);
    let overflow = if let Message::Several { overflow, .. } = message { overflow.as_ref() } else { None };
    let max_per_minute = overflow.map(|overflow| overflow.ceiling);
    let link = overflow.and_then(|overflow| overflow.link.as_deref());
    let summary = content.summary;
    let body = Body { version: 1, delivery, event, project, summary, errors, more, max_per_minute, link, limit, until };
    serde_json::to_vec(&body).expect("texts and numbers only")
}

fn error(notification: &Notification) -> ErrorBody {
    let (why, threshold) = match notification.trigger {
        Trigger::First => ("first", None),
        Trigger::Regression => ("regression", None),
        Trigger::Unmuted => ("unmuted", None),
        Trigger::Threshold { count, unit, start } => ("threshold", Some(Threshold { count, unit, start })),
        Trigger::Sample => ("sample", None),
    };
    ErrorBody {
        why,
        threshold,
        at: notification.at,
        fingerprint: notification.fingerprint,
        kind: short(&notification.kind, MAX_TEXT_BYTES),
        message: short(&notification.message, MAX_MESSAGE_BYTES),
        culprit: notification.culprit.as_deref().map(|text| short(text, MAX_TEXT_BYTES)),
        level: notification.level,
        platform: short(&notification.platform, MAX_TEXT_BYTES),
        environment: notification.environment.as_deref().map(|text| short(text, MAX_TEXT_BYTES)),
        release: notification.release.as_deref().map(|text| short(text, MAX_TEXT_BYTES)),
        count: notification.count,
        first_seen: notification.first_seen,
        last_seen: notification.last_seen,
        link: content::link(notification),
        frames: content::frames(notification),
    }
}

/// A text of the event, cleaned, in at most `max` bytes.
fn short(text: &str, max: usize) -> String {
    cut_bytes(&clean(&cut(text, max)), max).into_owned()
}

fn signature(secret: &Secret, now: Timestamp, body: &[u8]) -> HeaderValue {
    let time = now.seconds().to_string();
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes()));
    context.update(time.as_bytes());
    context.update(b".");
    context.update(body);
    let signed: String = context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::try_from(format!("t={time},v1={signed}")).expect("digits and letters")
}

/// The token, without what cannot stand in a header.
fn delivery(message: &Message) -> HeaderValue {
    let token = content::token(message).chars().filter(char::is_ascii_graphic).take(256).collect::<String>();
    HeaderValue::try_from(token).expect("graphic ASCII")
}
