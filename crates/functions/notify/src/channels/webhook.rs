//! Webhooks to any HTTPS URL. The body is JSON, signed so that the receiver can check who sent it, and when.

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use model::id::{Fingerprint, ProjectName};
use model::occurrence::Level;
use model::project::TimeUnit;
use model::time::Timestamp;
use ring::hmac;
use rules::target::Template;
use rules::{Message, Notification, Secret, Trigger, target};
use serde::Serialize;
use serde_json::Value;

use super::SendError;
use super::content::{self, Content};
use super::exchange::Exchange;
use super::text::{clean, cut, cut_bytes, line};

/// The header with the signature, `t=UNIX-SECONDS,v1=HEX`: the HMAC-SHA256 of the seconds, a full stop and the body,
/// with the target's secret as key. A receiver should compare it in constant time, and refuse requests older than a few
/// minutes.
const SIGNATURE_HEADER: HeaderName = HeaderName::from_static("x-faultline-signature");
/// The header with the token of the message, which stays the same when it is sent again, so that a receiver can drop
/// duplicates.
pub(super) const DELIVERY_HEADER: HeaderName = HeaderName::from_static("x-faultline-delivery");

/// Maximum length of an error's message in a body, in bytes.
const MAX_MESSAGE_BYTES: usize = 8 * 1024;
/// Maximum length of a summary in a template, in characters: titles of Jira's issues have at most 255.
const MAX_SUMMARY_CHARS: usize = 240;
/// Maximum length of the text in a template, in characters: a message of Telegram or ntfy has at most 4,096.
const MAX_PLAIN_CHARS: usize = 3_000;
/// Maximum length of all other texts, in bytes.
const MAX_TEXT_BYTES: usize = 1024;

/// The body of a webhook. Version 1 may get more fields; changing the meaning of a field requires version 2.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    /// Version of this format: 1.
    version: u8,
    /// The token of the message, as in the header `X-Faultline-Delivery`.
    delivery: &'a str,
    /// `error` for one notification, `collected` for several, `limited` if a project is over its event limit.
    event: &'static str,
    project: &'a ProjectName,
    /// The message in one line.
    summary: String,
    /// The notifications, oldest first; empty for `limited`.
    errors: Vec<ErrorBody>,
    /// How many further notifications are not in `errors`.
    more: u64,
    /// The rule's maximum of messages per minute, if this message contains those over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_per_minute: Option<u32>,
    /// The URL of the project's list of errors; only with `maxPerMinute`.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    /// The limit that the project reached, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'a str>,
    /// When the project's events are accepted again (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

/// One notification about one error.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    /// `first`, `regression`, `unmuted`, `threshold`, `assigned` or `sample`.
    why: &'static str,
    /// Only for `threshold`.
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<Threshold>,
    /// Only for `assigned`.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<String>,
    /// When the change was committed (RFC 3339, as all times).
    at: Timestamp,
    /// The error's fingerprint, which identifies it in its project: 32 hexadecimal digits.
    fingerprint: Fingerprint,
    /// The error's type; may be empty. Cut to 1 KiB, as all texts except `message`.
    #[serde(rename = "type")]
    kind: String,
    /// The error's message, cut to 8 KiB.
    message: String,
    /// The place in the code that the error comes from.
    culprit: Option<String>,
    /// `fatal`, `error`, `warning`, `info` or `debug`.
    level: Level,
    /// Platform, as in the Sentry protocol.
    platform: String,
    /// Environment of the newest occurrence.
    environment: Option<String>,
    /// Release of the newest occurrence.
    release: Option<String>,
    /// Number of occurrences, ever.
    count: u64,
    /// Time of the first occurrence.
    first_seen: Timestamp,
    /// Time of the last occurrence.
    last_seen: Timestamp,
    /// The URL of a page with more information.
    link: Option<String>,
    /// At most five stack frames as `function (file:line)`; the one that raised the error is first.
    frames: Vec<String>,
}

/// The count of an error in a unit of time.
#[derive(Debug, Serialize)]
struct Threshold {
    /// Number of occurrences in the unit so far.
    count: u64,
    /// `minute`, `hour` or `day`.
    unit: TimeUnit,
    /// Start of the unit.
    start: Timestamp,
}

pub(super) async fn send(
    exchange: &Exchange<'_>,
    webhook: &target::Webhook,
    message: &Message,
) -> Result<(), SendError> {
    let body = match &webhook.template {
        None => body(message),
        Some(template) => fill(template, message),
    };
    let mut headers = HeaderMap::new();
    headers.insert(DELIVERY_HEADER, delivery(message));
    if let Some(secret) = &webhook.secret {
        headers.insert(SIGNATURE_HEADER, signature(secret, exchange.now(), &body));
    }
    if let Some(secret) = &webhook.authorization {
        headers.insert(AUTHORIZATION, exchange.secret_header(secret.reveal())?);
    }
    exchange.post_bytes(webhook.endpoint.reveal(), headers, body).await?;
    Ok(())
}

/// Builds the request's body.
pub(super) fn body(message: &Message) -> Vec<u8> {
    serde_json::to_vec(&build(message)).expect("texts and numbers only")
}

fn build(message: &Message) -> Body<'_> {
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
    Body { version: 1, delivery, event, project, summary, errors, more, max_per_minute, link, limit, until }
}

/// Builds a body from a template. Nothing in it can mention people in a chat: see [`unmentioning`].
pub(super) fn fill(template: &Template, message: &Message) -> Vec<u8> {
    let body = serde_json::to_value(build(message)).expect("texts and numbers only");
    let first = &body["errors"][0];
    let filled = template.render(|name| match name {
        "summary" => {
            unmentioning(&Value::String(line(body["summary"].as_str().unwrap_or_default(), MAX_SUMMARY_CHARS)))
        }
        "text" => unmentioning(&Value::String(cut(&Content::new(message).plain_text(), MAX_PLAIN_CHARS).into_owned())),
        "link" if first["link"].is_string() => first["link"].clone(),
        "event" | "project" | "delivery" | "more" | "link" => body[name].clone(),
        "at" | "count" | "firstSeen" | "lastSeen" | "fingerprint" => first[name].clone(),
        name => unmentioning(&first[name]),
    });
    serde_json::to_vec(&filled).expect("texts and numbers only")
}

/// Inserts a zero-width space after `@`, and after `<` before a letter or one of `!@#`: chats read `@all`,
/// `<!channel>` and `<users/all>` in a text as mentions of people.
fn unmentioning(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let mut written = String::with_capacity(text.len());
            let mut chars = text.chars().peekable();
            while let Some(c) = chars.next() {
                written.push(c);
                let next = chars.peek().copied().unwrap_or(' ');
                if c == '@' || c == '<' && (next.is_alphabetic() || "!@#/".contains(next)) {
                    written.push('\u{200b}');
                }
            }
            Value::String(written)
        }
        Value::Array(list) => list.iter().map(unmentioning).collect(),
        other => other.clone(),
    }
}

fn error(notification: &Notification) -> ErrorBody {
    let (why, threshold) = match &notification.trigger {
        Trigger::First => ("first", None),
        Trigger::Regression => ("regression", None),
        Trigger::Unmuted => ("unmuted", None),
        Trigger::Resolved => ("resolved", None),
        Trigger::Threshold { count, unit, start } => {
            ("threshold", Some(Threshold { count: *count, unit: *unit, start: *start }))
        }
        Trigger::Assigned { .. } => ("assigned", None),
        Trigger::Sample => ("sample", None),
    };
    let assignee = match &notification.trigger {
        Trigger::Assigned { assignee } => Some(short(assignee, MAX_TEXT_BYTES)),
        _ => None,
    };
    ErrorBody {
        why,
        threshold,
        assignee,
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

/// Cleans a text from the event, and cuts it to at most `max` bytes.
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

/// Returns the token without characters that are not allowed in a header.
fn delivery(message: &Message) -> HeaderValue {
    let token = content::token(message).chars().filter(char::is_ascii_graphic).take(256).collect::<String>();
    HeaderValue::try_from(token).expect("graphic ASCII")
}
