//! The body of a post of events.

use model::json::CappedList;
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::sentry::moment;
use crate::translate::{RawObject, check_size, find_text, is_object, read_object};

/// The most events of a body. Clients send one.
pub const MAX_EVENTS: usize = 100;
/// The longest description of the client that is kept, in bytes: it is stored with each event.
const MAX_NOTIFIER: usize = 4 << 10;

/// Returns the key in a body, of which only the beginning may have arrived yet.
pub fn find_api_key(body: &[u8]) -> Option<String> {
    find_text(body, "apiKey")
}

/// The events of a body that can be stored, and the parts that are refused.
#[derive(Debug)]
pub struct EventReport {
    /// The number of events in the payload, at least one.
    pub count: usize,
    /// The form in which they are stored in the inbox: a [`StoredReport`], without any key.
    pub payload: Vec<u8>,
    /// The events that cannot be stored, and why.
    pub refused: Vec<Refusal>,
}

/// The form in which events are stored in the inbox.
#[derive(Debug, Deserialize)]
pub struct StoredReport {
    /// The client library, which all events share.
    #[serde(default)]
    pub notifier: Map<String, Value>,
    pub events: Vec<Map<String, Value>>,
}

#[derive(Serialize)]
struct WrittenReport<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    notifier: Option<&'a RawValue>,
    events: Vec<RawObject>,
}

impl EventReport {
    /// Parses a body. An event that cannot be stored is left out and listed in `refused`. If no event is left, the whole
    /// body is refused with the reason of the first one.
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let top = read_object(body, "a JSON object with a list `events`")?;
        let invalid = |message: String| Refusal::new(Reason::BodyInvalid, message).at(["events"]);
        let list = top.get("events").map_or("null", |events| events.get());
        let CappedList { first, count } = serde_json::from_str::<CappedList<MAX_EVENTS>>(list)
            .map_err(|_| invalid("`events` is missing, or is not a list: send a list of events".to_owned()))?;
        if count > MAX_EVENTS {
            return Err(invalid(format!("`events` has {count} entries: send at most {MAX_EVENTS} at once")));
        }
        let (mut events, mut refused) = (Vec::with_capacity(first.len()), Vec::new());
        for (index, event) in first.iter().enumerate() {
            match parse_event(event) {
                Ok(event) => events.push(event),
                Err(refusal) => refused.push(refusal.at(["events", &index.to_string()])),
            }
        }
        if events.is_empty() {
            return Err(match refused.into_iter().next() {
                Some(refusal) if refusal.reason == Reason::ItemInvalid => {
                    Refusal { reason: Reason::BodyInvalid, ..refusal }
                }
                Some(refusal) => refusal,
                None => invalid("`events` is empty: send at least one event".to_owned()),
            });
        }
        let notifier = top.get("notifier").map(|notifier| &**notifier);
        let notifier = notifier.filter(|notifier| is_object(notifier) && notifier.get().len() <= MAX_NOTIFIER);
        let count = events.len();
        let payload = serde_json::to_vec(&WrittenReport { notifier, events })
            .map_err(|error| invalid(format!("the body cannot be read: {error}")))?;
        Ok(Self { count, payload, refused })
    }
}

/// Returns an event without its key.
fn parse_event(event: &RawValue) -> Result<RawObject, Refusal> {
    if !is_object(event) {
        return Err(Refusal::new(Reason::ItemInvalid, "an event is not an object: send an object with `exceptions`"));
    }
    check_size(event)?;
    let mut event: RawObject = serde_json::from_str(event.get())
        .map_err(|error| Refusal::new(Reason::ItemInvalid, format!("an event cannot be read: {error}")))?;
    event.remove("apiKey");
    Ok(event)
}

/// Parses the header `Bugsnag-Sent-At`. The client for Python sends it without a time zone, in UTC.
pub fn parse_sent_at(text: &str) -> Option<Timestamp> {
    moment::parse(text)
}
