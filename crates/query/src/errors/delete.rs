//! `DELETE /projects/{project}/errors/{message}`

use domain::outcome::Refusal;
use gate::{Answer, storage_failed};
use store::Kind;
use store::ports::Project;

use super::{is_merged, shown_as, stored};
use crate::Query;
use crate::purge::{Budget, unfinished};

/// How often the error is read again when digest writes it at the same time.
const ATTEMPTS: usize = 10;

/// Removes the error from every list at once, then its occurrences from where they rest, and what earlier requests had to
/// leave; so repeating a request that was cut short comes to the end.
pub(super) async fn remove(query: &Query, project: &Project, message: &str) -> Answer {
    let budget = Budget::new(query);
    let buried = bury(query, project, message).await;
    let finished = query.purge(project.id, budget).await.map_err(|error| storage_failed(&error))?;
    buried?;
    if finished { gate::no_content() } else { Err(unfinished()) }
}

/// Removes the error from every list.
pub(super) async fn bury(query: &Query, project: &Project, message: &str) -> Result<(), Refusal> {
    let mut attempts = 1..=ATTEMPTS;
    loop {
        let error = stored(query, project, message).await?;
        let shown = shown_as(query, project, error.clone()).await?;
        if shown.fingerprint != error.fingerprint {
            // Somebody who wants to be rid of one must not lose all that it was merged with.
            return Err(is_merged(project, &error.fingerprint, &shown.fingerprint));
        }
        match query.errors.bury(&error).await {
            Err(conflict) if conflict.kind() == Kind::Conflict && attempts.next().is_some() => {}
            buried => return buried.map_err(|error| storage_failed(&error)),
        }
    }
}
