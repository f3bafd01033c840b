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
    let unknown = || {
        let message = format!("this error has no occurrence {id}: it may have expired");
        Refusal::new(Reason::OccurrenceUnknown, message)
    };
    let reference = query.occurrences.reference(project.id, &error.uid, &id.reference()).await;
    let reference = reference.map_err(|error| storage_failed(&error))?.ok_or_else(unknown)?;
    let mut shown = lines(query, project, &reference, id.line(), 1, &mut MAX_BYTES.clone()).await?;
    let mut shown = shown.pop().ok_or_else(unknown)?;
    if let Ok(occurrence) = serde_json::from_value(shown["event"].clone()) {
        shown["grouping"] = json!(grouping::explain(&occurrence).1);
    }
    gate::data(json!({ "error": shown }))
}
