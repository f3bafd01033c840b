use http_common::{Answer, ReadableProject};
use model::error::ErrorAggregate;
use model::id::OccurrenceId;
use model::outcome::{Reason, Refusal};
use serde_json::json;
use store::ports::Reference;

use super::References;
use super::best::find_best;
use super::frame::{self, LocatedOccurrence};
use super::map_frames::{find_same_source, map_frames};
use super::name::OccurrenceName;
use super::step::{self, End, SteppedOccurrence};
use crate::Query;
use crate::lookup::find_error;
use crate::views;

/// `GET …/occurrences/{id}`: an occurrence, why it was grouped into its error, and the ids of its neighbours.
pub(crate) async fn show(query: &Query, project: &ReadableProject, message: &str, name: OccurrenceName) -> Answer {
    let error = find_error(query, project, message).await?;
    let (name, chosen) = match name {
        OccurrenceName::Best => match find_best(query, &error).await? {
            Some(best) => (OccurrenceName::Id(best.found.id), Some(best.reason)),
            None => return Err(refuse_none()),
        },
        named => (named, None),
    };
    let seen = load(query, project, &error, name).await?;
    describe_occurrence(query, project, &error, seen, chosen).await
}

/// Loads an occurrence of an error, and the ids of its neighbours.
pub(super) async fn load(
    query: &Query,
    project: &ReadableProject,
    error: &ErrorAggregate,
    name: OccurrenceName,
) -> Result<SteppedOccurrence, Refusal> {
    let references = References::new(query, error);
    let seen = match name {
        OccurrenceName::Id(id) => {
            let reference = find_reference(query, project, &references, &id).await?;
            let seen = step::read_at(query, &references, &reference, id.line()).await?;
            if seen.is_none() && (id.line() as usize) < reference.events.len() {
                return Err(refuse_missing(&id, true));
            }
            seen
        }
        OccurrenceName::End(end) => step::read_at_end(query, &references, end).await?,
        OccurrenceName::Best => step::read_at_end(query, &references, End::Last).await?,
    };
    seen.ok_or_else(|| refuse_name(name))
}

/// Finds an occurrence without its neighbours.
pub(super) async fn find_alone(
    query: &Query,
    project: &ReadableProject,
    error: &ErrorAggregate,
    name: OccurrenceName,
) -> Result<LocatedOccurrence, Refusal> {
    let references = References::new(query, error);
    let found = match name {
        OccurrenceName::Id(id) => {
            let reference = find_reference(query, project, &references, &id).await?;
            let frame = frame::fetch(query, &reference).await?;
            let line = frame::lines(&reference, frame.as_ref()).nth(id.line() as usize);
            line.and_then(|line| frame::read(&reference, &line))
        }
        OccurrenceName::End(end) => step::read_at_end(query, &references, end).await?.map(|seen| seen.found),
        OccurrenceName::Best => find_best(query, error).await?.map(|best| best.found),
    };
    found.ok_or_else(|| refuse_name(name))
}

async fn find_reference(
    query: &Query,
    project: &ReadableProject,
    references: &References<'_>,
    id: &OccurrenceId,
) -> Result<Reference, Refusal> {
    let found = references.find(&id.reference()).await?;
    found.ok_or_else(|| {
        let days = i64::from(project.retention_days(query.retention_days));
        refuse_missing(id, id.happened_at().plus_seconds(days * 86_400) <= query.clock.now())
    })
}

/// Refuses a request for this occurrence, which does not exist.
fn refuse_name(name: OccurrenceName) -> Refusal {
    match name {
        OccurrenceName::Id(id) => refuse_missing(&id, false),
        OccurrenceName::End(_) | OccurrenceName::Best => refuse_none(),
    }
}

fn refuse_none() -> Refusal {
    refuse_unknown("this error has no occurrences any more")
}

/// Refuses a request for an occurrence that cannot be read. It has expired if its reference still exists, since then
/// the bucket removed its segment first. Without a reference, `expired` depends on when it happened.
fn refuse_missing(id: &OccurrenceId, expired: bool) -> Refusal {
    if expired {
        let message = format!(
            "occurrence {id} has expired: request a newer one; to keep future occurrences longer, set `retentionDays` with \
             PATCH /projects/{{project}}"
        );
        return Refusal::new(Reason::OccurrenceExpired, message);
    }
    let message = format!("this error has no occurrence {id}: use a `reversedUnixtime` that the API returned");
    Refusal::new(Reason::OccurrenceUnknown, message)
}

/// Refuses a request for an occurrence that does not exist.
pub(super) fn refuse_unknown(what: &str) -> Refusal {
    let message = format!("{what}: it may have expired, or faultline's log says why it cannot be read");
    Refusal::new(Reason::OccurrenceUnknown, message)
}

/// Describes an occurrence of `error`, with its grouping and its neighbours, and why it was `chosen`.
pub(super) async fn describe_occurrence(
    query: &Query,
    project: &ReadableProject,
    error: &ErrorAggregate,
    SteppedOccurrence { mut found, newer, older }: SteppedOccurrence,
    chosen: Option<String>,
) -> Answer {
    // It was grouped as it is stored.
    let grouping = json!(grouping::explain(&found.occurrence).1);
    let is_mapped = map_frames(query, project, &mut found.occurrence).await;
    let same = if is_mapped { find_same_source(query, error, &found.occurrence).await? } else { None };
    let mut shown = views::describe_occurrence(&project.name, &found.id, &found.occurrence);
    shown["grouping"] = grouping;
    let belongs_to = views::describe_error(&project.name, error);
    let mut data = json!({ "error": shown, "newer": newer, "older": older, "belongsTo": belongs_to });
    if let Some(same) = &same {
        data["sameSource"] = json!(views::describe_error(&project.name, same));
    }
    if let Some(chosen) = chosen {
        data["chosenBecause"] = chosen.into();
    }
    http_common::data(data)
}
