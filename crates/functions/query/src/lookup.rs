//! Finds the error that a request is about.

use http_common::ReadableProject;
use model::error::ErrorAggregate;
use model::id::Fingerprint;
use model::outcome::{Reason, Refusal};

use crate::Query;

/// Finds the error that a path names by its message, whole or cut, or by its fingerprint. If the error is merged into
/// another one, returns the merge target.
pub(crate) async fn find_error(
    query: &Query,
    project: &ReadableProject,
    message: &str,
) -> Result<ErrorAggregate, Refusal> {
    let error = find_stored_error(query, project, message).await?;
    follow_merge(query, project, error).await
}

/// Returns the error that `error` is merged into, or itself if it is not merged.
pub(crate) async fn follow_merge(
    query: &Query,
    project: &ReadableProject,
    error: ErrorAggregate,
) -> Result<ErrorAggregate, Refusal> {
    let Some(into) = error.merged_into else { return Ok(error) };
    let into = query.stores.errors.get(project.id, &into).await?;
    Ok(into.filter(|into| into.has_merged(&error)).unwrap_or(error))
}

/// Finds the error that a path names, without following a merge.
pub(crate) async fn find_stored_error(
    query: &Query,
    project: &ReadableProject,
    message: &str,
) -> Result<ErrorAggregate, Refusal> {
    for fingerprint in find_fingerprints(message) {
        let error = query.stores.errors.get(project.id, &fingerprint).await?;
        if let Some(error) = error {
            return Ok(error);
        }
    }
    Err(refuse_unknown(project, message))
}

/// Returns the fingerprints that a name of an error can stand for. The first one that exists is meant.
pub(crate) fn find_fingerprints(name: &str) -> Vec<Fingerprint> {
    let by_message = grouping::message_fingerprint(name);
    // If the message was posted with a secret in it, it was stored without the secret.
    let by_scrubbed = grouping::message_fingerprint(&scrub::text(name));
    let by_scrubbed = (by_scrubbed != by_message).then_some(by_scrubbed);
    [Some(by_message), by_scrubbed, Fingerprint::parse(name).ok()].into_iter().flatten().collect()
}

/// Refuses a request for an error that is merged into another one.
pub(crate) fn refuse_merged(project: &ReadableProject, error: &Fingerprint, into: &Fingerprint) -> Refusal {
    let message = format!(
        "error `{error}` is merged into `{into}`: use that one, or first unmerge this one with POST \
         /projects/{}/errors/{into}/unmerge",
        project.name
    );
    Refusal::new(Reason::ErrorMerged, message)
}

/// Finds the error that shows the occurrences of this fingerprint: the merge target, or the error itself.
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

/// Refuses a request for an error that does not exist.
pub(crate) fn refuse_unknown(project: &ReadableProject, message: &str) -> Refusal {
    let shown: String = message.chars().take(80).collect();
    let message = format!(
        "project `{}` has no error `{shown}`: use the fingerprint, 32 digits and letters, that lists of errors have; a \
         message works too, without its type, if the error came through faultline's own API and not from a Sentry SDK",
        project.name
    );
    Refusal::new(Reason::ErrorUnknown, message)
}
