//! Times and mutes in words.

use model::time::Timestamp;

/// Until when something is muted, in words; nothing if for ever.
pub(super) fn describe_limits(until: Option<Timestamp>, until_count: Option<u64>) -> String {
    let until = until.map(|until| format!(" until {} UTC", format_minute(until)));
    let count = until_count.map(|count| format!(" until it was seen {count} times"));
    [until, count].into_iter().flatten().collect::<Vec<_>>().join(" or")
}

/// A time as people write it, in UTC.
pub(super) fn format_minute(at: Timestamp) -> String {
    at.to_string()[..16].replace('T', " ")
}
