//! Reads the facts about an event that ingest needs before it accepts it.

use super::ItemKind;
use model::id::EventId;
use model::json::{self, MAX_DEPTH};
use model::outcome::{Reason, Refusal};

/// The id and type in an event's payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peek {
    /// The `event_id`, if it is valid.
    pub event_id: Option<EventId>,
    /// [`ItemKind::Event`], or the type of another item that an old SDK sent as an event.
    pub kind: ItemKind,
}

/// The largest event, in bytes of JSON. This is Sentry's own limit, and an occurrence must fit into one answer.
pub const MAX_EVENT: usize = 1 << 20;
/// The most memory that a parsed event may take, in bytes. A typical event takes ten times the size of its JSON.
pub(crate) const MAX_EVENT_MEMORY: usize = 32 << 20;
/// The longest id or type that is read, in bytes.
const MAX_WORD: usize = 64;

/// Reads an event's id and type without building it. An event that passes can be parsed later, by the rules of
/// [`json::check`], so an event that was answered with success can be processed and shown.
pub fn peek(payload: &[u8]) -> Result<Peek, Refusal> {
    if payload.len() > MAX_EVENT {
        let message = format!("an event may have at most {MAX_EVENT} bytes of JSON (got {})", payload.len());
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
            "an event has too many values: they take {memory} bytes of memory, more than {MAX_EVENT_MEMORY}: send fewer"
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
        assert!(refusal.message.contains("too many values"), "{refusal}");
    }

    /// An event that was answered with success can be processed: both parsers agree on which events are valid.
    #[test]
    fn an_accepted_event_can_be_parsed_later() {
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
