//! The first occurrence that a rule's filter matches, ever and since the error came back.

use serde_json::json;

use super::cases::check;

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
