use http_common::{Answer, ReadableProject};
use model::error::ErrorAggregate;
use model::id::OccurrenceId;
use model::outcome::{Reason, Refusal};
use serde_json::json;

use super::References;
use super::step::{self, End, SteppedOccurrence};
use crate::Query;
use crate::lookup::find_error;
use crate::views;

/// What a path calls an occurrence of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OccurrenceName {
    Id(OccurrenceId),
    End(End),
}

impl OccurrenceName {
    /// `first` (the oldest), `last` (the newest), or an id.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "first" => Ok(Self::End(End::First)),
            "last" => Ok(Self::End(End::Last)),
            id => OccurrenceId::parse(id)
                .map(Self::Id)
                .map_err(|error| Refusal::new(Reason::OccurrenceUnknown, format!("{error}, or say `first` or `last`"))),
        }
    }
}

/// `GET …/occurrences/{id}`: the occurrence, why it went where it went, and which ones are beside it.
pub(crate) async fn show(query: &Query, project: &ReadableProject, message: &str, name: OccurrenceName) -> Answer {
    let error = find_error(query, project, message).await?;
    let references = References::new(query, &error);
    let seen = match name {
        OccurrenceName::Id(id) => {
            let reference = references.find(&id.reference()).await?;
            let Some(reference) = reference else {
                let days = i64::from(project.retention_days(query.retention_days));
                return Err(refuse_missing(&id, id.happened_at().plus_seconds(days * 86_400) <= query.clock.now()));
            };
            let seen = step::read_at(query, &references, &reference, id.line()).await?;
            if seen.is_none() && (id.line() as usize) < reference.events.len() {
                return Err(refuse_missing(&id, true));
            }
            seen
        }
        OccurrenceName::End(end) => step::read_at_end(query, &references, end).await?,
    };
    let unknown = || match name {
        OccurrenceName::Id(id) => refuse_missing(&id, false),
        OccurrenceName::End(_) => refuse_unknown("this error has no occurrence any more"),
    };
    describe_occurrence(project, &error, seen.ok_or_else(unknown)?)
}

/// Why there is no such occurrence. One whose reference is left has expired, since the bucket removed its segment first;
/// of one without a reference that is known by the time when it happened.
fn refuse_missing(id: &OccurrenceId, expired: bool) -> Refusal {
    if expired {
        let message = format!(
            "occurrence {id} has expired: ask for a newer one; what comes from now on is kept for longer if `retentionDays` \
             is set by PATCH /projects/{{project}}"
        );
        return Refusal::new(Reason::OccurrenceExpired, message);
    }
    let message = format!("this error has no occurrence {id}: take one from a `reversedUnixtime` that the API gave");
    Refusal::new(Reason::OccurrenceUnknown, message)
}

/// The refusal of an occurrence that is not there.
pub(super) fn refuse_unknown(what: &str) -> Refusal {
    let message = format!("{what}: it may have expired, or the log of faultline says why it cannot be read");
    Refusal::new(Reason::OccurrenceUnknown, message)
}

/// An occurrence of `error` as it is shown alone.
pub(super) fn describe_occurrence(
    project: &ReadableProject,
    error: &ErrorAggregate,
    SteppedOccurrence { found, newer, older }: SteppedOccurrence,
) -> Answer {
    let mut shown = views::describe_occurrence(&project.name, &found.id, &found.occurrence);
    shown["grouping"] = json!(grouping::explain(&found.occurrence).1);
    let belongs_to = views::describe_error(&project.name, error);
    http_common::data(json!({ "error": shown, "newer": newer, "older": older, "belongsTo": belongs_to }))
}
