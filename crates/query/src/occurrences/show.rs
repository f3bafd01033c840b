use domain::grouping;
use domain::id::OccurrenceId;
use domain::outcome::{Reason, Refusal};
use gate::{Answer, storage_failed};
use serde_json::json;
use store::ports::Project;

use super::{MAX_BYTES, lines};
use crate::Query;
use crate::errors::named;

/// `GET …/occurrences/{reversedUnixtime}`: the occurrence, and why it went where it went.
pub(crate) async fn show(query: &Query, project: &Project, message: &str, id: &OccurrenceId) -> Answer {
    let error = named(query, project, message).await?;
    let reference = query.occurrences.reference_of(&error, &id.reference()).await;
    let Some(reference) = reference.map_err(|error| storage_failed(&error))? else {
        let over = id.happened_at().plus_seconds(i64::from(project.retention_days(query.retention_days)) * 86_400);
        return Err(missing(id, over <= query.clock.now()));
    };
    let mut shown = lines(query, project, &reference, id.line(), 1, &mut MAX_BYTES.clone()).await?;
    let listed = (id.line() as usize) < reference.events.len();
    let mut shown = shown.pop().ok_or_else(|| missing(id, listed))?;
    if let Ok(occurrence) = serde_json::from_value(shown["event"].clone()) {
        shown["grouping"] = json!(grouping::explain(&occurrence).1);
    }
    gate::data(json!({ "error": shown }))
}

/// Why there is no such occurrence. One whose reference is left has expired, since the bucket removed its segment first;
/// of one without a reference that is known by the time when it happened.
fn missing(id: &OccurrenceId, expired: bool) -> Refusal {
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
