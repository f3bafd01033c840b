//! The normalised event: one model that holds what any client sends.
//!
//! Keys of faultline's own are in camel case, as in its API. The contents of `exceptions`, `threads`, `breadcrumbs`,
//! `request`, `user` and `contexts` keep the names of the Sentry protocol (snake case), so that nothing needs renaming
//! on the way in or out. A key that no field is named for is kept in `other`: normalising loses nothing.

mod filter;
mod imported;
mod level;
mod stack;
mod tags;

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

/// The version of the stored form. A line of an older version must decode for ever (promise 8 in
/// docs/src/internals/promises.md).
pub const VERSION: u8 = 1;

/// Which kind of client an occurrence came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// faultline's own JSON API.
    V1,
    /// A Sentry SDK.
    Sentry,
    /// A browser's security report (CSP and its like).
    Security,
}

/// One event, normalised. This is what a line of a segment holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Occurrence {
    /// The version of this form, [`VERSION`].
    pub v: u8,
    /// What names the event.
    pub event_id: EventId,
    /// The kind of client.
    pub source: Source,
    /// When it happened: the client's word, corrected for its clock where that is known to be wrong.
    pub timestamp: Timestamp,
    /// When ingest accepted it.
    pub received_at: Timestamp,
    /// The type of the error, such as `TypeError`; may be empty.
    #[serde(rename = "type")]
    pub kind: String,
    /// What went wrong, in full.
    pub message: String,
    /// How bad it is.
    pub level: Level,
    /// The language or platform, as in the Sentry protocol; `other` if unknown.
    pub platform: String,
    /// Where it went wrong, in a few words.
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
    /// Searchable names and values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Who it happened to.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub user: Map<String, Value>,
    /// The HTTP request that was served.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub request: Map<String, Value>,
    /// The log message: template, parameters and formatted text.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub logentry: Map<String, Value>,
    /// The chain of exceptions, cause first: the last one gives the title.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// The threads of the process.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub threads: Vec<Thread>,
    /// A stack that belongs to no exception.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacktrace: Option<Stacktrace>,
    /// What happened before, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breadcrumbs: Vec<Map<String, Value>>,
    /// Named groups of facts: `os`, `browser`, `runtime`, …; v1's `context`, `environment`, `session` and `params`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub contexts: Map<String, Value>,
    /// What the application attached.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
    /// Installed packages and their versions.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub modules: Map<String, Value>,
    /// The client: `name`, `version`, …
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub sdk: Map<String, Value>,
    /// What the client wants it to be grouped by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fingerprint: Vec<String>,
    /// What could not be used, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Problem>,
    /// Where secrets stood that were replaced by `[Filtered]` (see the crate `scrub`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scrubbed: Vec<String>,
    /// Every key that no field above is named for, as it was sent.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub other: Map<String, Value>,
}

impl Occurrence {
    /// An occurrence with nothing but its names and times.
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
