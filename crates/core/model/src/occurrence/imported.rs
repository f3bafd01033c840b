//! The body of `POST /projects/{project}/occurrences`.

use serde::Deserialize;
use serde_json::Value;

use super::{Occurrence, VERSION};
use crate::json;
use crate::outcome::{Reason, Refusal};
use crate::time::Timestamp;

/// Maximum number of occurrences in a body.
pub const MAX_OCCURRENCES: usize = 1_000;
/// Maximum size of an occurrence in bytes of JSON, as of v1's errors: it must fit into one answer.
const MAX_OCCURRENCE: usize = 1 << 20;
/// Maximum nesting of a body. An occurrence has one level more than the event that was sent, and here it is in a list.
const LEVELS: u8 = json::MAX_DEPTH + 3;
/// How far in the future an occurrence may be, in seconds: as far as any client's event.
const FUTURE: i64 = 60;

/// Occurrences in faultline's own form, as its API returns them under `event`. They are taken as they are, with their
/// ids and times, so that an occurrence that is imported twice is counted once.
#[derive(Debug)]
pub struct Imported {
    /// The occurrences to store.
    pub occurrences: Vec<Occurrence>,
    /// The refusals of the others.
    pub refused: Vec<Refusal>,
}

impl Imported {
    /// Parses a body. An occurrence that cannot be stored is refused with a reason, and the others are kept.
    pub fn parse(body: &[u8], now: Timestamp) -> Result<Self, Refusal> {
        let form = "send a JSON object with a list `occurrences`";
        let body: Value = json::check(body, LEVELS).and_then(|text| json::parse(&text)).map_err(|error| {
            Refusal::new(Reason::BodyNotJson, format!("the body is {error}: {form}, at most {LEVELS} levels deep"))
        })?;
        let Some(Value::Array(list)) = body.get("occurrences") else {
            return Err(at_list(format!("the body has no list `occurrences`: {form}")));
        };
        if list.is_empty() || list.len() > MAX_OCCURRENCES {
            return Err(at_list(format!("`occurrences` has {} entries: send 1 to {MAX_OCCURRENCES}", list.len())));
        }
        let (mut occurrences, mut refused) = (Vec::with_capacity(list.len()), Vec::new());
        for (index, value) in list.iter().enumerate() {
            match occurrence(value, now) {
                Ok(occurrence) => occurrences.push(occurrence),
                Err((reason, message)) => {
                    refused.push(Refusal::new(reason, message).at(["occurrences", &index.to_string()]));
                }
            }
        }
        Ok(Self { occurrences, refused })
    }
}

fn occurrence(value: &Value, now: Timestamp) -> Result<Occurrence, (Reason, String)> {
    let invalid = |message: String| Err((Reason::ItemInvalid, message));
    let size = value.to_string().len();
    if size > MAX_OCCURRENCE {
        let message = format!("an occurrence has {size} bytes of JSON: send at most {MAX_OCCURRENCE}");
        return Err((Reason::ItemTooLarge, message));
    }
    let occurrence = match Occurrence::deserialize(value) {
        Ok(occurrence) => occurrence,
        Err(error) => {
            return invalid(format!("this is not an occurrence: {error}; send what faultline returns under `event`"));
        }
    };
    if occurrence.v > VERSION {
        return invalid(format!(
            "an occurrence has version {} of the format: this faultline reads versions up to {VERSION}",
            occurrence.v
        ));
    }
    if occurrence.timestamp > now.plus_seconds(FUTURE) {
        return invalid(format!("an occurrence has the time {}, which is in the future", occurrence.timestamp));
    }
    Ok(occurrence)
}

fn at_list(message: String) -> Refusal {
    Refusal::new(Reason::BodyInvalid, message).at(["occurrences"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::EventId;
    use crate::occurrence::Source;
    use crate::time::SECONDS_PER_DAY;

    const NOW: i64 = 1_478_044_860;

    fn event(seconds: i64) -> Value {
        let moment = Timestamp::from_seconds(seconds);
        json!(Occurrence::new(EventId::from_bytes([7; 16]), Source::Sentry, moment, moment))
    }

    fn parse(body: &Value) -> Result<Imported, Refusal> {
        Imported::parse(body.to_string().as_bytes(), Timestamp::from_seconds(NOW))
    }

    /// Nothing of an occurrence is created again: neither its id nor its times, however old they are.
    #[test]
    fn occurrences_come_back_as_they_were() {
        let old = event(NOW - 400 * SECONDS_PER_DAY);
        let Imported { occurrences, refused } = parse(&json!({ "occurrences": [old] })).unwrap();
        assert_eq!((json!(occurrences[0]), refused.len()), (old, 0));
    }

    #[test]
    fn one_that_cannot_be_stored_leaves_its_neighbours() {
        let changed = |key: &str, value: Value| {
            let mut event = event(NOW);
            event[key] = value;
            event
        };
        let list = json!([
            changed("v", json!(9)),
            changed("source", json!("import")),
            event(NOW + 61),
            changed("eventId", Value::Null),
            changed("message", "x".repeat(1 << 20).into()),
            7,
            event(NOW + 60),
        ]);
        let Imported { occurrences, refused } = parse(&json!({ "occurrences": list })).unwrap();
        assert_eq!(occurrences.len(), 1);
        let said: Vec<_> = refused.iter().map(|refusal| (refusal.path.join("."), refusal.reason)).collect();
        let reasons = [Reason::ItemInvalid; 6];
        let expected: Vec<_> = (0..6).map(|index| (format!("occurrences.{index}"), reasons[index])).collect();
        let large = (expected[4].0.clone(), Reason::ItemTooLarge);
        assert_eq!(said, [&expected[..4], &[large], &expected[5..]].concat());
    }

    #[test]
    fn a_body_that_cannot_be_used_says_what_to_send() {
        let check = |body: &Value, reason: Reason, says: &str| {
            let refusal = parse(body).unwrap_err();
            assert!(refusal.reason == reason && refusal.message.contains(says), "{body}: {refusal:?}");
        };
        check(&json!([]), Reason::BodyInvalid, "`occurrences`");
        check(&json!({ "occurrences": [] }), Reason::BodyInvalid, "1 to 1000");
        check(&json!({ "occurrences": vec![7; 1_001] }), Reason::BodyInvalid, "1 to 1000");
        assert_eq!(Imported::parse(b"{", Timestamp::from_seconds(NOW)).unwrap_err().reason, Reason::BodyNotJson);
    }
}
