//! Converts an event of a Sentry SDK into the model that all clients share.
//!
//! Every attribute is optional, and `null` means absent. A value of the wrong type becomes absent and is reported as a
//! [`Problem`]; the rest of the event is kept. A key without a field of its own is kept in `other`. A value that is cut
//! to its maximum length is reported, too.

mod clock;
mod derive;
mod exception;
mod facts;
mod message;
mod request;
mod stack;
mod tags;
mod user;
mod values;

pub use derive::crash_place;

use std::net::IpAddr;

use serde_json::{Map, Value};

use model::id::EventId;
use model::json::Fields;
use model::json::Problem;
use model::occurrence::{Occurrence, Source};
use model::time::Timestamp;

/// The most breadcrumbs; the newest are kept. SDKs send at most 100 by default.
const MAX_BREADCRUMBS: usize = 500;

/// Facts that ingest knows about an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// The event's id: the one of the envelope header, or else of the payload, or else a new one.
    pub event_id: EventId,
    /// When the event was accepted.
    pub received_at: Timestamp,
    /// When the event was sent, by the client's clock (`sent_at` in the envelope header).
    pub sent_at: Option<Timestamp>,
    /// The address of the client.
    pub client_ip: Option<IpAddr>,
}

/// Names of attributes in events of raven, the former Sentry clients.
const FORMER_NAMES: [(&str, &str); 8] = [
    ("sentry.interfaces.Exception", "exception"),
    ("sentry.interfaces.Stacktrace", "stacktrace"),
    ("sentry.interfaces.Message", "logentry"),
    ("sentry.interfaces.Http", "request"),
    ("sentry.interfaces.User", "user"),
    ("sentry.interfaces.Breadcrumbs", "breadcrumbs"),
    ("sentry.interfaces.Contexts", "contexts"),
    ("sentry.interfaces.Template", "template"),
];

/// Converts `event` into an occurrence. It is not scrubbed yet: see the crate `scrub`.
pub fn normalise(event: Map<String, Value>, received: &Received) -> Occurrence {
    let mut problems = Vec::new();
    let drift = clock::drift(received, &mut problems);
    let mut fields = Fields::new(event, "", &mut problems);
    for (former, name) in FORMER_NAMES {
        fields.rename(former, name);
    }

    let timestamp = clock::timestamp(&mut fields, received, drift);
    let mut occurrence = Occurrence::new(received.event_id, Source::Sentry, timestamp, received.received_at);
    facts::event_id(&mut fields, received);
    occurrence.level = facts::level(&mut fields);
    occurrence.platform = facts::platform(&mut fields);
    occurrence.release = facts::release(&mut fields);
    occurrence.dist = facts::dist(&mut fields, occurrence.release.is_some());
    occurrence.environment = facts::environment(&mut fields);
    occurrence.server_name = facts::name(&mut fields, "server_name");
    occurrence.transaction = facts::name(&mut fields, "transaction");
    occurrence.logger = facts::name(&mut fields, "logger");
    occurrence.fingerprint = facts::fingerprint(&mut fields);
    occurrence.logentry = message::logentry(&mut fields);
    occurrence.exceptions = exception::exceptions(&mut fields);
    occurrence.threads = exception::threads(&mut fields);
    occurrence.stacktrace = stack::stacktrace(&mut fields, "stacktrace");
    occurrence.breadcrumbs = breadcrumbs(&mut fields, drift);
    occurrence.tags = tags::tags(&mut fields);
    occurrence.request = request::request(&mut fields);
    occurrence.user = user::user(&mut fields);
    occurrence.contexts = contexts(&mut fields);
    occurrence.extra = fields.object("extra").unwrap_or_default();
    occurrence.modules = fields.object("modules").unwrap_or_default();
    occurrence.sdk = fields.object("sdk").unwrap_or_default();
    let culprit = fields.text("culprit").filter(|culprit| !culprit.is_empty());
    let sent = facts::errors(&mut fields);
    occurrence.other = fields.rest();

    let Occurrence { user, request, sdk, platform, .. } = &mut occurrence;
    user::address(user, request, sdk, platform, received, &mut problems);
    derive::derive(&mut occurrence, culprit);
    occurrence.errors = sent;
    occurrence.errors.append(&mut problems);
    occurrence
}

fn breadcrumbs(fields: &mut Fields<'_>, drift: i64) -> Vec<Map<String, Value>> {
    let mut list = values::values(fields, "breadcrumbs");
    let at = fields.path();
    let path = at.key("breadcrumbs");
    values::cut(&mut list, 0, MAX_BREADCRUMBS, path, fields.problems());
    let mut crumbs = values::objects(list, path, fields.problems());
    for crumb in &mut crumbs {
        crumb.retain(|_, value| !value.is_null());
        clock::correct(crumb, drift);
    }
    crumbs
}

fn contexts(fields: &mut Fields<'_>) -> Map<String, Value> {
    let Some(contexts) = fields.object("contexts") else { return Map::new() };
    let at = fields.path();
    let path = at.key("contexts");
    let problems = fields.problems();
    contexts
        .into_iter()
        .filter_map(|(name, context)| match context {
            Value::Null => None,
            Value::Object(_) => Some((name, context)),
            // PHP serialises an empty map as an empty list.
            Value::Array(list) if list.is_empty() => None,
            other => {
                Problem::note(problems, || Problem::invalid(path.key(&name).to_string(), other, "expected an object"));
                None
            }
        })
        .collect()
}

#[cfg(test)]
mod clients;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
