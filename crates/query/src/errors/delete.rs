//! `DELETE /projects/{project}/errors/{message}`

use gate::{Answer, storage_failed};
use store::Kind;
use store::ports::Project;

use super::named;
use crate::Query;
use crate::purge::{Budget, unfinished};

/// How often the error is read again when digest writes it at the same time.
const ATTEMPTS: usize = 10;

/// Removes the error from every list at once, then its occurrences from where they rest. What an earlier request had to
/// leave is finished first, so that repeating a request that was cut short comes to the end.
pub(super) async fn remove(query: &Query, project: &Project, message: &str) -> Answer {
    let budget = Budget::new(query);
    let purge = || async {
        match query.purge(project.id, budget).await.map_err(|error| storage_failed(&error))? {
            true => Ok(()),
            false => Err(unfinished()),
        }
    };
    purge().await?;
    for attempt in 1.. {
        let error = named(query, project, message).await?;
        match query.errors.bury(&error).await {
            Ok(()) => break,
            Err(conflict) if conflict.kind() == Kind::Conflict && attempt < ATTEMPTS => {}
            Err(error) => return Err(storage_failed(&error)),
        }
    }
    purge().await?;
    gate::no_content()
}
