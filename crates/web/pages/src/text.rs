//! Text of events on a page. An attacker controls it: askama escapes markup, and this module makes characters visible
//! that would deceive a reader.

use std::borrow::Borrow;

use model::number::{grouped, plural};
pub(crate) use model::text::visible;
use serde_json::Value;

/// The longest value that a page shows, in bytes. The raw event has the whole value.
pub(crate) const LONG: usize = 4_096;
/// The longest text in a row of a list, in bytes.
pub(crate) const SHORT: usize = 300;

/// [`visible`] for a row of a list.
pub(crate) fn line(text: &str) -> String {
    visible(text, SHORT)
}

/// Formats a value for reading: text as it is, everything else as JSON.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::String(text) => visible(text, LONG),
        Value::Array(_) | Value::Object(_) => visible(&serde_json::to_string_pretty(value).unwrap_or_default(), LONG),
        plain => plain.to_string(),
    }
}

/// A number with spaces between its thousands.
pub(crate) fn number(number: impl Borrow<u64>) -> String {
    grouped(*number.borrow(), '\u{202f}')
}

/// A number with spaces between its thousands, and its noun: `1 error`, `2 errors`.
pub(crate) fn counted(count: impl Borrow<u64>, noun: &str) -> String {
    let count = *count.borrow();
    format!("{} {}", number(count), plural(count, noun))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!([0, 1, 1_000].map(|count| counted(count, "event")), ["0 events", "1 event", "1\u{202f}000 events"]);
    }

    #[test]
    fn thousands_are_separated() {
        let shown = |number: u64| super::number(number).replace('\u{202f}', " ");
        assert_eq!([shown(0), shown(999), shown(1_000), shown(1_234_567)], ["0", "999", "1 000", "1 234 567"]);
    }
}
