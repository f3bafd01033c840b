//! `/projects/{project}/errors`

mod brief;
mod bulk;
mod comments;
mod delete;
mod describe;
pub(crate) mod find;
mod history;
mod list;
mod merge;
mod operation;
mod path;
mod restore;
mod show;
mod tags;
mod update;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use brief::{BriefingCall, accepts_markdown};
pub(crate) use describe::describe;
use http::header::ALLOW;
use http::request::Parts;
use http::{HeaderValue, Method, Request, StatusCode, Uri};
use http_common::{Answer, ReadableProject, TriagedProject};
use model::outcome::{Reason, Refusal};
pub(crate) use operation::describe_error_path;
use path::ErrorPath;

use crate::Query;
use crate::occurrences::{self, OccurrenceName};
use crate::timeline;

pub(crate) fn routes() -> Router<Arc<Query>> {
    // A message may contain slashes, so `ErrorPath` parses the rest of the path, not the router.
    // No path supports HEAD. Only members and admins get that answer, as for other unsupported methods.
    let methods = get(handle_read).head(handle_change).post(handle_change).patch(handle_change).delete(handle_change);
    Router::new().merge(list::route()).merge(bulk::route()).route("/projects/{project}/errors/{*message}", methods)
}

async fn handle_read(State(query): State<Arc<Query>>, project: ReadableProject, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    allow(&parts.uri, query.answer(read(&query, &project, &parts)).await)
}

/// Whether a path names a document in Markdown.
pub(crate) fn is_markdown(path: &str) -> bool {
    matches!(ErrorPath::parse(path), Ok(ErrorPath::Markdown(_) | ErrorPath::OccurrenceMarkdown(..)))
}

async fn handle_change(State(query): State<Arc<Query>>, project: TriagedProject, request: Request<Body>) -> Response {
    let uri = request.uri().clone();
    allow(&uri, query.answer(change(&query, &project, request)).await)
}

/// Adds the `Allow` header to a response with status 405.
fn allow(uri: &Uri, mut response: Response) -> Response {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let methods = ErrorPath::parse(uri.path()).map_or("", |target| target.methods());
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    }
    response
}

async fn read(query: &Query, project: &ReadableProject, parts: &Parts) -> Answer {
    let uri = &parts.uri;
    let briefing = |name| BriefingCall { query, project, parts, name };
    match ErrorPath::parse(uri.path())? {
        ErrorPath::Error(message) if accepts_markdown(&parts.headers) => {
            briefing(OccurrenceName::Best).markdown(&message).await
        }
        ErrorPath::Markdown(fingerprint) => briefing(OccurrenceName::Best).markdown(&fingerprint.to_string()).await,
        ErrorPath::Occurrence(message, name) if accepts_markdown(&parts.headers) => {
            briefing(name).markdown(&message).await
        }
        ErrorPath::OccurrenceMarkdown(message, name) => briefing(name).markdown(&message).await,
        ErrorPath::Briefing(message) if accepts_markdown(&parts.headers) => {
            briefing(brief::parse_name(uri)?).markdown(&message).await
        }
        ErrorPath::Briefing(message) => briefing(brief::parse_name(uri)?).json(&message).await,
        ErrorPath::Error(message) => show::show(query, project, &message, uri).await,
        ErrorPath::Timeline(message) => timeline::draw_error(query, project, &message, uri).await,
        ErrorPath::Tags(message) => tags::list(query, project, &message, uri).await,
        ErrorPath::Occurrences(message) => occurrences::list(query, project, &message, uri).await,
        ErrorPath::Occurrence(message, name) => occurrences::show(query, project, &message, name).await,
        ErrorPath::Attachment(message, name, number) => {
            occurrences::show_attachment(query, project, &message, name, &number, uri).await
        }
        ErrorPath::History(message) => history::list(query, project, &message, uri).await,
        target => Err(refuse_method(&Method::GET, &target)),
    }
}

async fn change(query: &Query, project: &TriagedProject, request: Request<Body>) -> Answer {
    let target = ErrorPath::parse(request.uri().path())?;
    match (request.method().as_str(), target) {
        ("PATCH", ErrorPath::Error(message)) => update::update(query, project, &message, request).await,
        ("DELETE", ErrorPath::Error(message)) => delete::delete_error(query, &project.administer()?, &message).await,
        ("POST", ErrorPath::Comments(message)) => comments::add(query, project, &message, request).await,
        ("DELETE", ErrorPath::Comment(message, id)) => comments::remove(query, project, &message, &id).await,
        ("POST", ErrorPath::Merge(message)) => merge::merge(query, project, &message, request).await,
        ("POST", ErrorPath::Unmerge(message)) => merge::unmerge(query, project, &message, request).await,
        ("POST", ErrorPath::Restore(message)) => {
            restore::restore(query, &project.administer()?, &message, request).await
        }
        (_, target) => Err(refuse_method(request.method(), &target)),
    }
}

fn refuse_method(method: &Method, target: &ErrorPath) -> Refusal {
    Refusal::new(Reason::MethodUnknown, format!("{method} is not supported here: use {}", target.methods()))
}
