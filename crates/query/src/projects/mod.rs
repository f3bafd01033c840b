//! `/projects`

mod create;
mod delete;
mod list;
mod update;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use domain::id::ProjectName;
use domain::json;
use domain::outcome::{Reason, Refusal};
use gate::describe::Description;
use gate::storage_failed;
use http::Request;
use serde::de::DeserializeOwned;
use store::ports::Project;
pub(crate) use update::given;

use crate::Query;

pub(crate) fn describe(api: &mut Description) {
    api.tag("projects");
    list::describe(api);
    create::describe(api);
    delete::describe(api);
    update::describe(api);
}

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new().merge(list::route()).merge(create::route()).merge(delete::route()).merge(update::route())
}

/// The project of this name, if it is there and not being deleted.
pub(crate) async fn existing(query: &Query, name: &ProjectName) -> Result<Project, Refusal> {
    let project = query.projects.by_name(name).await.map_err(|error| storage_failed(&error))?;
    project.filter(|project| !project.deleting).ok_or_else(|| unknown(name))
}

fn unknown(name: &ProjectName) -> Refusal {
    let message = format!("there is no project `{name}`: GET /projects lists those there are");
    Refusal::new(Reason::ProjectUnknown, message)
}

/// The body of a request; `form` says what it should be.
pub(crate) async fn parse_body<T: DeserializeOwned>(request: Request<Body>, form: &str) -> Result<T, Refusal> {
    let headers = request.headers().clone();
    let body = gate::read(request).await?;
    let body = gate::unpack(&headers, &body)?;
    let value: json::Value = json::parse(&body)
        .map_err(|error| Refusal::new(Reason::BodyNotJson, format!("the body is {error}: send {form}")))?;
    serde_json::from_value(value)
        .map_err(|error| Refusal::new(Reason::BodyInvalid, format!("the body does not fit: {error}; send {form}")))
}
