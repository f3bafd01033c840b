//! Describes rules in words.

use model::number::counted;
use serde_json::Value;
use web_pages::{KINDS, RuleRow, TargetRow, Tried};

use rules::SEALED;

pub(super) fn rows(document: &Value) -> Vec<RuleRow> {
    list(&document["rules"]).iter().map(row).collect()
}

/// Returns the services that have a secret in the rules, each with its name and its word in the URL.
pub(super) fn hooks(document: &Value) -> Vec<(&'static str, &'static str)> {
    let services = [("GitHub", "github"), ("GitLab", "gitlab"), ("Slack", "slack")];
    services.into_iter().filter(|(_, word)| document["hooks"][word].is_object()).collect()
}

fn row(rule: &Value) -> RuleRow {
    let id = text(&rule["id"]);
    RuleRow {
        name: rule["name"].as_str().map_or_else(|| id.clone(), str::to_owned),
        when: when(rule),
        only: only(rule),
        how: how(rule),
        to: list(&rule["to"]).iter().map(target).collect(),
        failed: 0,
        id,
    }
}

fn when(rule: &Value) -> Vec<String> {
    let often = || {
        let threshold = rule["threshold"].as_u64().unwrap_or_default();
        let seen = |count| format!("an error is seen {} in a threshold window", counted(count, "time"));
        match rule["interval"].as_u64().filter(|interval| *interval > 0) {
            Some(interval) => {
                // It notifies at multiples of the interval only, also the first time.
                let first = threshold.div_ceil(interval).saturating_mul(interval);
                let next = [1, 2].map(|more| first.saturating_add(interval.saturating_mul(more)));
                format!("{}, and again at {}, {} and so on", seen(first), next[0], next[1])
            }
            None => seen(threshold),
        }
    };
    let word = |word: &Value| match word.as_str().unwrap_or_default() {
        "first" => "an error is new".to_owned(),
        "regression" => "a resolved error is seen again".to_owned(),
        "threshold" => often(),
        "assigned" => "an error is assigned to somebody".to_owned(),
        "limited" => "the project is over its event limit".to_owned(),
        other => other.to_owned(),
    };
    match (list(&rule["on"]), rule["threshold"].is_number()) {
        ([], true) => vec!["default of the project's tier".to_owned(), often()],
        ([], false) => vec!["default of the project's tier".to_owned()],
        (on, _) => on.iter().map(word).collect(),
    }
}

fn only(rule: &Value) -> Vec<String> {
    let named = [("environments", "environment"), ("levels", "level"), ("releases", "release matching")];
    let lists = named.into_iter().filter_map(|(key, name)| {
        let words: Vec<_> = list(&rule[key]).iter().map(text).collect();
        (!words.is_empty()).then(|| format!("{name} {}", words.join(" or ")))
    });
    let except = [
        ("environments", "not environment"),
        ("levels", "not level"),
        ("releases", "no release matching"),
        ("titles", "no title matching"),
    ];
    let excluded = except.into_iter().filter_map(|(key, name)| {
        let words: Vec<_> = list(&rule["except"][key]).iter().map(text).collect();
        (!words.is_empty()).then(|| format!("{name} {}", words.join(" or ")))
    });
    let title = rule["title"].as_str().map(|title| format!("title matching {title}"));
    lists.chain(title).chain(excluded).collect()
}

fn how(rule: &Value) -> Vec<String> {
    let quiet = &rule["quiet"];
    let days: Vec<_> = list(&quiet["days"]).iter().map(text).collect();
    let zone = |zone: &Value| zone.as_str().map(|zone| format!(" ({zone})")).unwrap_or_default();
    let hours = quiet["from"].as_str().map(|from| format!("from {from} to {}", text(&quiet["to"])));
    let quiet_times: Vec<_> =
        hours.into_iter().chain((!days.is_empty()).then(|| format!("on {}", days.join(", ")))).collect();
    let lines = [
        rule["collect"]["minutes"].as_u64().map(|minutes| format!("collected for {minutes} min into one message")),
        (!quiet_times.is_empty()).then(|| format!("quiet {}{}", quiet_times.join(" and "), zone(&quiet["timezone"]))),
        rule["timezone"].as_str().map(|zone| format!("times in {zone}")),
        rule["linkTemplate"].as_str().map(|link| format!("links to {link}")),
    ];
    lines.into_iter().flatten().collect()
}

fn target(target: &Value) -> TargetRow {
    let word = text(&target["type"]);
    let kind = KINDS.iter().find(|kind| kind.word == word);
    let mut facts = Vec::new();
    for (key, value) in
        target.as_object().into_iter().flatten().filter(|(key, value)| *key != "type" && !value.is_null())
    {
        let place = kind.and_then(|kind| kind.fields.iter().position(|field| field.key == key));
        let label = place.and_then(|place| Some(kind?.fields.get(place)?.label.to_lowercase()));
        let value = (value != SEALED).then(|| text(value));
        // In the order of the form; fields that are not in the form come last.
        facts.push((place.unwrap_or(usize::MAX), (label.unwrap_or_else(|| key.clone()), value)));
    }
    facts.sort_by_key(|(place, _)| *place);
    TargetRow {
        kind: kind.map_or(word, |kind| kind.name.to_owned()),
        facts: facts.into_iter().map(|(_, fact)| fact).collect(),
        tried: None,
    }
}

/// Describes one result of a test.
pub(super) fn tried(result: &Value) -> Tried {
    let is_good = result["status"] == "sent";
    let said = match is_good {
        true => format!("sent, in {} ms", text(&result["durationMs"])),
        false => text(&result["said"]),
    };
    // The destination chose this URL: a `javascript:` link, for example, must not be shown.
    let issue = result["issue"]["url"].as_str().filter(|url| url.starts_with("https://"));
    Tried { is_good, said, issue: issue.map(str::to_owned) }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Formats a value on one line.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_is_read_as_a_sentence() {
        let check = |rule: Value, expected: [&str; 3]| {
            let row = row(&rule);
            let parts = [row.when, row.only, row.how].map(|parts| parts.join("; "));
            assert_eq!(parts, expected.map(str::to_owned), "{rule}");
        };
        check(json!({}), ["default of the project's tier", "", ""]);
        check(
            json!({ "threshold": 3 }),
            ["default of the project's tier; an error is seen 3 times in a threshold window", "", ""],
        );
        check(
            json!({ "on": ["first", "regression", "limited", "threshold"], "threshold": 30, "interval": 5 }),
            [
                "an error is new; a resolved error is seen again; the project is over its event limit; \
                 an error is seen 30 times in a threshold window, and again at 35, 40 and so on",
                "",
                "",
            ],
        );
        // The threshold is not a multiple of the interval, so nothing is sent when it is reached.
        for (threshold, interval, expected) in [
            (3, 10, "an error is seen 10 times in a threshold window, and again at 20, 30 and so on"),
            (1, 1, "an error is seen 1 time in a threshold window, and again at 2, 3 and so on"),
        ] {
            let rule = json!({ "on": ["threshold"], "threshold": threshold, "interval": interval });
            check(rule, [expected, "", ""]);
        }
        check(
            json!({ "on": ["first"], "environments": ["a", "b"], "levels": ["error"], "releases": ["2.*"], "title": "*x*" }),
            ["an error is new", "environment a or b; level error; release matching 2.*; title matching *x*", ""],
        );
        check(
            json!({ "on": ["first"], "except": { "environments": ["a", "b"], "levels": ["info"], "titles": ["*x*"] } }),
            ["an error is new", "not environment a or b; not level info; no title matching *x*", ""],
        );
        check(
            json!({ "on": ["first"], "collect": { "minutes": 10 }, "timezone": "UTC", "linkTemplate": "https://a.example",
                "quiet": { "from": "22:00", "to": "07:00", "days": ["sat"], "timezone": "Europe/Berlin" } }),
            [
                "an error is new",
                "",
                "collected for 10 min into one message; quiet from 22:00 to 07:00 and on sat (Europe/Berlin); \
                 times in UTC; links to https://a.example",
            ],
        );
    }

    #[test]
    fn a_sealed_value_is_listed_and_not_shown() {
        let row = target(&json!({ "username": "bot", "channel": "#a", "endpoint": SEALED, "type": "slack" }));
        let some = |text: &str| Some(text.to_owned());
        let expected = [("webhook url", None), ("channel", some("#a")), ("username", some("bot"))];
        assert_eq!(
            (row.kind.as_str(), row.facts),
            ("Slack", expected.map(|(name, value)| (name.to_owned(), value)).to_vec())
        );
    }

    #[test]
    fn an_issue_with_another_scheme_than_https_is_not_linked() {
        let result = |url: &str| tried(&json!({ "status": "sent", "durationMs": 1, "issue": { "url": url } })).issue;
        assert_eq!(result("javascript:alert(1)"), None);
        assert!(result("https://github.com/a/b/issues/1").is_some());
    }
}
