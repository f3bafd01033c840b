//! The messages in the inbox: one for each accepted request.
//!
//! The text of a queue message is either `1.` followed by the base64 of a packed message, or `@` followed by the key of
//! an S3 object that holds the packed message (a claim check, for messages over the queue's limit). A packed message is
//! zstd of a header line and the payload.

mod attachments;
mod claim_check;
mod notifications;

use std::cell::RefCell;
use std::net::IpAddr;

pub use attachments::SentAttachments;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
pub use claim_check::ClaimCheck;
pub use notifications::Notifications;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use model::id::{EventId, KeyId, ProjectId, ProjectName};
use model::occurrence::Source;
use model::time::Timestamp;

/// A request that ingest accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub header: Header,
    /// The unpacked body. It is not scrubbed yet: the processor does that. Its form depends on the header's source.
    pub payload: Vec<u8>,
}

/// The facts that ingest knows about a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The kind of client that sent it, which determines the form of the payload.
    pub source: PayloadKind,
    /// The project that its events belong to.
    pub project: Addressee,
    /// When ingest accepted it.
    pub received_at: Timestamp,
    /// The ids of the events in the payload, in the order of the payload.
    pub event_ids: Vec<EventId>,
    /// When the client sent it, by the client's own clock. This shows how far that clock is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// The IP address that it was sent from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<IpAddr>,
    /// For a security report: what the request says about the sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// The key that it was sent with, so that the key's use can be recorded. `None` for the operator's own key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// The caller's trace (W3C `traceparent`), which continues in the processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// The notification configs that were posted with its events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notifications: Option<Notifications>,
    /// The attachments of its first event. They are stored before the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachments: Option<SentAttachments>,
}

impl Header {
    /// Creates a header with the fields that every request has.
    pub fn new(
        source: impl Into<PayloadKind>,
        project: Addressee,
        received_at: Timestamp,
        event_ids: Vec<EventId>,
    ) -> Self {
        Self {
            source: source.into(),
            project,
            received_at,
            event_ids,
            sent_at: None,
            client_ip: None,
            sender: None,
            key: None,
            trace: None,
            notifications: None,
            attachments: None,
        }
    }
}

/// The kind of client that a request came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Origin")]
pub enum PayloadKind {
    /// faultline's own JSON API: errors, and the fields that they share.
    V1,
    /// A Sentry SDK: one event.
    Sentry,
    /// A Sentry SDK: one item of type `feedback`.
    Feedback,
    /// A Sentry SDK: one item of type `user_report`, which is feedback in an older form.
    UserReport,
    /// A browser: security reports.
    Security,
    /// A client of Rollbar: the `data` of one item.
    Rollbar,
    /// A client of Airbrake: one notice.
    Airbrake,
    /// A client of Bugsnag: events, and the client that they share.
    Bugsnag,
    /// An exporter of OpenTelemetry: the errors of a batch.
    Otlp,
    /// An import: occurrences that were normalised when they first came in, each with a [`Source`] of its own.
    Import,
}

impl From<Source> for PayloadKind {
    fn from(source: Source) -> Self {
        match source {
            Source::V1 => Self::V1,
            Source::Sentry => Self::Sentry,
            Source::Security => Self::Security,
            Source::Rollbar => Self::Rollbar,
            Source::Airbrake => Self::Airbrake,
            Source::Bugsnag => Self::Bugsnag,
            Source::Otlp => Self::Otlp,
        }
    }
}

/// The sender of a security report, as far as the HTTP request describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sender {
    /// The `User-Agent` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// The query parameter `sentry_release`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// The query parameter `sentry_environment`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

/// The project that the events of a message belong to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Addressee {
    /// A project that existed when the message was accepted.
    Id(ProjectId),
    /// The project with this name. It is created if there is none.
    Name(ProjectName),
}

/// An error from reading the text of a queue message.
#[derive(Debug, thiserror::Error)]
pub enum BadMessage {
    /// The message has the form of a later version, or is not faultline's.
    #[error("an inbox message has an unknown form: it begins with {0:?}")]
    Form(String),
    /// The message is damaged.
    #[error("an inbox message cannot be unpacked: {0}")]
    Unpack(String),
    /// The message was unpacked, but its header cannot be read.
    #[error("an inbox message has no readable header: {0}")]
    Header(String),
}

/// The text of a queue message, by its form.
#[derive(Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// The packed message itself.
    Inline(&'a str),
    /// The key of the S3 object that holds the packed message.
    ClaimCheck(&'a str),
}

/// The zstd level. A client waits while ingest packs, so speed matters here; segments are compressed better later.
const LEVEL: i32 = 1;
/// The largest message that is unpacked, in bytes. This is more than ingest accepts, so only damaged messages are
/// refused.
const MAX_UNPACKED: usize = 64 << 20;

thread_local! {
    /// Created once per thread: creating one takes longer than packing a message.
    static PACKER: RefCell<zstd::bulk::Compressor<'static>> =
        RefCell::new(zstd::bulk::Compressor::new(LEVEL).expect("level 1 exists"));
    static UNPACKER: RefCell<zstd::bulk::Decompressor<'static>> =
        RefCell::new(zstd::bulk::Decompressor::new().expect("a context without a dictionary"));
}

const INLINE: &str = "1.";
const CLAIM_CHECK_PREFIX: &str = "@";

impl Message {
    /// Packs the message, for [`inline()`] or for the S3 object of a claim check.
    pub fn pack(&self) -> Vec<u8> {
        let mut raw = serde_json::to_vec(&self.header).expect("a header has text keys only");
        raw.reserve(1 + self.payload.len());
        raw.push(b'\n');
        raw.extend_from_slice(&self.payload);
        PACKER.with_borrow_mut(|packer| packer.compress(&raw).expect("compressing into memory cannot fail"))
    }

    /// Unpacks the bytes that [`Message::pack`] returned.
    pub fn unpack(packed: &[u8]) -> Result<Self, BadMessage> {
        let unpack = |error: std::io::Error| BadMessage::Unpack(error.to_string());
        let size = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten().unwrap_or(0);
        let size = usize::try_from(size).ok().filter(|&size| size <= MAX_UNPACKED);
        let size = size.ok_or_else(|| BadMessage::Unpack(format!("it unpacks to more than {MAX_UNPACKED} bytes")))?;
        let mut raw = UNPACKER.with_borrow_mut(|unpacker| unpacker.decompress(packed, size)).map_err(unpack)?;
        let end = raw.iter().position(|&byte| byte == b'\n');
        let end = end.ok_or_else(|| BadMessage::Header("no line end".to_owned()))?;
        let header = serde_json::from_slice(&raw[..end]).map_err(|error| BadMessage::Header(error.to_string()))?;
        raw.drain(..=end);
        Ok(Self { header, payload: raw })
    }
}

/// Returns the text of a queue message that contains these bytes of [`Message::pack`].
pub fn inline(packed: &[u8]) -> String {
    let mut text = String::with_capacity(INLINE.len() + packed.len().div_ceil(3) * 4);
    text.push_str(INLINE);
    BASE64.encode_string(packed, &mut text);
    text
}

/// Returns the text of a queue message whose packed bytes are stored in S3 under `key`.
pub fn claim(key: &str) -> String {
    format!("{CLAIM_CHECK_PREFIX}{key}")
}

/// Determines which of the two forms `text` has.
pub fn form(text: &str) -> Result<Text<'_>, BadMessage> {
    let inline = text.strip_prefix(INLINE).map(Text::Inline);
    inline
        .or_else(|| text.strip_prefix(CLAIM_CHECK_PREFIX).map(Text::ClaimCheck))
        .ok_or_else(|| BadMessage::Form(text.chars().take(16).collect()))
}

/// Decodes the packed message from the text of an inline one.
pub fn packed(inline: &str) -> Result<Vec<u8>, BadMessage> {
    BASE64.decode(inline).map_err(|error| BadMessage::Unpack(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::project::Retention;
    use model::sealed::Sealed;

    fn message() -> Message {
        Message {
            header: Header::new(
                Source::V1,
                Addressee::Name(ProjectName::parse("sample").unwrap()),
                Timestamp::from_millis(1_478_044_860_123),
                vec![EventId::from_bytes([7; 16])],
            ),
            payload: b"{\"errors\":\n[]}".to_vec(),
        }
    }

    #[test]
    fn a_message_comes_out_as_it_went_in() {
        let text = inline(&message().pack());
        let Text::Inline(body) = form(&text).unwrap() else { panic!("inline") };
        assert_eq!(Message::unpack(&packed(body).unwrap()).unwrap(), message());
        assert_eq!(form(&claim("inbox/x")).unwrap(), Text::ClaimCheck("inbox/x"));
    }

    /// Released formats decode forever (promise 8 in docs/src/internals/promises.md): messages that wait in the inbox
    /// during an upgrade can be read afterwards, with and without the fields that were added later.
    #[test]
    fn headers_of_every_version_are_read() {
        let first = r#"{"source":"v1","project":{"name":"sample"},"receivedAt":"2016-11-02T00:01:00.123Z","eventIds":["07070707070707070707070707070707"]"#;
        let read = |json: &str| serde_json::from_str::<Header>(json).unwrap();
        assert_eq!(read(&format!("{first}}}")), message().header);
        let posted = r#","notifications":{"id":"c84bb6b5fb57fd9e9cdc9cbc5e9e7d6b","sealed":"1.AAMBAgMw"}}"#;
        let notifications = read(&format!("{first}{posted}")).notifications.unwrap();
        assert_eq!(notifications.id.to_string(), "c84bb6b5fb57fd9e9cdc9cbc5e9e7d6b");
        assert_eq!(notifications.sealed, Sealed::new("1.AAMBAgMw"));
        let with = r#","attachments":{"retention":30,"files":[{"name":"a.txt","size":3},{"name":"b","contentType":"text/plain","type":"event.minidump","size":5000000,"discarded":"item_too_large"}]}}"#;
        let attachments = read(&format!("{first}{with}")).attachments.unwrap();
        assert_eq!(serde_json::to_string(&attachments).unwrap(), with[15..with.len() - 1]);
        assert_eq!((attachments.retention, attachments.may_be_stored()), (Retention::of_days(30).ok(), true));
        for (word, origin) in
            [("sentry", PayloadKind::Sentry), ("security", PayloadKind::Security), ("import", PayloadKind::Import)]
        {
            assert_eq!(read(&format!("{}}}", first.replacen("v1", word, 1))).source, origin);
        }
    }

    /// A poison message causes an error that can be reported, never a panic.
    #[test]
    fn a_damaged_message_is_an_error() {
        assert!(form("").is_err());
        assert!(form("{\"v\":9}").unwrap_err().to_string().contains("{\\\"v\\\":9}"));
        assert!(packed("***").is_err());
        let whole = message().pack();
        for cut in 0..whole.len() {
            assert!(Message::unpack(&whole[..cut]).is_err(), "{cut}");
        }
        assert!(Message::unpack(&zstd::bulk::compress(b"no line end", 1).unwrap()).is_err());
        assert!(Message::unpack(&zstd::bulk::compress(b"{}\n", 1).unwrap()).is_err());
    }
}
