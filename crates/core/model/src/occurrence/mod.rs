//! The normalised event: one model for what all clients send.
//!
//! faultline's own keys are in camel case, as in its API. The contents of `exceptions`, `threads`, `breadcrumbs`,
//! `request`, `user` and `contexts` keep the names of the Sentry protocol (snake case), so that nothing needs renaming
//! on the way in or out. A key without a field is kept in `other`: normalising loses nothing.

mod attachment;
mod filter;
mod imported;
mod level;
mod stack;
mod tags;

pub use attachment::{Attachment, AttachmentLoss};
pub use filter::Filter;
pub use imported::{Imported, MAX_OCCURRENCES};
pub use level::Level;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
pub use stack::{Exception, Frame, Stacktrace, Thread};
use std::collections::BTreeMap;
pub use tags::{MAX_VALUE, short_value};

use crate::id::EventId;
use crate::json::Problem;
use crate::time::Timestamp;

/// The version of the stored form. A line of an older version must be decodable forever (promise 8 in
/// docs/src/internals/promises.md).
pub const VERSION: u8 = 1;

/// The kind of client that an occurrence came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// faultline's own JSON API.
    V1,
    /// A Sentry SDK.
    Sentry,
    /// A browser's security report (CSP and similar).
    Security,
    /// A client of Rollbar.
    Rollbar,
    /// A client of Airbrake or Errbit.
    Airbrake,
    /// A client of Bugsnag.
    Bugsnag,
    /// An exporter of OpenTelemetry.
    Otlp,
}

/// One event, normalised. A line of a segment holds one of these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Occurrence {
    /// The version of the stored form, [`VERSION`].
    pub v: u8,
    pub event_id: EventId,
    pub source: Source,
    /// When it happened: the client's time, corrected if the client's clock is known to be wrong.
    pub timestamp: Timestamp,
    /// When ingest accepted it.
    pub received_at: Timestamp,
    /// The type of the error, such as `TypeError`; may be empty.
    #[serde(rename = "type")]
    pub kind: String,
    /// The error message, in full.
    pub message: String,
    pub level: Level,
    /// The language or platform, as in the Sentry protocol; `other` if unknown.
    pub platform: String,
    /// Where the error happened, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub culprit: Option<String>,
    /// The deployment environment, such as `production`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The version of the application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// The build of the release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dist: Option<String>,
    /// The machine it ran on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// The route, task or command that was running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// The logger that reported it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logger: Option<String>,
    /// The trace it belongs to, 32 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Names and values to search for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The user who was affected.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub user: Map<String, Value>,
    /// The HTTP request that was being served.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub request: Map<String, Value>,
    /// The log message: template, parameters and formatted text.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub logentry: Map<String, Value>,
    /// The chain of exceptions, cause first. The last one gives the title.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// The threads of the process.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<Thread>,
    /// A stack that does not belong to an exception.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacktrace: Option<Stacktrace>,
    /// Events that led up to the error, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breadcrumbs: Vec<Map<String, Value>>,
    /// Files that the client sent with the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Named groups of facts: `os`, `browser`, `runtime`, …; also v1's `context`, `environment`, `session` and
    /// `params`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub contexts: Map<String, Value>,
    /// Data that the application attached.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
    /// Installed packages and their versions.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub modules: Map<String, Value>,
    /// The client: `name`, `version`, …
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub sdk: Map<String, Value>,
    /// The client's own grouping key, if it sets one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fingerprint: Vec<String>,
    /// Values that could not be used, with the reasons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Problem>,
    /// The paths of secrets that were replaced by `[Filtered]` (see the crate `scrub`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scrubbed: Vec<String>,
    /// All keys without a field above, as they were sent.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub other: Map<String, Value>,
}

impl Occurrence {
    /// Creates an occurrence with nothing but its id, source and times.
    pub fn new(event_id: EventId, source: Source, timestamp: Timestamp, received_at: Timestamp) -> Self {
        Self {
            v: VERSION,
            event_id,
            source,
            timestamp,
            received_at,
            kind: String::new(),
            message: String::new(),
            level: Level::Error,
            platform: "other".to_owned(),
            culprit: None,
            environment: None,
            release: None,
            dist: None,
            server_name: None,
            transaction: None,
            logger: None,
            trace_id: None,
            tags: BTreeMap::new(),
            user: Map::new(),
            request: Map::new(),
            logentry: Map::new(),
            exceptions: Vec::new(),
            threads: Vec::new(),
            stacktrace: None,
            breadcrumbs: Vec::new(),
            attachments: Vec::new(),
            contexts: Map::new(),
            extra: Map::new(),
            modules: Map::new(),
            sdk: Map::new(),
            fingerprint: Vec::new(),
            errors: Vec::new(),
            scrubbed: Vec::new(),
            other: Map::new(),
        }
    }
}
