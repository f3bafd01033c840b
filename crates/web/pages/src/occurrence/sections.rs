//! The sections below the stack trace: request, user, contexts and the rest. Each is a table of names and values.

use model::occurrence::Occurrence;
use model::time::Timestamp;
use serde_json::{Map, Value};

use crate::text::{self, visible};

/// The number of rows that are shown per table.
const MOST_ROWS: usize = 100;

/// A table of names and values.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: String,
    pub(super) rows: Vec<(String, String)>,
    pub(super) left_out: usize,
    /// Whether it is folded at first, because it is long and rarely needed.
    pub(super) is_folded: bool,
}

/// A breadcrumb: something that happened before the error.
#[derive(Debug)]
pub(super) struct Crumb {
    /// The time of day, and the whole timestamp as it was sent.
    pub(super) time: (String, String),
    pub(super) category: String,
    pub(super) level: String,
    pub(super) message: String,
    pub(super) data: String,
}

impl Crumb {
    pub(super) fn of(crumb: &Map<String, Value>) -> Self {
        let text = |name: &str| crumb.get(name).filter(|value| !value.is_null()).map(text::value).unwrap_or_default();
        let category = match text("category") {
            category if category.is_empty() => text("type"),
            category => category,
        };
        let at = text("timestamp");
        let time_of_day = Timestamp::parse(&at).ok().map(|at| at.to_string()[11..19].to_owned());
        let time = (time_of_day.unwrap_or_else(|| at.clone()), at);
        Self { time, category, level: text("level"), message: text("message"), data: text("data") }
    }
}

/// The sections of an occurrence that are not empty.
pub(super) fn of(occurrence: &Occurrence) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut add = |name: &str, facts: &Map<String, Value>, is_folded| {
        if !facts.is_empty() {
            sections.push(Section::of(name, facts, is_folded));
        }
    };
    let mut request = occurrence.request.clone();
    let headers = take(&mut request, "headers");
    let cookies = take(&mut request, "cookies");
    let environment = take(&mut request, "env");
    add("Request", &request, false);
    add("Headers", &headers, false);
    add("Cookies", &cookies, true);
    add("Server environment", &environment, true);
    add("User", &occurrence.user, false);
    for (name, context) in &occurrence.contexts {
        match context {
            Value::Object(facts) => add(&titled(name), facts, false),
            Value::Null => {}
            other => add(&titled(name), &Map::from_iter([(name.clone(), other.clone())]), false),
        }
    }
    add("Extra", &occurrence.extra, false);
    add("Modules", &occurrence.modules, true);
    add("SDK", &occurrence.sdk, true);
    add("More", &occurrence.other, true);
    sections
}

impl Section {
    fn of(name: &str, facts: &Map<String, Value>, is_folded: bool) -> Self {
        let rows = facts.iter().filter(|(_, value)| !value.is_null()).take(MOST_ROWS);
        Self {
            name: visible(name, 100),
            rows: rows.map(|(name, value)| (visible(name, 200), text::value(value))).collect(),
            left_out: facts.len().saturating_sub(MOST_ROWS),
            is_folded,
        }
    }
}

/// Takes a map out of `facts`. SDKs send headers and cookies as a map or as a list of pairs.
fn take(facts: &mut Map<String, Value>, name: &str) -> Map<String, Value> {
    let pair = |pair: Value| match pair {
        Value::Array(mut pair) if pair.len() == 2 => Some((text::value(&pair[0]), pair.remove(1))),
        _ => None,
    };
    match facts.get(name) {
        Some(Value::Object(_)) | Some(Value::Array(_)) => match facts.remove(name) {
            Some(Value::Object(inner)) => inner,
            Some(Value::Array(pairs)) => pairs.into_iter().filter_map(pair).collect(),
            _ => Map::new(),
        },
        _ => Map::new(),
    }
}

/// The title of a context's section.
fn titled(name: &str) -> String {
    match name {
        "os" => "Operating system".to_owned(),
        name => {
            let mut letters = name.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_a_map_and_as_pairs() {
        for headers in [serde_json::json!({ "A": "b" }), serde_json::json!([["A", "b"], "broken"])] {
            let mut request = Map::from_iter([("headers".to_owned(), headers)]);
            assert_eq!(take(&mut request, "headers"), Map::from_iter([("A".to_owned(), "b".into())]));
            assert!(request.is_empty());
        }
        let mut request = Map::from_iter([("cookies".to_owned(), "a=b".into())]);
        assert!(take(&mut request, "cookies").is_empty());
        assert_eq!(request.len(), 1, "a text stays where it is");
    }
}
