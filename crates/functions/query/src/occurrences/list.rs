use http::Uri;
use http_common::{Answer, ReadableProject};
use model::id::OccurrenceId;
use model::occurrence::{Filter, Level};
use model::outcome::Refusal;
use serde_json::{Value, json};

use super::References;
use super::walk::{Walk, WalkStart};
use crate::Query;
use crate::list::{Parameters, parse_moment, refuse_parameter};
use crate::lookup::find_error;
use crate::views;

/// The default number of occurrences per page, as in v1.
pub(super) const DEFAULT_OCCURRENCES: usize = 10;
pub(super) const MAX_LISTED_OCCURRENCES: usize = 100;
/// The most `tag` filters per request.
const MAX_TAGS: usize = 10;

/// `GET …/occurrences`, newest first; `after` and `before` select the page. With a filter other than the time, a
/// request reads at most 20 frames or 8 MiB of occurrences. So a page may have fewer than `limit` occurrences, or none,
/// and still have a next page.
pub(crate) async fn list(query: &Query, project: &ReadableProject, message: &str, uri: &Uri) -> Answer {
    let parameters = Parameters::parse(uri);
    let limit = parameters.limit(DEFAULT_OCCURRENCES, MAX_LISTED_OCCURRENCES)?;
    let start = parse_start(&parameters)?;
    let filter = parse_filter(&parameters)?;
    let error = find_error(query, project, message).await?;

    let references = References::new(query, &error);
    let mut walked = Walk::begin(query, &references, &filter, limit, start).await?.go().await?;
    let id_of = |found: Option<&super::frame::LocatedOccurrence>| found.map(|found| found.id);
    let (next, previous) = match start {
        WalkStart::Now => (walked.next, None),
        WalkStart::After(_) => (walked.next, id_of(walked.found.first())),
        WalkStart::Before(_) => (id_of(walked.found.first()), walked.next),
    };
    if matches!(start, WalkStart::Before(_)) {
        walked.found.reverse();
    }
    let entries =
        walked.found.iter().map(|found| views::describe_occurrence(&project.name, &found.id, &found.occurrence));
    http_common::data(json!({
        "errors": entries.collect::<Vec<Value>>(),
        "totalCount": error.count,
        "examined": walked.examined,
        "nextCursor": next,
        "previousCursor": previous,
    }))
}

fn parse_start(parameters: &Parameters) -> Result<WalkStart, Refusal> {
    let after = parameters.parsed("after", OccurrenceId::parse)?;
    match (after, parameters.parsed("before", OccurrenceId::parse)?) {
        (Some(_), Some(_)) => Err(refuse_parameter("before", "`after` and `before` cannot be combined: leave one out")),
        (Some(after), None) => Ok(WalkStart::After(after)),
        (None, Some(before)) => Ok(WalkStart::Before(before)),
        (None, None) => Ok(WalkStart::Now),
    }
}

fn parse_filter(parameters: &Parameters) -> Result<Filter, Refusal> {
    let text = |name| parameters.get(name).map(str::to_owned);
    let level = |word: &str| {
        let unknown = || format!("`{word}` is not a level: use `fatal`, `error`, `warning`, `info` or `debug`");
        Level::parse(word).ok_or_else(unknown)
    };
    let filter = Filter {
        start: parameters.parsed("start", parse_moment)?,
        end: parameters.parsed("end", parse_moment)?,
        environment: text("environment"),
        release: text("release"),
        level: parameters.parsed("level", level)?,
        tags: parameters.all_of("tag").map(str::to_owned).collect(),
        user: text("user"),
        text: text("text"),
    };
    if let (Some(start), Some(end)) = (filter.start, filter.end)
        && end < start
    {
        return Err(refuse_parameter("end", format!("{end} is before the start, {start}")));
    }
    if let Some(tag) = filter.tags.iter().find(|tag| !tag.contains(':')) {
        return Err(refuse_parameter("tag", format!("`{tag}` has no colon: use `key:value`")));
    }
    if filter.tags.len() > MAX_TAGS {
        return Err(refuse_parameter(
            "tag",
            format!("at most {MAX_TAGS} tags are allowed (got {})", filter.tags.len()),
        ));
    }
    Ok(filter)
}
