//! `GET /projects/{project}/errors/{message}`: the newest occurrence, and the timeline of a range.

use domain::error::ErrorAggregate;
use domain::outcome::Refusal;
use domain::time::Timestamp;
use domain::timeline::Hour;
use domain::v1;
use gate::{Answer, storage_failed};
use http::Uri;
use serde_json::{Value, json};
use store::ports::Project;

use super::describe::Minutes;
use super::named;
use crate::Query;
use crate::list::{Parameters, moment, parameter};
use crate::occurrences::newest;

/// The longest range, in days: a timeline has an item for each of its hours.
const MAX_DAYS: i64 = 400;
/// The most minutes that it has.
pub(super) const MAX_MINUTES: i64 = MAX_DAYS * 24 * 60 + 1;

pub(super) async fn show(query: &Query, project: &Project, message: &str, uri: &Uri) -> Answer {
    let parameters = Parameters::of(uri);
    let (month, next_month) = month(query.clock.now());
    let start = parameters.parsed("start", moment)?.unwrap_or(month);
    let end = parameters.parsed("end", moment)?.unwrap_or(next_month.max(start));
    if end < start {
        return Err(parameter("end", format!("{end} is before the start, {start}")));
    }
    if end.seconds() - start.seconds() > MAX_DAYS * 86_400 {
        return Err(parameter("end", format!("the range has more than {MAX_DAYS} days: ask for it in parts")));
    }

    let error = named(query, project, message).await?;
    let timeline = query.occurrences.timeline_of(&error, Hour::of(start)..=Hour::of(end)).await;
    let timeline = timeline.map_err(|error| storage_failed(&error))?.between(start, end);
    let entries: Vec<_> =
        timeline.minutes().map(|(minute, count)| v1::timeline_entry(&project.name, &error, minute, count)).collect();
    let mut data = json!({
        "error": shown(query, project, &error).await?,
        "timeline": Minutes { total_count: timeline.total(), scanned_count: entries.len(), errors: entries },
    });
    if error.merged.is_some() {
        data["parts"] = parts(query, project, error).await?;
    }
    gate::data(data)
}

/// What a merged error is made of, each as it would be alone; itself first.
async fn parts(query: &Query, project: &Project, error: ErrorAggregate) -> Result<Value, Refusal> {
    let family = query.merges.family(project.id, &error.fingerprint).await.map_err(|error| storage_failed(&error))?;
    let parts = family.map(|family| family.parts).unwrap_or_default();
    let lives = std::iter::once(error.without_parts()).chain(parts);
    Ok(lives.map(|life| json!(v1::error_entry(&project.name, &life))).collect())
}

/// The newest occurrence, with what its error knows beside it. If all occurrences have expired, only the latter.
async fn shown(query: &Query, project: &Project, error: &ErrorAggregate) -> Result<Value, Refusal> {
    let mut entry = json!(v1::error_entry(&project.name, error));
    match newest(query, project, error).await? {
        Some(Value::Object(occurrence)) => {
            for (key, value) in occurrence {
                entry[key] = value;
            }
        }
        _ => entry["expired"] = true.into(),
    }
    Ok(entry)
}

/// The beginning of the month that `now` is in, and of the next.
fn month(now: Timestamp) -> (Timestamp, Timestamp) {
    let date = now.utc().date();
    let start = |year: i32, month: time::Month| {
        let date = time::Date::from_calendar_date(year, month, 1).unwrap_or(date);
        Timestamp::from_seconds(date.midnight().assume_utc().unix_timestamp())
    };
    let next = date.month().next();
    let next_year = date.year() + i32::from(next == time::Month::January);
    (start(date.year(), date.month()), start(next_year, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_range_is_the_month() {
        let check = |now: &str, start: &str, end: &str| {
            let (from, to) = month(Timestamp::parse(now).unwrap());
            assert_eq!((from.to_string(), to.to_string()), (start.to_owned(), end.to_owned()), "{now}");
        };
        check("2026-12-31T23:59:59Z", "2026-12-01T00:00:00+00:00", "2027-01-01T00:00:00+00:00");
        check("2026-02-01T00:00:00Z", "2026-02-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00");
    }
}
