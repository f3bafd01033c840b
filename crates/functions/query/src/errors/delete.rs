//! `DELETE /projects/{project}/errors/{message}`

use http_common::{AdministeredProject, Answer};
use model::audit::{AuditAction, AuditEvent};
use model::error::ErrorAggregate;
use model::outcome::Refusal;
use store::Kind;

use crate::Query;
use crate::lookup::{find_stored_error, follow_merge, refuse_merged, refuse_unknown};
use crate::purge::{Budget, refuse_unfinished};

/// How often the deletion is tried again if the processor writes the error at the same time.
const MAX_ATTEMPTS: usize = 10;

/// Removes the error from every list at once, then erases its occurrences and what earlier requests left over. So
/// repeating a request that was interrupted finishes the deletion.
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

/// Removes an error from every list. If it was written since it was read, reads it again.
pub(super) async fn start_purge(
    query: &Query,
    project: &AdministeredProject,
    mut error: ErrorAggregate,
) -> Result<(), Refusal> {
    let mut attempts = 1..=MAX_ATTEMPTS;
    loop {
        let shown = follow_merge(query, project, error.clone()).await?;
        if shown.fingerprint != error.fingerprint {
            // Deleting one merged error must not delete the errors that it was merged with.
            return Err(refuse_merged(project, &error.fingerprint, &shown.fingerprint));
        }
        match query.stores.errors.start_purge(&error).await {
            Err(conflict) if conflict.kind() == Kind::Conflict && attempts.next().is_some() => {}
            started => {
                started?;
                let event = AuditEvent::new(AuditAction::ErrorDeleted).of(error.fingerprint).in_project(&project.name);
                query.record(project.caller(), event).await;
                return Ok(());
            }
        }
        let again = query.stores.errors.get(project.id, &error.fingerprint).await?;
        error = again.ok_or_else(|| refuse_unknown(project, &error.fingerprint.to_string()))?;
    }
}
