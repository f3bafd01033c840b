use super::{Exception, Level, Occurrence, Stacktrace};
use crate::time::Timestamp;

/// A filter for the occurrences of an error. An occurrence must match all parts that are given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only occurrences that happened at this moment or later.
    pub start: Option<Timestamp>,
    /// Only occurrences that happened before this moment.
    pub end: Option<Timestamp>,
    /// Only occurrences in this environment.
    pub environment: Option<String>,
    /// Only occurrences in this release.
    pub release: Option<String>,
    /// Only occurrences with this level.
    pub level: Option<Level>,
    /// Only occurrences with all of these [tags](Occurrence::all_tags), each as `key:value`. A value may have the short
    /// form in which errors keep it (see [`short_value`](crate::occurrence::short_value)).
    pub tags: Vec<String>,
    /// Only occurrences of this user: an id, email address, name or IP address.
    pub user: Option<String>,
    /// Only occurrences with this text, in any case, in the type, message, culprit, transaction, exceptions or frames.
    pub text: Option<String>,
}

impl Filter {
    /// Whether it filters by nothing but time. Then occurrences outside of the range need not be read.
    pub fn is_of_time(&self) -> bool {
        *self == Self { start: self.start, end: self.end, ..Self::default() }
    }

    /// Whether `moment` is in the range of time.
    pub fn has(&self, moment: Timestamp) -> bool {
        self.start.is_none_or(|start| moment >= start) && self.end.is_none_or(|end| moment < end)
    }

    /// Whether `occurrence` matches.
    pub fn matches(&self, occurrence: &Occurrence) -> bool {
        let is = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        self.has(occurrence.timestamp)
            && is(&self.environment, &occurrence.environment)
            && is(&self.release, &occurrence.release)
            && self.level.is_none_or(|level| level == occurrence.level)
            && self.tags.iter().all(|tag| has_tag(occurrence, tag))
            && self.user.as_deref().is_none_or(|user| is_of(occurrence, user))
            && self.text.as_deref().is_none_or(|text| has_text(occurrence, &text.to_lowercase()))
    }
}

fn has_tag(occurrence: &Occurrence, wanted: &str) -> bool {
    // Key and value may both contain a colon.
    let is = |key: &str, value: &str| {
        let wanted = wanted.strip_prefix(key).and_then(|rest| rest.strip_prefix(':'));
        wanted.is_some_and(|wanted| wanted == value || wanted == crate::occurrence::short_value(value))
    };
    occurrence.all_tags().iter().any(|(key, value)| is(key, value))
}

fn is_of(occurrence: &Occurrence, wanted: &str) -> bool {
    let is = |key| occurrence.user.get(key).and_then(|value| value.as_str()) == Some(wanted);
    ["id", "email", "username", "ip_address"].into_iter().any(is)
}

/// Expects `wanted` in lower case.
fn has_text(occurrence: &Occurrence, wanted: &str) -> bool {
    let has = |text: &str| text.to_lowercase().contains(wanted);
    let any = |texts: &[&Option<String>]| texts.iter().any(|text| text.as_deref().is_some_and(has));
    let in_stack = |stack: &Option<Stacktrace>| {
        let frames = stack.as_ref().map(|stack| stack.frames.as_slice()).unwrap_or_default();
        frames.iter().any(|frame| any(&[&frame.filename, &frame.function, &frame.module]))
    };
    let in_exception = |one: &Exception| any(&[&one.kind, &one.value, &one.module]) || in_stack(&one.stacktrace);
    has(&occurrence.kind)
        || has(&occurrence.message)
        || any(&[&occurrence.culprit, &occurrence.transaction])
        || occurrence.exceptions.iter().any(in_exception)
        || in_stack(&occurrence.stacktrace)
        || occurrence.threads.iter().any(|thread| in_stack(&thread.stacktrace))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn occurrence() -> Occurrence {
        serde_json::from_value(json!({
            "v": 1, "eventId": "0".repeat(32), "source": "sentry",
            "timestamp": "2026-11-02T00:01:00Z", "receivedAt": "2026-11-02T00:01:01Z",
            "type": "KeyError", "message": "Not in cart", "level": "warning", "platform": "python",
            "culprit": "shop.cart in total", "environment": "production", "release": "shop@1",
            "tags": { "a:b": "c", "feature": "Checkout", "long": "x".repeat(70) },
            "user": { "id": "7", "email": "x@example.org" },
            "exceptions": [{ "type": "Cause", "value": "v", "stacktrace": { "frames": [
                { "filename": "shop/cart.py", "function": "checkOut", "module": "shop.cart" } ] } }],
        }))
        .unwrap()
    }

    #[track_caller]
    fn check(filter: Filter, expected: bool) {
        assert_eq!(filter.matches(&occurrence()), expected, "{filter:?}");
    }

    #[test]
    fn each_filter_takes_what_it_names_and_nothing_else() {
        let all = Filter::default;
        check(all(), true);
        let some = |text: &str| Some(text.to_owned());
        for (environment, expected) in [("production", true), ("prod", false), ("Production", false)] {
            check(Filter { environment: some(environment), ..all() }, expected);
        }
        for (release, expected) in [("shop@1", true), ("shop@2", false)] {
            check(Filter { release: some(release), ..all() }, expected);
        }
        for (level, expected) in [(Level::Warning, true), (Level::Error, false)] {
            check(Filter { level: Some(level), ..all() }, expected);
        }
        for (user, expected) in [("7", true), ("x@example.org", true), ("x", false)] {
            check(Filter { user: some(user), ..all() }, expected);
        }
        for (tag, expected) in [
            ("feature:Checkout", true),
            ("feature:checkout", false),
            ("feature:", false),
            ("a:b:c", true),
            ("a:b", false),
            ("level:warning", true),
        ] {
            check(Filter { tags: vec![tag.to_owned()], ..all() }, expected);
        }
        for (length, expected) in [(70, true), (60, false), (65, false)] {
            check(Filter { tags: vec![format!("long:{}", "x".repeat(length))], ..all() }, expected);
        }
        check(
            Filter { tags: vec![format!("long:{}", crate::occurrence::short_value(&"x".repeat(70)))], ..all() },
            true,
        );
        check(Filter { tags: vec!["feature:Checkout".to_owned(), "a:b:x".to_owned()], ..all() }, false);
        for text in ["keyerror", "NOT IN", "in total", "Cause", "cart.PY", "checkout", "shop.cart"] {
            check(Filter { text: some(text), ..all() }, true);
        }
        for text in ["production", "feature", "x@example.org", "python"] {
            check(Filter { text: some(text), ..all() }, false);
        }
    }

    #[test]
    fn a_range_has_its_start_and_not_its_end() {
        let at = |text| Some(Timestamp::parse(text).unwrap());
        let (moment, later) = (at("2026-11-02T00:01:00Z"), at("2026-11-02T00:01:00.001Z"));
        check(Filter { start: moment, end: later, ..Filter::default() }, true);
        check(Filter { start: later, ..Filter::default() }, false);
        check(Filter { end: moment, ..Filter::default() }, false);
        assert!(Filter { start: moment, end: later, ..Filter::default() }.is_of_time());
        assert!(!Filter { start: moment, text: Some("x".to_owned()), ..Filter::default() }.is_of_time());
    }

    #[test]
    fn all_that_is_given_must_fit() {
        let both = |level| Filter { level: Some(level), user: Some("7".to_owned()), ..Filter::default() };
        check(both(Level::Warning), true);
        check(both(Level::Error), false);
    }
}
