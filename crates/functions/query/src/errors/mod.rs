//! `/projects/{project}/errors`

mod bulk;
mod comments;
mod delete;
mod describe;
pub(crate) mod find;
mod history;
mod list;
mod merge;
mod restore;
mod show;
mod tags;
mod target;
mod update;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
pub(crate) use describe::{describe, named as named_operation};
use http::header::ALLOW;
use http::{HeaderValue, Method, Request, StatusCode};
use http_common::Answer;
use model::error::ErrorAggregate;
use model::id::Fingerprint;
use model::outcome::{Reason, Refusal};
use store::ports::Project;
use target::Target;

use crate::Query;
use crate::occurrences;
use crate::projects::existing;
use crate::timeline;

pub(crate) fn routes() -> Router<Arc<Query>> {
    // A message may hold slashes, so what follows it is told apart by `Target`, not by the router.
    Router::new()
        .merge(list::route())
        .merge(bulk::route())
        .route("/projects/{project}/errors/{*message}", get(handle).post(handle).patch(handle).delete(handle))
}

async fn handle(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    let methods = Target::of(request.uri().path()).map_or("", |target| target.methods());
    let mut response = query.answer(dispatch(&query, request)).await;
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    }
    response
}

async fn dispatch(query: &Query, request: Request<Body>) -> Answer {
    let caller = query.gate.caller_in(&request).await?;
    let name = http_common::project_in(request.uri().path())?;
    let reads = request.method() == Method::GET;
    if reads { caller.reads() } else { caller.administers() }?;
    let project = existing(query, &caller, &name).await?;
    if !reads {
        caller.admin_of_id(project.id)?;
    }
    let (target, by) = (Target::of(request.uri().path())?, caller.actor());
    let methods = target.methods();
    match (request.method().as_str(), target) {
        ("GET", Target::Error(message)) => show::show(query, &project, &message, request.uri()).await,
        ("PATCH", Target::Error(message)) => update::update(query, &project, &message, &by, request).await,
        ("DELETE", Target::Error(message)) => delete::remove(query, &project, &message).await,
        ("GET", Target::Timeline(message)) => timeline::of_error(query, &project, &message, request.uri()).await,
        ("GET", Target::Tags(message)) => tags::list(query, &project, &message, request.uri()).await,
        ("GET", Target::Occurrences(message)) => occurrences::list(query, &project, &message, request.uri()).await,
        ("GET", Target::Occurrence(message, id)) => occurrences::show(query, &project, &message, id).await,
        ("GET", Target::History(message)) => history::list(query, &project, &message, request.uri()).await,
        ("POST", Target::Comments(message)) => comments::add(query, &project, &message, &by, request).await,
        ("DELETE", Target::Comment(message, id)) => comments::remove(query, &project, &message, &id, &by).await,
        ("POST", Target::Merge(message)) => merge::merge(query, &project, &message, &by, request).await,
        ("POST", Target::Unmerge(message)) => merge::unmerge(query, &project, &message, &by, request).await,
        ("POST", Target::Restore(message)) => restore::restore(query, &project, &message, request).await,
        (method, _) => {
            Err(Refusal::new(Reason::MethodUnknown, format!("{method} is not possible here: use {methods}")))
        }
    }
}

/// The error that a path names by its message, whole or cut, or by its fingerprint: if that is merged into another, the
/// other.
pub(crate) async fn named(query: &Query, project: &Project, message: &str) -> Result<ErrorAggregate, Refusal> {
    let error = stored(query, project, message).await?;
    shown_as(query, project, error).await
}

/// What an error is shown as: what it is merged into, or itself.
async fn shown_as(query: &Query, project: &Project, error: ErrorAggregate) -> Result<ErrorAggregate, Refusal> {
    let Some(into) = error.merged_into else { return Ok(error) };
    let into = query.errors.get(project.id, &into).await?;
    Ok(into.filter(|into| into.has_part(&error)).unwrap_or(error))
}

/// The error that a path names, as it is stored.
async fn stored(query: &Query, project: &Project, message: &str) -> Result<ErrorAggregate, Refusal> {
    let by_message = grouping::message_fingerprint(message);
    // What was posted with a secret in it was stored without.
    let by_scrubbed = grouping::message_fingerprint(&scrub::text(message));
    let candidates =
        [Some(by_message), (by_scrubbed != by_message).then_some(by_scrubbed), Fingerprint::parse(message).ok()];
    for fingerprint in candidates.into_iter().flatten() {
        let error = query.errors.get(project.id, &fingerprint).await?;
        if let Some(error) = error {
            return Ok(error);
        }
    }
    Err(unknown(project, message))
}

fn is_merged(project: &Project, error: &Fingerprint, into: &Fingerprint) -> Refusal {
    let message = format!(
        "error `{error}` is merged into `{into}`: name that one, or take this one out of it by POST \
         /projects/{}/errors/{into}/unmerge first",
        project.name
    );
    Refusal::new(Reason::ErrorMerged, message)
}

/// The error that shows what is grouped under this fingerprint: the one it is merged into, or itself.
pub(crate) async fn in_lists(
    query: &Query,
    project: &Project,
    fingerprint: &Fingerprint,
) -> Result<Option<ErrorAggregate>, Refusal> {
    match query.errors.get(project.id, fingerprint).await? {
        Some(error) => shown_as(query, project, error).await.map(Some),
        None => Ok(None),
    }
}

fn unknown(project: &Project, message: &str) -> Refusal {
    let shown: String = message.chars().take(80).collect();
    let message = format!("project `{}` has no error with the message or fingerprint `{shown}`", project.name);
    Refusal::new(Reason::ErrorUnknown, message)
}
