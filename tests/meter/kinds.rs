//! The kind of an item, by its key: see `store::dynamo::schema`.

use super::capacity::Item;

pub(super) const ERROR: &str = "error";

/// Returns the kind of an item.
pub(super) fn of(key: &Item) -> &'static str {
    let (pk, sk) = (part(key, "pk"), part(key, "sk"));
    let prefix = |text: &str| text.split_inclusive('#').next().unwrap_or_default().to_owned();
    match (prefix(pk).as_str(), prefix(sk).as_str()) {
        ("P#", "E#") => ERROR,
        ("P#", "A#") => "alias",
        ("P#", "V#") => "release",
        ("P#", "U") | ("P#", "U#") => "usage",
        ("P#", "C#") => "posted config",
        ("P#", _) => "other items of a project",
        ("E#", "T#") => "timeline",
        ("E#", "O#") => "reference",
        ("E#", "H#") => "history",
        ("X#" | "I#", _) => "posting",
        ("D#", _) => "directory",
        ("PT#", _) | ("STACK", _) => "totals",
        ("KEY", _) => "key",
        ("N#", _) => "lane",
        ("FAILED#", _) => "failure",
        _ => "other",
    }
}

/// Returns an attribute of a key as text.
pub(super) fn part<'a>(key: &'a Item, name: &str) -> &'a str {
    key.get(name).and_then(|value| value["S"].as_str()).unwrap_or_default()
}
