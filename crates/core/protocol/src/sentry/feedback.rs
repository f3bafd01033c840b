//! Feedback: what users of an application write about it, in a form that an SDK shows. Items of type `feedback` have the
//! form of an event; items of type `user_report`, which older SDKs send, have a form of their own.

use model::id::EventId;
use model::occurrence::Occurrence;
use serde_json::{Map, Value, json};

use super::{Received, normalise as normalise_event};

/// The type of all feedback. It is also its fingerprint, so that the feedback of a project is one error, whatever users
/// write.
pub const TYPE: &str = "User feedback";
/// The longest name or email address, in bytes.
const MAX_NAME: usize = 200;
/// The longest message, in bytes. Sentry's forms allow 4,096 characters.
const MAX_MESSAGE: usize = 10_000;

/// The content of a feedback form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    /// The event that it is about.
    pub about: Option<EventId>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub message: String,
}

/// Converts an item `feedback`.
pub fn normalise(event: Map<String, Value>, received: &Received) -> Occurrence {
    let mut occurrence = normalise_event(event, received);
    let Feedback { name, email, message, .. } = read(&occurrence).unwrap_or_default();
    TYPE.clone_into(&mut occurrence.kind);
    occurrence.message = message;
    if occurrence.fingerprint.is_empty() {
        occurrence.fingerprint.push(TYPE.to_owned());
    }
    for (key, value) in [("name", name), ("email", email)] {
        if let Some(value) = value {
            occurrence.user.entry(key).or_insert_with(|| value.into());
        }
    }
    occurrence
}

/// Converts an item `user_report`.
pub fn normalise_report(mut report: Map<String, Value>, received: &Received) -> Occurrence {
    let names =
        [("comments", "message"), ("name", "name"), ("email", "contact_email"), ("event_id", "associated_event_id")];
    let context = names.into_iter().filter_map(|(theirs, ours)| Some((ours.to_owned(), report.remove(theirs)?)));
    let context = Map::from_iter(context);
    let mut event =
        Map::from_iter([("level".to_owned(), json!("info")), ("contexts".to_owned(), json!({"feedback": context}))]);
    // Nothing is lost: what is left is kept under its own name.
    for (key, value) in report {
        event.entry(key).or_insert(value);
    }
    normalise(event, received)
}

/// Reads the feedback in an occurrence. Returns `None` if it has none.
pub fn read(occurrence: &Occurrence) -> Option<Feedback> {
    let context = occurrence.contexts.get("feedback")?;
    let text = |key: &str, limit: usize| {
        let text = context.get(key)?.as_str()?.trim();
        (!text.is_empty()).then(|| text[..text.floor_char_boundary(limit)].to_owned())
    };
    Some(Feedback {
        about: text("associated_event_id", 64).and_then(|id| EventId::parse(&id).ok()),
        name: text("name", MAX_NAME),
        email: text("contact_email", MAX_NAME),
        message: text("message", MAX_MESSAGE).unwrap_or_default(),
    })
}
