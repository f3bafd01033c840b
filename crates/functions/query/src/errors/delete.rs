//! `DELETE /projects/{project}/errors/{message}`

use http_common::Answer;
use model::error::ErrorAggregate;
use model::outcome::Refusal;
use store::Kind;
use store::ports::Project;

use super::{is_merged, shown_as, stored, unknown};
use crate::Query;
use crate::purge::{Budget, unfinished};

/// How often the error is read again when the processor writes it at the same time.
const ATTEMPTS: usize = 10;

/// Removes the error from every list at once, then its occurrences from where they rest, and what earlier requests had to
/// leave; so repeating a request that was cut short comes to the end.
pub(super) async fn remove(query: &Query, project: &Project, message: &str) -> Answer {
    let budget = Budget::new(query);
    let buried = match stored(query, project, message).await {
        Ok(error) => bury(query, project, error).await,
        Err(refusal) => Err(refusal),
    };
    let finished = query.purge(project.id, budget).await?;
    buried?;
    if finished { http_common::no_content() } else { Err(unfinished()) }
}

/// Removes an error from every list, as it was read; if it was written since, as it is then.
pub(super) async fn bury(query: &Query, project: &Project, mut error: ErrorAggregate) -> Result<(), Refusal> {
    let mut attempts = 1..=ATTEMPTS;
    loop {
        let shown = shown_as(query, project, error.clone()).await?;
        if shown.fingerprint != error.fingerprint {
            // Somebody who wants to be rid of one must not lose all that it was merged with.
            return Err(is_merged(project, &error.fingerprint, &shown.fingerprint));
        }
        match query.errors.bury(&error).await {
            Err(conflict) if conflict.kind() == Kind::Conflict && attempts.next().is_some() => {}
            buried => return buried.map_err(Refusal::from),
        }
        let again = query.errors.get(project.id, &error.fingerprint).await?;
        error = again.ok_or_else(|| unknown(project, &error.fingerprint.to_string()))?;
    }
}
