//! Determines when an event happened.

use serde_json::{Map, Value, json};

use super::Received;
use crate::sentry::moment;
use model::json::Fields;
use model::json::Problem;
use model::time::Timestamp;

/// From this difference in seconds on, the client's clock is considered wrong. Smaller differences are the time that
/// sending takes, with retries. Relay uses the same value.
const MIN_DRIFT: i64 = 55 * 60;
/// How many seconds in the future an event may be. Relay uses the same value.
const MAX_FUTURE: i64 = 60;
/// How many seconds in the past an event may be: 30 days, as in Relay.
const MAX_PAST: i64 = 30 * 24 * 3600;

/// Returns how wrong the client's clock is, as microseconds to add to its times, or 0 if it is right or unknown.
/// `sent_at` is the client's time when it sent the event, so its difference from the time of receipt is the error of
/// the clock, even if the event waited on a phone for a long time.
pub(super) fn drift(received: &Received, problems: &mut Vec<Problem>) -> i64 {
    let Some(sent_at) = received.sent_at else { return 0 };
    let drift = received.received_at.micros() - sent_at.micros();
    if drift.abs() < MIN_DRIFT * 1_000_000 {
        return 0;
    }
    Problem::note(problems, || Problem {
        kind: "clock_drift".to_owned(),
        name: "timestamp".to_owned(),
        value: json!({ "sent_at": sent_at, "received_at": received.received_at }),
        reason: format!("the client's clock is wrong: {} seconds are added to its times", drift / 1_000_000),
    });
    drift
}

/// Returns the event's time, corrected by `drift`, or the time of receipt if the event has no plausible time.
pub(super) fn timestamp(fields: &mut Fields<'_>, received: &Received, drift: i64) -> Timestamp {
    let now = received.received_at;
    let Some(value) = fields.value("timestamp") else { return now };
    let Some(sent) = read(&value) else {
        fields.problem(
            "timestamp",
            value,
            "expected seconds since 1970 or an RFC 3339 time: the time of receipt is used",
        );
        return now;
    };
    let timestamp = Timestamp::from_micros(sent.micros().saturating_add(drift));
    let kind = if timestamp > now.plus_seconds(MAX_FUTURE) {
        "future_timestamp"
    } else if timestamp < now.plus_seconds(-MAX_PAST) {
        "past_timestamp"
    } else {
        return timestamp;
    };
    Problem::note(fields.problems(), || Problem {
        kind: kind.to_owned(),
        name: "timestamp".to_owned(),
        value,
        reason: "more than 60 seconds in the future or 30 days in the past: the time of receipt is used".to_owned(),
    });
    now
}

/// Reads seconds or milliseconds since 1970, or a date and time.
fn read(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => moment::from_number(number.as_f64()?),
        Value::String(text) => moment::parse(text),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Corrects the time of a breadcrumb by `drift`, so that it keeps its distance from the event.
pub(super) fn correct(breadcrumb: &mut Map<String, Value>, drift: i64) {
    if drift == 0 {
        return;
    }
    if let Some(value) = breadcrumb.get_mut("timestamp")
        && let Some(timestamp) = read(value)
    {
        *value = Timestamp::from_micros(timestamp.micros().saturating_add(drift)).to_string().into();
    }
}
