//! The first occurrence that a rule's filter matches, ever and since the error came back.

use serde_json::json;

use super::cases::check;
use crate::Rules;

/// A rule for production reports an error that was in staging before. The same goes for levels, releases, and
/// combinations.
#[test]
fn the_first_occurrence_that_the_filter_matches_is_reported() {
    check(
        json!({ "on": ["first"], "environments": ["production"] }),
        &[
            ("1@0/staging", ""),
            ("1@0/staging | 1@1/production", "first"),
            ("1@0/staging, 1@0/production", "first"),
            ("1@0/production | 1@1/staging", ""),
            ("1@0/staging | 1@1/production | 1@2/production", ""),
            ("1@0/staging | 1@1/production | 1@2/staging | 1@3/production", ""),
            ("1@0 | 1@1/production", "first"),
            ("1@0/production | delete | 1@1/staging | 1@2/production", "first"),
            ("1@0/staging | mute | 1@1/production", ""),
            ("1@0/staging | mute | 1@1/production | unresolve | 1@2/production", ""),
        ],
    );
    check(
        json!({ "on": ["first"], "levels": ["fatal"] }),
        &[("1@0//error", ""), ("1@0//error | 1@1//fatal", "first"), ("1@0//fatal | 1@1//error | 1@2//fatal", "")],
    );
    check(
        json!({ "on": ["first"], "releases": ["shop@2.*"] }),
        &[
            ("1@0///shop@1.0", ""),
            ("1@0///shop@1.0 | 1@1///shop@2.0", "first"),
            ("1@0///shop@1.0 | 1@1///shop@2.0 | 1@2///shop@2.1", ""),
        ],
    );
    // All must match in one occurrence: a fatal error in staging and an error in production do not match.
    check(
        json!({ "on": ["first"], "environments": ["production"], "levels": ["fatal"] }),
        &[
            ("1@0/staging/fatal, 1@0/production/error", ""),
            ("1@0/staging/fatal, 1@0/production/error | 1@1/production/fatal", "first"),
        ],
    );
}

#[test]
fn the_first_occurrence_that_the_filter_matches_after_the_error_came_back_is_reported() {
    check(
        json!({ "on": ["regression"], "environments": ["production"] }),
        &[
            ("1@0/production | resolve | 1@1/staging", ""),
            ("1@0/production | resolve | 1@1/staging | 1@2/production", "regression"),
            ("1@0/production | resolve | 1@1/staging | 1@2/production | 1@3/production", ""),
            ("1@0/production | resolve | 1@1/staging, 1@1/production", "regression"),
            ("1@0/production | resolve | 1@1/production | 1@2/staging | 1@3/production", ""),
            ("1@0/production | resolve | 1@1/staging | resolve | 1@2/production", "regression"),
            // Somebody reopened it, so it did not come back by itself.
            ("1@0/production | resolve | 1@1/staging | unresolve | 1@2/production", ""),
            ("1@0/production | mute 2 | 1@3/staging", ""),
            ("1@0/production | mute 2 | 1@3/staging | 1@4/production", "unmuted"),
            ("1@0/production | mute 2 | 1@3/production | 1@4/production", ""),
        ],
    );
}

/// «All environments but staging», and the same for levels, releases and titles. An exclusion wins over a filter.
#[test]
fn what_is_excluded_is_not_reported() {
    check(
        json!({ "on": ["first"], "except": { "environments": ["staging", "test"] } }),
        &[
            ("1@0/staging", ""),
            ("1@0/staging | 1@1/test | 1@2/production", "first"),
            ("1@0/staging, 1@0/production", "first"),
            // No environment is not one of these.
            ("1@0", "first"),
        ],
    );
    check(
        json!({ "on": ["first"], "except": { "levels": ["info", "debug"] } }),
        &[("1@0//info", ""), ("1@0//info | 1@1//error", "first")],
    );
    check(
        json!({ "on": ["first"], "releases": ["shop@*"], "except": { "releases": ["*-dev"] } }),
        &[("1@0///shop@2.0-dev", ""), ("1@0///shop@2.0-dev | 1@1///shop@2.0", "first")],
    );
    // Each exclusion alone is enough, and one occurrence must have none.
    check(
        json!({ "on": ["first"], "except": { "environments": ["staging"], "levels": ["info"] } }),
        &[
            ("1@0/staging/error, 1@0/production/info", ""),
            ("1@0/staging/error, 1@0/production/info | 1@1/production/error", "first"),
        ],
    );
}

#[test]
fn titles_are_excluded() {
    let titles = |titles: &[&str]| json!({ "on": ["first"], "except": { "titles": titles } });
    check(titles(&["*"]), &[("1@0", "")]);
    check(titles(&["no such title", "*no such text*"]), &[("1@0", "first")]);
}

#[test]
fn exclusions_that_leave_nothing_are_refused() {
    for (rule, path) in [
        (json!({ "environments": ["a"], "except": { "environments": ["a", "b"] } }), "except.environments"),
        (json!({ "levels": ["info"], "except": { "levels": ["info"] } }), "except.levels"),
        (json!({ "except": { "levels": ["fatal", "error", "warning", "info", "debug"] } }), "except.levels"),
        (json!({ "except": { "title": "x" } }), "except.title"),
        (json!({ "except": ["staging"] }), "except"),
    ] {
        let mut rule = rule;
        rule["to"] = json!([{ "type": "slack", "endpoint": "https://hooks.slack.com/services/x" }]);
        let refusal = Rules::parse(&json!({ "rules": [rule] })).unwrap_err();
        assert_eq!(refusal.path.join("."), format!("rules.0.{path}"), "{refusal}");
    }
}
