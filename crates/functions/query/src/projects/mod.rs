//! `/projects`

mod create;
mod delete;
mod list;
mod show;
mod update;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Request, Uri};
use http_common::Caller;
use http_common::describe::Description;
use model::id::ProjectName;
use model::json;
use model::outcome::{Reason, Refusal};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use serde_json::json;
use store::ports::Project;
pub(crate) use update::given;

use crate::Query;

pub(crate) fn describe(api: &mut Description) {
    api.tag("projects");
    list::describe(api);
    show::describe(api);
    create::describe(api);
    delete::describe(api);
    update::describe(api);
}

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new()
        .merge(list::route())
        .merge(show::route())
        .merge(create::route())
        .merge(delete::route())
        .merge(update::route())
}

/// The project of this name, if it is there and not being deleted, and the caller may at least read it.
pub(crate) async fn existing(query: &Query, caller: &Caller, name: &ProjectName) -> Result<Project, Refusal> {
    let project = query.projects.by_name(name).await?;
    let Some(project) = project.filter(|project| !project.deleting) else {
        caller.may_miss(name)?;
        return Err(unknown(name));
    };
    caller.reader_of_id(project.id)?;
    if project.name != *name {
        return Err(renamed(name, &project));
    }
    Ok(project)
}

/// The refusal of a name that a project had before.
fn renamed(name: &ProjectName, project: &Project) -> Refusal {
    let message = format!("the project `{name}` is named `{}` now: ask by that name", project.name);
    Refusal { renamed_to: Some(project.name.to_string()), ..Refusal::new(Reason::ProjectRenamed, message) }
}

/// The project that a path names, to somebody who may read it.
pub(crate) async fn readable(query: &Query, caller: &Caller, uri: &Uri) -> Result<Project, Refusal> {
    let name = http_common::project_in(uri.path())?;
    caller.reads()?;
    existing(query, caller, &name).await
}

fn unknown(name: &ProjectName) -> Refusal {
    let message = format!("there is no project `{name}`: GET /projects lists those there are");
    Refusal::new(Reason::ProjectUnknown, message)
}

/// The body of a request; `form` says what it should be.
pub(crate) async fn parse_body<T: DeserializeOwned>(request: Request<Body>, form: &str) -> Result<T, Refusal> {
    let body = http_common::read_unpacked(request).await?;
    let mut value: json::Value = json::parse(&body)
        .map_err(|error| Refusal::new(Reason::BodyNotJson, format!("the body is {error}: send {form}")))?;
    if !value.is_object() {
        return Err(Refusal::new(Reason::BodyInvalid, format!("the body is no object: send {form}")));
    }
    whole(&mut value);
    serde_json::from_value(value)
        .map_err(|error| Refusal::new(Reason::BodyInvalid, format!("the body does not fit: {error}; send {form}")))
}

/// Makes whole numbers of those that are, as `30.0`, which JSON Schema takes for an integer and serde does not.
fn whole(value: &mut json::Value) {
    match value {
        json::Value::Number(number) => {
            let float = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0);
            // Beyond 2^53 not all whole numbers are floats.
            if let Some(float) = float.filter(|float| float.abs() <= 9_007_199_254_740_992.0) {
                *number = (float as i64).into();
            }
        }
        json::Value::Array(list) => list.iter_mut().for_each(whole),
        json::Value::Object(map) => map.values_mut().for_each(whole),
        _ => {}
    }
}

/// An object or null. What serde derives would take a list of its values, too.
pub(crate) fn object<'de, D: Deserializer<'de>, T: DeserializeOwned>(value: D) -> Result<Option<T>, D::Error> {
    match json::Value::deserialize(value)? {
        json::Value::Null => Ok(None),
        value @ json::Value::Object(_) => serde_json::from_value(value).map(Some).map_err(D::Error::custom),
        _ => Err(D::Error::custom("what is to be an object is none")),
    }
}

/// Alternatives of a schema: that one of these keys is there, and not null; or one of `nullable`.
pub(crate) fn some_of(keys: &[&str], nullable: &[&str]) -> serde_json::Value {
    let there = |key: &&str| json!({ "required": [key], "properties": { *key: { "not": { "type": "null" } } } });
    keys.iter().map(there).chain(nullable.iter().map(|key| json!({ "required": [key] }))).collect()
}
