//! Tables of what is reported: the events of an error, of which the last one is in question, and the decision.

use serde_json::{Value, json};

use super::rule;
use super::stories::decided;
use crate::posted;
use model::project::Tier;

#[track_caller]
fn check_in(tier: Tier, says: Value, table: &[(&str, &str)]) {
    let rule = rule(&says);
    for (steps, expected) in table {
        assert_eq!(decided(&rule, tier, steps), *expected, "{steps}, by {says}");
    }
}

#[track_caller]
pub(super) fn check(says: Value, table: &[(&str, &str)]) {
    check_in(Tier::Standard, says, table);
}

/// A v1 config with these two numbers.
#[track_caller]
fn check_posted(threshold: Value, interval: Value, table: &[(&str, &str)]) {
    let config = json!({
        "type": "slack", "endpoint": "https://hooks.slack.com/x", "channel": "#a",
        "threshold": threshold, "notifyInterval": interval,
    });
    let rule = posted::rule(&config, 0).unwrap();
    for tier in [Tier::Critical, Tier::Standard, Tier::Low] {
        for (steps, expected) in table {
            assert_eq!(decided(&rule, tier, steps), *expected, "{steps}, {threshold} and {interval}");
        }
    }
}

#[test]
fn the_first_occurrence_of_each_incarnation_is_reported() {
    check(
        json!({ "on": ["first"] }),
        &[
            ("1@0", "first"),
            ("50@0", "first"),
            ("1@0, 1@1, 1@7", "first"),
            ("1@0 | 1@0", ""),
            ("1@0 | 1@5", ""),
            ("1@0 | delete | 1@1", "first"),
            ("1@0 | resolve | 1@1", ""),
            ("1@0 | 50@1", ""),
        ],
    );
}

/// A record of the stream can contain both incarnations, if the deletion has no record of its own.
#[test]
fn an_incarnation_that_replaced_another_is_new() {
    use super::stories::{minute, story};
    let (Some(old), _) = story("1@0 | 9@1") else { panic!("two commits") };
    let (_, new) = story("1@0 | delete | 1@1");
    assert_ne!(old.uid, new.uid);
    let decisions = rule(&json!({ "on": ["first"] })).decide(Some(&old), &new, Tier::Standard, minute(0));
    assert_eq!(decisions.len(), 1);
}

#[test]
fn a_regression_is_an_occurrence_after_somebody_resolved_the_error() {
    check(
        json!({ "on": ["regression"] }),
        &[
            ("1@0", ""),
            ("1@0 | resolve", ""),
            ("1@0 | resolve | 1@1", "regression"),
            ("1@0 | resolve | 70@1", "regression"),
            ("1@0 | resolve | 1@1 | 1@1", ""),
            ("1@0 | resolve | 1@1 | resolve | 1@2", "regression"),
            // It was received before somebody resolved the error, and waited in the inbox.
            ("1@0 | resolve | 1@0", ""),
            ("1@0 | resolve | 1@0 | 1@1", "regression"),
            ("1@0 | resolve | unresolve", ""),
            ("1@0 | resolve | unresolve | 1@1", ""),
            ("1@0 | resolve | delete | 1@1", ""),
        ],
    );
}

/// Somebody who resolved an error in the next release is not notified about the old releases.
#[test]
fn an_error_that_is_resolved_in_the_next_release_reports_only_a_regression() {
    check(
        json!({ "on": ["first", "regression", "threshold"], "threshold": 5 }),
        &[
            ("1@0///1.0 | resolve next | 9@1///1.0", ""),
            ("1@0///1.0 | resolve next | 9@1", ""),
            ("1@0///1.0 | resolve next | 9@1///1.0 | 1@2///1.1", "regression"),
            ("1@0///1.0 | resolve next | 1@1///1.1 | 9@1///1.0", "10 in minute 1"),
        ],
    );
}

#[test]
fn an_assignment_is_reported_by_rules_that_ask_for_it() {
    check(
        json!({ "on": ["assigned"] }),
        &[
            ("1@0 | assign Ada", "assigned to Ada"),
            ("1@0 | assign Ada | assign Ada", ""),
            ("1@0 | assign Ada | assign Grace", "assigned to Grace"),
            ("1@0 | assign Ada | assign", ""),
            ("1@0 | assign Ada | 5@1", ""),
            ("1@0 | mute | assign Ada", "assigned to Ada"),
            ("1@0 | assign Ada | resolve", ""),
        ],
    );
    check(
        json!({ "on": ["first", "regression", "threshold", "limited"], "threshold": 1 }),
        &[("1@0 | assign Ada", "")],
    );
    check(
        json!({ "on": ["assigned"], "environments": ["production"] }),
        &[("1@0/staging | assign Ada", ""), ("1@0/production | 1@1/staging | assign Ada", "assigned to Ada")],
    );
}

#[test]
fn a_threshold_without_an_interval_is_reported_once_in_a_unit() {
    check(
        json!({ "on": ["threshold"], "threshold": 30 }),
        &[
            ("29@0", ""),
            ("30@0", "30 in minute 0"),
            ("400@0", "400 in minute 0"),
            ("29@0 | 1@0", "30 in minute 0"),
            ("29@0 | 1@1", ""),
            ("30@0 | 1@0", ""),
            ("30@0 | 400@0", ""),
            ("30@0 | 29@1 | 5@1", "34 in minute 1"),
        ],
    );
}

#[test]
fn with_an_interval_every_multiple_from_the_threshold_on_is_reported() {
    check(
        json!({ "on": ["threshold"], "threshold": 30, "interval": 5 }),
        &[
            ("29@0", ""),
            ("29@0 | 1@0", "30 in minute 0"),
            ("30@0 | 4@0", ""),
            ("30@0 | 5@0", "35 in minute 0"),
            ("34@0 | 1@0 | 1@0", ""),
            // A batch that jumps over several notifies once, with the true count.
            ("31@0 | 22@0", "53 in minute 0"),
            ("1@0 | 33@0", "34 in minute 0"),
        ],
    );
    // Multiples of the interval count, not steps from the threshold, as in v1.
    check(
        json!({ "on": ["threshold"], "threshold": 30, "interval": 7 }),
        &[("29@0 | 1@0", ""), ("30@0 | 5@0", "35 in minute 0"), ("27@0 | 1@0", "")],
    );
}

#[test]
fn each_unit_that_a_batch_crosses_in_is_reported_separately() {
    check(
        json!({ "on": ["threshold"], "threshold": 3 }),
        &[
            ("2@0, 2@1, 2@2", ""),
            ("3@0, 2@1, 7@2", "3 in minute 0; 7 in minute 2"),
            ("2@0, 2@1 | 1@0, 1@1, 1@2", "3 in minute 0; 3 in minute 1"),
            // A late event counts in its own minute,
            ("2@0 | 1@1 | 1@2 | 1@0", "3 in minute 0"),
            // until that is closed.
            ("2@0 | 1@1 | 1@2 | 1@3 | 1@4 | 1@5 | 5@0", ""),
        ],
    );
}

#[test]
fn a_first_occurrence_or_regression_is_not_reported_as_a_threshold_too() {
    let all = json!({ "on": ["first", "regression", "threshold"], "threshold": 5 });
    check(
        all,
        &[
            ("5@0", "first"),
            ("4@0, 9@1", "first"),
            ("5@0 | 6@1", "6 in minute 1"),
            ("5@0 | resolve | 6@1", "regression"),
            ("5@0 | resolve | 3@1 | 3@1", "6 in minute 1"),
        ],
    );
    check(
        json!({ "on": ["regression", "threshold"], "threshold": 5 }),
        &[("5@0", "5 in minute 0"), ("5@0 | resolve | 6@1", "regression")],
    );
    check(json!({ "on": ["first", "threshold"], "threshold": 5 }), &[("1@0 | resolve | 6@1", "6 in minute 1")]);
}

#[test]
fn a_muted_error_reports_nothing_until_the_mute_is_over() {
    let all = json!({ "on": ["first", "regression", "threshold"], "threshold": 5 });
    check(
        all,
        &[
            ("1@0 | mute", ""),
            ("1@0 | mute | 9@1", ""),
            ("1@0 | mute 5 | 9@4", ""),
            ("1@0 | mute 5 | 3@6", "unmuted"),
            ("1@0 | mute 5 | 3@6 | 1@6", ""),
            ("1@0 | mute 5 | 9@6", "unmuted"),
            // Occurrences that came while it was muted count, and are not reported afterwards.
            ("1@0 | mute | 9@1 | unresolve", ""),
            ("1@0 | mute | 4@1 | unresolve | 1@1", "5 in minute 1"),
            ("1@0 | mute | 9@1 | unresolve | 1@1", ""),
            ("1@0 | mute | resolve | 1@1", "regression"),
            ("1@0 | resolve | mute | 1@1", ""),
        ],
    );
}

#[test]
fn changes_by_people_report_nothing() {
    check(
        json!({ "on": ["first", "regression", "threshold"], "threshold": 1, "interval": 1 }),
        &[("9@0 | resolve", ""), ("9@0 | link", ""), ("9@0 | mute 3", ""), ("9@0 | resolve | unresolve", "")],
    );
}

#[test]
fn filters_ask_for_one_occurrence_of_the_commit() {
    let on = |says: Value| {
        let mut says = says;
        says["on"] = json!(["first"]);
        says
    };
    check(
        on(json!({ "environments": ["production", "staging"] })),
        &[("1@0/production", "first"), ("1@0/test", ""), ("1@0", ""), ("5@0/test, 1@0/staging", "first")],
    );
    check(
        on(json!({ "levels": ["fatal", "error"] })),
        &[("1@0", "first"), ("1@0//warning", ""), ("1@0//warning, 1@0//fatal", "first")],
    );
    check(
        on(json!({ "releases": ["shop@2.*", "next"] })),
        &[("1@0///shop@2.1", "first"), ("1@0///next", "first"), ("1@0///shop@1.9", ""), ("1@0", "")],
    );
    check(on(json!({ "title": "CartError: *empty" })), &[("1@0", "first")]);
    check(on(json!({ "title": "the cart*" })), &[("1@0", "first")]);
    check(on(json!({ "title": "cart" })), &[("1@0", "")]);
    // All filters must match the same occurrence.
    let both = on(json!({ "environments": ["production"], "levels": ["fatal"] }));
    check(
        both,
        &[
            ("1@0/production, 1@0/test/fatal", ""),
            ("1@0/production/fatal", "first"),
            ("1@0/production", ""),
            ("1@0/test/fatal", ""),
        ],
    );
    check(
        json!({ "on": ["threshold"], "threshold": 3, "environments": ["production"] }),
        &[("2@0/production | 1@0/test", ""), ("2@0/test | 1@0/production", "3 in minute 0")],
    );
}

#[test]
fn without_on_the_project_s_tier_decides() {
    check_in(
        Tier::Critical,
        json!({}),
        &[
            ("1@0", "first"),
            ("1@0 | resolve | 1@1", "regression"),
            ("1@0 | 9@1", ""),
            ("1@0 | 9@1 | 5@1", "14 in minute 1"),
            ("1@0 | 10@1 | 90@1", ""),
        ],
    );
    check_in(
        Tier::Standard,
        json!({}),
        &[("1@0", "first"), ("1@0 | resolve | 1@1", "regression"), ("1@0 | 900@1", "")],
    );
    check_in(
        Tier::Low,
        json!({}),
        &[("1@0", "first, sent in minute 60"), ("1@0 | resolve | 1@1", ""), ("1@0 | 900@1", "")],
    );
    check_in(
        Tier::Low,
        json!({ "collect": { "minutes": 5 }, "threshold": 3 }),
        &[("1@0", "first, sent in minute 5"), ("1@0 | 3@1", "3 in minute 1, sent in minute 5")],
    );
    check_in(Tier::Critical, json!({ "threshold": 3 }), &[("1@0 | 3@1", "3 in minute 1")]);
    check_in(Tier::Low, json!({ "on": ["regression"] }), &[("1@0", ""), ("1@0 | resolve | 1@1", "regression")]);
}

#[test]
fn limits_are_reported_unless_on_leaves_them_out() {
    for tier in [Tier::Critical, Tier::Standard, Tier::Low] {
        assert!(rule(&json!({})).reports_limits(tier));
        assert!(rule(&json!({ "on": ["limited"] })).reports_limits(tier));
        assert!(!rule(&json!({ "on": ["first"] })).reports_limits(tier));
        let config = json!({ "type": "slack", "endpoint": "https://hooks.slack.com/x" });
        assert!(!posted::rule(&config, 0).unwrap().reports_limits(tier), "v1 knows no limits");
    }
    assert_eq!(decided(&rule(&json!({ "on": ["limited"] })), Tier::Critical, "1@0"), "");
}

#[test]
fn collected_notifications_wait_for_their_minutes() {
    check(json!({ "on": ["first"], "collect": { "minutes": 10 } }), &[("1@0", "first, sent in minute 10")]);
    check(
        json!({ "on": ["threshold"], "threshold": 2, "collect": { "minutes": 1 } }),
        &[("2@0, 3@4", "2 in minute 0, sent in minute 1; 3 in minute 4, sent in minute 1")],
    );
}

/// The stories begin at noon UTC.
#[test]
fn quiet_hours_hold_everything_back_until_their_end() {
    let quiet = json!({ "from": "11:30", "to": "12:45" });
    check(json!({ "on": ["first"], "quiet": quiet }), &[("1@0", "first, sent in minute 45")]);
    check(
        json!({ "on": ["first"], "quiet": quiet, "collect": { "minutes": 44 } }),
        &[("1@0", "first, sent in minute 45")],
    );
    check(
        json!({ "on": ["first"], "quiet": quiet, "collect": { "minutes": 45 } }),
        &[("1@0", "first, sent in minute 45")],
    );
    check(
        json!({ "on": ["first"], "quiet": quiet, "collect": { "minutes": 50 } }),
        &[("1@0", "first, sent in minute 50")],
    );
    check(json!({ "on": ["first"], "quiet": { "from": "12:01", "to": "13:00" } }), &[("1@0", "first")]);
    let zone = json!({ "from": "13:30", "to": "13:40", "timezone": "Europe/Berlin" });
    check(json!({ "on": ["first"], "quiet": zone }), &[("1@0", "first")]);
    let zone = json!({ "from": "12:30", "to": "13:40" });
    check(
        json!({ "on": ["first"], "quiet": zone, "timezone": "Europe/Berlin" }),
        &[("1@0", "first, sent in minute 40")],
    );
}

/// As in v1: always at the first occurrence ever; after that when the count in the unit is at least `threshold` and a
/// multiple of `notifyInterval`.
#[test]
fn posted_configs_notify_as_in_v1() {
    check_posted(
        json!(30),
        json!(5),
        &[
            ("1@0", "first"),
            ("40@0", "first"),
            ("1@0 | 28@0", ""),
            ("1@0 | 29@0", "30 in minute 0"),
            ("30@0 | 1@0", ""),
            ("30@0 | 9@0", "39 in minute 0"),
            ("30@0 | 29@1", ""),
            ("1@0 | delete | 1@1", "first"),
            ("1@0 | resolve | 1@1", ""),
            ("1@0 | resolve | 30@1", "30 in minute 1"),
            ("1@0 | mute | 30@1", ""),
            ("1@0 | mute 2 | 30@3", "30 in minute 3"),
        ],
    );
    check_posted(json!(-1), json!(1), &[("1@0", "first"), ("1@0 | 999@0", ""), ("1@0 | resolve | 1@1", "")]);
    for absent in [json!(null), json!(1), json!(0), json!("1"), json!(""), json!(0.5)] {
        for interval in [json!(null), json!(1), json!(0), json!(-5), json!("1"), json!(1.5)] {
            check_posted(
                absent.clone(),
                interval,
                &[("1@0", "first"), ("1@0 | 1@0", "2 in minute 0"), ("1@0 | 7@1", "7 in minute 1")],
            );
        }
    }
    check_posted(json!(" 2.5 "), json!("3"), &[("1@0 | 1@1 | 1@1", ""), ("1@0 | 2@1 | 1@1", "3 in minute 1")]);
    check_posted(json!(3), json!(1e300), &[("1@0 | 900@1", "")]);
}
