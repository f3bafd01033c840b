//! Attributes of a project's items, and functions that read them.

use model::id::ProjectName;
use model::project::{Limit, Limits, Mark, Origins, Retention, Window};
use model::time::Timestamp;

use super::item::{Attributes, Reader, key};
use super::schema::PROJECT_IDS;
use crate::error::{Result, StoreError};

pub(crate) const FORMER_NAMES: &str = "formerNames";
pub(crate) const TIER: &str = "tier";
pub(crate) const TIME_UNIT: &str = "timeUnit";
pub(crate) const OWNER: &str = "owner";
pub(crate) const RETENTION: &str = "retentionDays";
pub(crate) const ALLOWED_ORIGINS: &str = "allowedOrigins";
pub(crate) const POSTED_CONFIGS: &str = "postedConfigs";
pub(crate) const ATTACHMENTS: &str = "attachments";
pub(crate) const REPOSITORY: &str = "repository";
pub(crate) const PER_MINUTE: &str = "perMinute";
pub(crate) const PER_MONTH: &str = "perMonth";
pub(crate) const LIMITED_BY: &str = "limitedBy";
pub(crate) const LIMITED_TO: &str = "limitedTo";
pub(crate) const LIMITED_UNTIL: &str = "limitedUntil";

/// The key of the item that maps a former name to its project.
pub(crate) fn former_name_key(name: &ProjectName) -> Attributes {
    key(PROJECT_IDS, format!("NAME#{name}"))
}

/// Reads the limits from an item of a project.
pub(crate) fn limits(read: &Reader<'_>) -> Result<Limits> {
    Ok(Limits { per_minute: read.number_if_any(PER_MINUTE)?, per_month: read.number_if_any(PER_MONTH)? })
}

/// Reads the mark that a limit was reached from an item of a project.
pub(crate) fn mark(doing: &'static str, read: &Reader<'_>) -> Result<Option<Mark>> {
    let Some(until) = read.number_if_any(LIMITED_UNTIL)?.map(Timestamp::from_micros) else { return Ok(None) };
    let window = read.parsed(LIMITED_BY, |word| Window::parse(word).ok_or("unknown window"))?;
    let most = read.number_if_any(LIMITED_TO)?.ok_or_else(|| StoreError::corrupt(doing, "the mark has no limit"))?;
    Ok(Some(Mark { limit: Limit { most, window }, until }))
}

/// Reads the allowed origins from an item of a project.
pub(crate) fn allowed_origins(read: &Reader<'_>) -> Result<Option<Origins>> {
    let parse = |list: &str| {
        let list: Vec<String> = serde_json::from_str(list).map_err(|error| error.to_string())?;
        Origins::parse(&list).map_err(|error| error.to_string())
    };
    read.if_any(ALLOWED_ORIGINS, |read, name| read.parsed(name, parse))
}

/// Reads the project's own retention from an item of a project.
pub(crate) fn retention(doing: &'static str, read: &Reader<'_>) -> Result<Option<Retention>> {
    let days: Option<u64> = read.number_if_any(RETENTION)?;
    days.map(|days| Retention::of_days(days).map_err(|error| StoreError::corrupt(doing, error))).transpose()
}

/// Reads the setting in this attribute; the default if there is none.
pub(crate) fn setting<T: Default>(read: &Reader<'_>, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T> {
    match read.text_if_any(name) {
        None => Ok(T::default()),
        Some(_) => read.parsed(name, |word| parse(word).ok_or("unknown value")),
    }
}
