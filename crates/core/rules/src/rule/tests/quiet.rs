use serde_json::{Value, json};

use super::rule;
use model::time::Timestamp;

/// `expected` is the end of the quiet time that `now` is in, or empty if it is not quiet.
#[track_caller]
fn check(quiet: &Value, now: &str, expected: &str) {
    let rule = rule(&json!({ "quiet": quiet }));
    let end = rule.quiet.unwrap().end(Timestamp::parse(now).unwrap());
    let expected = (!expected.is_empty()).then(|| Timestamp::parse(expected).unwrap());
    assert_eq!(end.map(|end| end.to_string()), expected.map(|end| end.to_string()), "{now} in {quiet}");
}

#[test]
fn hours_of_one_day() {
    let lunch = json!({ "from": "12:00", "to": "13:30" });
    check(&lunch, "2026-11-02T11:59:59.999999Z", "");
    check(&lunch, "2026-11-02T12:00:00Z", "2026-11-02T13:30:00Z");
    check(&lunch, "2026-11-02T13:29:59.999999Z", "2026-11-02T13:30:00Z");
    check(&lunch, "2026-11-02T13:30:00Z", "");
}

#[test]
fn hours_across_midnight() {
    let night = json!({ "from": "22:00", "to": "07:00", "timezone": "Europe/Berlin" });
    check(&night, "2026-11-02T20:59:59Z", "");
    check(&night, "2026-11-02T21:00:00Z", "2026-11-03T06:00:00Z");
    check(&night, "2026-11-03T00:30:00+01:00", "2026-11-03T06:00:00Z");
    check(&night, "2026-11-03T06:59:59+01:00", "2026-11-03T06:00:00Z");
    check(&night, "2026-11-03T07:00:00+01:00", "");
    let from_midnight = json!({ "from": "00:00", "to": "06:00" });
    check(&from_midnight, "2026-11-03T00:00:00Z", "2026-11-03T06:00:00Z");
    check(&from_midnight, "2026-11-02T23:59:59Z", "");
    let to_midnight = json!({ "from": "22:00", "to": "00:00" });
    check(&to_midnight, "2026-11-02T23:59:59Z", "2026-11-03T00:00:00Z");
    check(&to_midnight, "2026-11-03T00:00:00Z", "");
}

/// In Berlin, clocks go from 02:00 to 03:00 on 29 March 2026.
#[test]
fn a_clock_that_is_put_forward() {
    let berlin = |from: &str, to: &str| json!({ "from": from, "to": to, "timezone": "Europe/Berlin" });
    check(&berlin("22:00", "07:00"), "2026-03-28T21:00:00Z", "2026-03-29T05:00:00Z");
    check(&berlin("22:00", "07:00"), "2026-03-29T01:30:00Z", "2026-03-29T05:00:00Z");
    check(&berlin("22:00", "07:00"), "2026-03-29T05:00:00Z", "");
    // An end that is skipped is later by the length of the change: 03:30 in summer time.
    check(&berlin("22:00", "02:30"), "2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z");
    check(&berlin("22:00", "02:30"), "2026-03-29T01:30:00Z", "");
    // A start that is skipped.
    check(&berlin("02:30", "05:00"), "2026-03-29T01:15:00Z", "");
    check(&berlin("02:30", "05:00"), "2026-03-29T01:30:00Z", "2026-03-29T03:00:00Z");
}

/// In Berlin, clocks go from 03:00 back to 02:00 on 25 October 2026.
#[test]
fn a_clock_that_is_put_back() {
    let berlin = |from: &str, to: &str| json!({ "from": from, "to": to, "timezone": "Europe/Berlin" });
    check(&berlin("22:00", "07:00"), "2026-10-24T20:00:00Z", "2026-10-25T06:00:00Z");
    // 02:30 comes twice. The first one is the end, and the second one is not quiet any more.
    check(&berlin("22:00", "02:30"), "2026-10-25T00:29:59Z", "2026-10-25T00:30:00Z");
    check(&berlin("22:00", "02:30"), "2026-10-25T00:30:00Z", "");
    check(&berlin("22:00", "02:30"), "2026-10-25T01:10:00Z", "");
    // As a start, the first one counts too.
    check(&berlin("02:30", "05:00"), "2026-10-25T00:29:59Z", "");
    check(&berlin("02:30", "05:00"), "2026-10-25T00:30:00Z", "2026-10-25T04:00:00Z");
    check(&berlin("02:30", "05:00"), "2026-10-25T01:15:00Z", "2026-10-25T04:00:00Z");
}

#[test]
fn whole_days_and_what_adjoins_them() {
    let weekend = json!({ "days": ["sat", "sun"] });
    check(&weekend, "2026-11-06T23:59:59Z", "");
    check(&weekend, "2026-11-07T00:00:00Z", "2026-11-09T00:00:00Z");
    check(&weekend, "2026-11-08T12:00:00Z", "2026-11-09T00:00:00Z");
    check(&weekend, "2026-11-09T00:00:00Z", "");
    let both = json!({ "from": "22:00", "to": "07:00", "days": ["sat", "sun"] });
    check(&both, "2026-11-06T21:59:59Z", "");
    check(&both, "2026-11-06T22:00:00Z", "2026-11-09T07:00:00Z");
    check(&both, "2026-11-08T12:00:00Z", "2026-11-09T07:00:00Z");
    check(&both, "2026-11-09T07:00:00Z", "");
    let but_thursday = json!({ "from": "09:00", "to": "08:00", "days": ["fri", "sat", "sun", "mon", "tue", "wed"] });
    check(&but_thursday, "2026-11-05T08:30:00Z", "");
    check(&but_thursday, "2026-11-05T09:00:00Z", "2026-11-12T08:00:00Z");
    check(&but_thursday, "2026-11-12T07:59:59Z", "2026-11-12T08:00:00Z");
}

/// In Beirut, clocks go back at midnight, and in Cairo they go forward at midnight: a day begins twice, or at 01:00.
#[test]
fn days_that_do_not_begin_at_midnight() {
    let days = |zone: &str, day: &str| json!({ "days": [day], "timezone": zone });
    check(&days("Africa/Cairo", "fri"), "2026-04-23T21:59:59Z", "");
    check(&days("Africa/Cairo", "fri"), "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z");
    check(&days("Asia/Beirut", "sun"), "2026-10-25T12:00:00Z", "2026-10-25T22:00:00Z");
}

#[test]
fn zones_far_from_greenwich() {
    let night = |zone: &str| json!({ "from": "22:00", "to": "07:00", "timezone": zone });
    check(&night("Pacific/Kiritimati"), "2026-11-02T08:00:00Z", "2026-11-02T17:00:00Z");
    check(&night("Pacific/Kiritimati"), "2026-11-02T07:59:59Z", "");
    check(&night("Asia/Kathmandu"), "2026-11-02T16:15:00Z", "2026-11-03T01:15:00Z");
    check(&night("America/St_Johns"), "2026-11-02T10:29:59Z", "2026-11-02T10:30:00Z");
}

/// The calendar ends in both directions.
#[test]
fn the_ends_of_time_are_no_panic() {
    let night = json!({ "from": "22:00", "to": "21:59", "days": ["mon"], "timezone": "Pacific/Kiritimati" });
    let quiet = rule(&json!({ "quiet": night })).quiet.unwrap();
    for micros in [0, 1, i64::MAX] {
        quiet.end(Timestamp::from_micros(micros));
    }
}
