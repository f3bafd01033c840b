//! `/projects/{project}/errors/{message}/occurrences`, and `/projects/{project}/occurrences`

mod describe;
mod event;
mod frame;
mod list;
mod references;
mod show;
mod step;
mod walk;

use std::sync::Arc;

use crate::views;
use axum::Router;
pub(crate) use describe::{describe, properties};
pub(crate) use list::list;
use model::error::ErrorAggregate;
use model::outcome::Refusal;
pub(crate) use references::References;
use serde_json::Value;
pub(crate) use show::{Which, show};
#[cfg(test)]
pub(crate) use step::End;
use store::ports::Project;

use crate::Query;

pub(crate) fn routes() -> Router<Arc<Query>> {
    event::route()
}

/// The newest occurrence of an error; `None` if all have expired.
pub(crate) async fn newest(query: &Query, project: &Project, error: &ErrorAggregate) -> Result<Option<Value>, Refusal> {
    let found = step::newest(query, &References::of(query, error)).await?;
    Ok(found.map(|found| views::occurrence_entry(&project.name, &found.id, &found.occurrence)))
}
