//! What ingest must know of an event before it is taken.

use super::ItemKind;
use model::id::EventId;
use model::json::{self, MAX_DEPTH};
use model::outcome::{Reason, Refusal};

/// An event's own id and kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peek {
    /// The `event_id`, if there is one that can be read.
    pub event_id: Option<EventId>,
    /// [`ItemKind::Event`], or what old SDKs send under that name.
    pub kind: ItemKind,
}

/// The largest event, in bytes of JSON: Sentry's own limit. An occurrence must be shown in one answer.
pub const MAX_EVENT: usize = 1 << 20;
/// The most memory that an event may take when it is parsed, in bytes; a usual one takes ten times its JSON.
const MAX_EVENT_MEMORY: usize = 32 << 20;
/// The longest id or type, in bytes.
const MAX_WORD: usize = 64;

/// Reads an event's id and kind without building it. What passes here can be parsed later, as by [`json::check`]: so an
/// event that was answered with success can be processed, and shown.
pub fn peek(payload: &[u8]) -> Result<Peek, Refusal> {
    if payload.len() > MAX_EVENT {
        let message = format!("an event has {} bytes of JSON: at most {MAX_EVENT} are taken", payload.len());
        return Err(Refusal::new(Reason::ItemTooLarge, message));
    }
    let ([event_id, kind], memory) = json::words(payload, ["event_id", "type"], MAX_WORD).map_err(|error| {
        Refusal::new(
            Reason::ItemInvalid,
            format!("an event is {error}: send a JSON object at most {MAX_DEPTH} levels deep"),
        )
    })?;
    if memory > MAX_EVENT_MEMORY {
        let message = format!(
            "an event has so many values that they take {memory} bytes of memory, of {MAX_EVENT_MEMORY}: send fewer"
        );
        return Err(Refusal::new(Reason::ItemTooLarge, message));
    }
    let text = |word: Option<json::Word>| word.and_then(json::Word::text);
    Ok(Peek {
        event_id: text(event_id).and_then(|id| EventId::parse(&id).ok()),
        kind: ItemKind::of_event(text(kind).as_deref()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value};

    use super::*;

    #[track_caller]
    fn check(payload: &str, id: Option<&str>, kind: ItemKind) {
        let peek = peek(payload.as_bytes()).unwrap();
        assert_eq!((peek.event_id.map(|id| id.to_string()).as_deref(), peek.kind), (id, kind), "{payload}");
    }

    #[test]
    fn id_and_kind_are_read() {
        let id = "fc6d8c0c43fc4630ad850ee518f1b9d0";
        check("{}", None, ItemKind::Event);
        check(
            &format!(r#"{{"event_id":"{id}","x":[1,{{"event_id":"y"}}],"type":"error"}}"#),
            Some(id),
            ItemKind::Event,
        );
        check(r#"{"event_id":null,"type":"transaction"}"#, None, ItemKind::Transaction);
        check(r#"{"event_id":"nope","type":{"a":1}}"#, None, ItemKind::Event);
        check(r#"{"x":"\udc80","y":NaN}"#, None, ItemKind::Event);
    }

    #[test]
    fn an_event_that_would_take_much_memory_is_refused() {
        let event =
            |entry: &str, count: usize| format!(r#"{{"extra":{{"x":[{}0]}}}}"#, format!("{entry},").repeat(count));
        assert!(peek(event("0", 500_000).as_bytes()).is_ok());
        assert!(peek(event(r#"{"filename":"app/cart.js","lineno":7,"function":"total"}"#, 15_000).as_bytes()).is_ok());
        let refusal = peek(event(r#"{"a":0}"#, 100_000).as_bytes()).unwrap_err();
        assert_eq!(refusal.reason, Reason::ItemTooLarge);
        assert!(refusal.message.contains("so many values"), "{refusal}");
    }

    /// An event that was answered with success can be processed: both readings agree on what is an event.
    #[test]
    fn what_is_taken_can_be_parsed_later() {
        let cases = ["[]", "7", "{", "", r#"{"a":1e999}"#, r#"{"\ud800":1}"#, r#"{"a":"\ud800"}"#, r#"{"a":"\x"}"#];
        for case in cases.into_iter().chain([r#"{"a":01}"#, "{}x"]) {
            let parsed = json::parse::<Map<String, Value>>(case.as_bytes()).is_ok();
            assert_eq!(peek(case.as_bytes()).is_ok(), parsed, "{case}");
        }
    }

    proptest::proptest! {
        #[test]
        fn both_readings_agree(text in r#"[\{\}\[\]:,"\\a-c0-9eE.\-+ NaIu\u{0}-\u{1f}]{0,24}"#) {
            let text = format!("{{\"a\":{text}}}");
            let parsed = json::parse::<Map<String, Value>>(text.as_bytes()).is_ok();
            proptest::prop_assert_eq!(peek(text.as_bytes()).is_ok(), parsed);
        }
    }
}
