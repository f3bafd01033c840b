//! Finding the error that a request is about.

use http_common::ReadableProject;
use model::error::ErrorAggregate;
use model::id::Fingerprint;
use model::outcome::{Reason, Refusal};

use crate::Query;

/// The error that a path names by its message, whole or cut, or by its fingerprint: if that is merged into another, the
/// other.
pub(crate) async fn find_error(
    query: &Query,
    project: &ReadableProject,
    message: &str,
) -> Result<ErrorAggregate, Refusal> {
    let error = find_stored_error(query, project, message).await?;
    follow_merge(query, project, error).await
}

/// What an error is shown as: what it is merged into, or itself.
pub(crate) async fn follow_merge(
    query: &Query,
    project: &ReadableProject,
    error: ErrorAggregate,
) -> Result<ErrorAggregate, Refusal> {
    let Some(into) = error.merged_into else { return Ok(error) };
    let into = query.stores.errors.get(project.id, &into).await?;
    Ok(into.filter(|into| into.has_merged(&error)).unwrap_or(error))
}

/// The error that a path names, as it is stored.
pub(crate) async fn find_stored_error(
    query: &Query,
    project: &ReadableProject,
    message: &str,
) -> Result<ErrorAggregate, Refusal> {
    let by_message = grouping::message_fingerprint(message);
    // What was posted with a secret in it was stored without.
    let by_scrubbed = grouping::message_fingerprint(&scrub::text(message));
    let candidates =
        [Some(by_message), (by_scrubbed != by_message).then_some(by_scrubbed), Fingerprint::parse(message).ok()];
    for fingerprint in candidates.into_iter().flatten() {
        let error = query.stores.errors.get(project.id, &fingerprint).await?;
        if let Some(error) = error {
            return Ok(error);
        }
    }
    Err(refuse_unknown(project, message))
}

/// The refusal of an error that is merged into another.
pub(crate) fn refuse_merged(project: &ReadableProject, error: &Fingerprint, into: &Fingerprint) -> Refusal {
    let message = format!(
        "error `{error}` is merged into `{into}`: name that one, or take this one out of it by POST \
         /projects/{}/errors/{into}/unmerge first",
        project.name
    );
    Refusal::new(Reason::ErrorMerged, message)
}

/// The error that shows what is grouped under this fingerprint: the one it is merged into, or itself.
pub(crate) async fn find_listed_error(
    query: &Query,
    project: &ReadableProject,
    fingerprint: &Fingerprint,
) -> Result<Option<ErrorAggregate>, Refusal> {
    match query.stores.errors.get(project.id, fingerprint).await? {
        Some(error) => follow_merge(query, project, error).await.map(Some),
        None => Ok(None),
    }
}

/// The refusal of an error that is not there.
pub(crate) fn refuse_unknown(project: &ReadableProject, message: &str) -> Refusal {
    let shown: String = message.chars().take(80).collect();
    let message = format!("project `{}` has no error with the message or fingerprint `{shown}`", project.name);
    Refusal::new(Reason::ErrorUnknown, message)
}
