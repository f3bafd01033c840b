//! `/projects/{project}/errors/{message}/occurrences`, and `/projects/{project}/occurrences`

mod attachment;
mod best;
mod describe;
mod event;
mod frame;
mod list;
mod map_frames;
mod name;
mod pick;
mod references;
mod show;
mod step;
mod walk;

use std::sync::Arc;

pub(crate) use attachment::{safe_type, show as show_attachment};
use axum::Router;
pub(crate) use describe::{describe, properties};
use http_common::ReadableProject;
pub(crate) use list::list;
use model::error::ErrorAggregate;
use model::occurrence::Occurrence;
use model::outcome::Refusal;
pub(crate) use name::OccurrenceName;
pub(crate) use pick::pick;
pub(crate) use references::References;
use serde_json::Value;
pub(crate) use show::show;
#[cfg(test)]
pub(crate) use step::End;

use map_frames::map_frames;

use crate::Query;
use crate::views;

pub(crate) fn routes() -> Router<Arc<Query>> {
    event::route()
}

/// Loads the newest occurrence of an error; `None` if all have expired.
/// Loads the newest occurrence of an error, with its frames mapped, or why they are not.
pub(crate) async fn newest_mapped(
    query: &Query,
    project: &ReadableProject,
    error: &ErrorAggregate,
) -> Result<Option<Occurrence>, Refusal> {
    let Some(mut found) = step::find_newest(query, &References::new(query, error)).await? else { return Ok(None) };
    map_frames(query, project, &mut found.occurrence).await;
    Ok(Some(found.occurrence))
}

pub(crate) async fn load_newest(
    query: &Query,
    project: &ReadableProject,
    error: &ErrorAggregate,
) -> Result<Option<Value>, Refusal> {
    let Some(mut found) = step::find_newest(query, &References::new(query, error)).await? else { return Ok(None) };
    map_frames(query, project, &mut found.occurrence).await;
    Ok(Some(views::describe_occurrence(&project.name, &found.id, &found.occurrence)))
}
