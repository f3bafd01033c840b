//! `DELETE /projects/{project}/errors/{message}`

use http_common::{AdministeredProject, Answer};
use model::error::ErrorAggregate;
use model::outcome::Refusal;
use store::Kind;

use crate::Query;
use crate::lookup::{find_stored_error, follow_merge, refuse_merged, refuse_unknown};
use crate::purge::{Budget, refuse_unfinished};

/// How often the error is read again when the processor writes it at the same time.
const MAX_ATTEMPTS: usize = 10;

/// Removes the error from every list at once, then its occurrences from where they rest, and what earlier requests had to
/// leave; so repeating a request that was cut short comes to the end.
pub(super) async fn delete_error(query: &Query, project: &AdministeredProject, message: &str) -> Answer {
    let budget = Budget::new(query);
    let found = match find_stored_error(query, project, message).await {
        Ok(error) => start_purge(query, project, error).await,
        Err(refusal) => Err(refusal),
    };
    let finished = query.purge(project.id, budget).await?;
    found?;
    if finished { http_common::no_content() } else { Err(refuse_unfinished()) }
}

/// Removes an error from every list, as it was read; if it was written since, as it is then.
pub(super) async fn start_purge(
    query: &Query,
    project: &AdministeredProject,
    mut error: ErrorAggregate,
) -> Result<(), Refusal> {
    let mut attempts = 1..=MAX_ATTEMPTS;
    loop {
        let shown = follow_merge(query, project, error.clone()).await?;
        if shown.fingerprint != error.fingerprint {
            // Somebody who wants to be rid of one must not lose all that it was merged with.
            return Err(refuse_merged(project, &error.fingerprint, &shown.fingerprint));
        }
        match query.stores.errors.start_purge(&error).await {
            Err(conflict) if conflict.kind() == Kind::Conflict && attempts.next().is_some() => {}
            found => return Ok(found?),
        }
        let again = query.stores.errors.get(project.id, &error.fingerprint).await?;
        error = again.ok_or_else(|| refuse_unknown(project, &error.fingerprint.to_string()))?;
    }
}
