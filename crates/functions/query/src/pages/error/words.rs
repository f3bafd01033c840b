//! Formats times and limits of mutes.

use model::number::counted;
use model::time::Timestamp;

/// Describes until when an error is muted; empty if forever.
pub(super) fn describe_limits(until: Option<Timestamp>, until_count: Option<u64>) -> String {
    let until = until.map(|until| format!(" until {} UTC", format_minute(until)));
    let count = until_count.map(|count| format!(" until it has occurred {}", counted(count, "time")));
    [until, count].into_iter().flatten().collect::<Vec<_>>().join(" or")
}

/// Formats a time to the minute, in UTC: `2026-11-21 12:00`.
pub(super) fn format_minute(at: Timestamp) -> String {
    at.to_string()[..16].replace('T', " ")
}
