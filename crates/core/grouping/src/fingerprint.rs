//! The fingerprint by which a client wants its event to be grouped.

use std::borrow::Cow;

use super::{crash_frame, main_exception, message};
use model::occurrence::Occurrence;

/// How to use the fingerprint of a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FingerprintUse {
    /// Use the default rules: there is no fingerprint, or it asks for them.
    Default,
    /// Use the default rules together with the entries.
    Mixed,
    /// Use only the entries.
    Custom,
}

/// An entry of a fingerprint.
#[derive(Debug)]
pub(super) struct FingerprintPart<'a> {
    /// The entry as the client sent it.
    pub(super) given: &'a str,
    /// The value that it stands for.
    pub(super) value: Cow<'a, str>,
}

impl FingerprintPart<'_> {
    pub(super) fn is_default(&self) -> bool {
        placeholder(self.given) == Some("default")
    }
}

/// Returns how to use the fingerprint with these `entries`.
pub(super) fn wish(entries: &[String]) -> FingerprintUse {
    let defaults = entries.iter().filter(|entry| placeholder(entry) == Some("default")).count();
    match defaults {
        _ if defaults == entries.len() => FingerprintUse::Default,
        0 => FingerprintUse::Custom,
        _ => FingerprintUse::Mixed,
    }
}

/// Returns the name in `{{ name }}`.
fn placeholder(entry: &str) -> Option<&str> {
    let name = entry.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    (!name.is_empty() && !name.contains(char::is_whitespace)).then_some(name)
}

/// Returns the entries of the occurrence's fingerprint, with their placeholders replaced.
pub(super) fn resolve(occurrence: &Occurrence) -> Vec<FingerprintPart<'_>> {
    let value = |given: &'_ str| placeholder(given).map(|name| variable(occurrence, name));
    let entries = occurrence.fingerprint.iter();
    entries.map(|given| FingerprintPart { given, value: value(given).unwrap_or(Cow::Borrowed(given)) }).collect()
}

fn variable<'a>(occurrence: &'a Occurrence, name: &str) -> Cow<'a, str> {
    let exception = || main_exception(&occurrence.exceptions);
    let frame = || crash_frame(occurrence);
    let borrowed = |text: Option<&'a str>| text.map(Cow::Borrowed);
    let (found, missing) = match name {
        "default" => return Cow::Borrowed("{{ default }}"),
        "transaction" => (borrowed(occurrence.transaction.as_deref()), "<no-transaction>"),
        "message" => {
            let logged = ["formatted", "message"].iter().find_map(|key| occurrence.logentry.get(*key)?.as_str());
            let text = logged.or_else(|| exception()?.value.as_deref());
            (text.map(message::kind), "<no-message>")
        }
        "type" | "error.type" => (borrowed(exception().and_then(|exception| exception.kind.as_deref())), "<no-type>"),
        "value" | "error.value" => {
            (exception().and_then(|exception| exception.value.as_deref()).map(message::kind), "<no-value>")
        }
        "function" | "stack.function" => {
            (borrowed(frame().and_then(|frame| frame.function.as_deref())), "<no-function>")
        }
        "module" | "stack.module" => (borrowed(frame().and_then(|frame| frame.module.as_deref())), "<no-module>"),
        "path" | "stack.abs_path" => {
            let path = frame().and_then(|frame| frame.abs_path.as_deref().or(frame.filename.as_deref()));
            (borrowed(path), "<no-abs-path>")
        }
        "stack.filename" => (borrowed(frame().and_then(|frame| frame.filename.as_deref())), "<no-filename>"),
        "package" | "stack.package" => {
            let package = frame().and_then(|frame| frame.package.as_deref());
            (borrowed(package.and_then(|package| package.rsplit(['/', '\\']).next())), "<no-package>")
        }
        "level" => (Some(Cow::Borrowed(occurrence.level.as_str())), "<no-level>"),
        "logger" => (borrowed(occurrence.logger.as_deref()), "<no-logger>"),
        "release" => (borrowed(occurrence.release.as_deref()), "<no-release>"),
        _ => match name.strip_prefix("tags.") {
            Some(tag) => {
                let value = occurrence.tags.get(tag).map(|value| Cow::Borrowed(value.as_str()));
                return value.unwrap_or_else(|| Cow::Owned(format!("<no-value-for-tag-{tag}>")));
            }
            None => return Cow::Owned(format!("<unrecognized-variable-{name}>")),
        },
    };
    found.filter(|value| !value.is_empty()).unwrap_or(Cow::Borrowed(missing))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_empty_fingerprint_is_the_default() {
        let wish = |list: &[&str]| super::wish(&list.iter().map(|&entry| entry.to_owned()).collect::<Vec<_>>());
        assert_eq!(wish(&[]), FingerprintUse::Default);
        assert_eq!(wish(&["{{ default }}"]), FingerprintUse::Default);
        assert_eq!(wish(&["{{default}}"]), FingerprintUse::Default);
        assert_eq!(wish(&["{{ default }}", "db"]), FingerprintUse::Mixed);
        assert_eq!(wish(&["db"]), FingerprintUse::Custom);
        assert_eq!(wish(&["{{ type }}"]), FingerprintUse::Custom);
    }

    #[track_caller]
    fn check(event: &Value, entry: &str, expected: &str) {
        let mut occurrence = crate::tests::occurrence(event.clone());
        occurrence.fingerprint = vec![entry.to_owned()];
        assert_eq!(resolve(&occurrence)[0].value, expected, "{entry}");
    }

    #[test]
    fn placeholders_are_filled() {
        let event = json!({
            "transaction": "/cart", "level": "warning", "logger": "shop", "tags": {"region": "eu"},
            "exception": {"values": [{"type": "KeyError", "value": "no row 17", "stacktrace": {"frames": [
                {"module": "shop.db", "function": "find", "filename": "db.py", "abs_path": "/srv/db.py", "package": "/lib/libshop.so", "in_app": true},
                {"module": "lib", "function": "get", "filename": "lib.py", "in_app": false},
            ]}}]},
        });
        for (entry, expected) in [
            ("{{ transaction }}", "/cart"),
            ("{{ message }}", "no row <number>"),
            ("{{type}}", "KeyError"),
            ("{{ error.type }}", "KeyError"),
            ("{{ error.value }}", "no row <number>"),
            ("{{ function }}", "find"),
            ("{{ stack.module }}", "shop.db"),
            ("{{ path }}", "/srv/db.py"),
            ("{{ stack.filename }}", "db.py"),
            ("{{ package }}", "libshop.so"),
            ("{{ level }}", "warning"),
            ("{{ logger }}", "shop"),
            ("{{ tags.region }}", "eu"),
            ("{{ tags.zone }}", "<no-value-for-tag-zone>"),
            ("{{ nonsense }}", "<unrecognized-variable-nonsense>"),
            ("{{ two words }}", "{{ two words }}"),
            ("order 17", "order 17"),
        ] {
            check(&event, entry, expected);
        }
        check(&json!({}), "{{ transaction }}", "<no-transaction>");
        check(&json!({}), "{{ stack.function }}", "<no-function>");
    }
}
