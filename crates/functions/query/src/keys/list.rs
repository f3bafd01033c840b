//! `GET /keys?project=&limit=&cursor=`: all keys, or those of one project, in the order of their ids.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::Request;
use http_common::Answer;
use http_common::describe::Description;
use model::id::{KeyId, ProjectName};
use model::outcome::Reason;
use schemars::JsonSchema;
use serde::Serialize;
use store::ports::Scope;

use super::KeyEntry;
use crate::Query;
use crate::list::Parameters;
use crate::projects::existing;

/// The most keys of a page: what one batch read of the table returns.
const LIMIT: usize = 100;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/keys", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", "/keys", "listKeys", "Lists keys, in the order of their ids")
        .says("An admin key of one project is shown the keys of that project. No key itself is ever shown again.")
        .query::<ProjectName>("project", "only keys of this project")
        .limit(LIMIT, LIMIT)
        .query::<KeyId>("cursor", "`nextCursor` of the page before")
        .data::<Keys>(200, "a page of keys")
        .refuses(Reason::ProjectName, "this can be no project's name")
        .refuses(Reason::ProjectUnknown, "there is no such project");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Keys {
    #[schemars(length(max = LIMIT))]
    keys: Vec<KeyEntry>,
    /// What the next page is asked for with; none at the end.
    next_cursor: Option<KeyId>,
}

async fn handle(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(list(&query, request)).await
}

/// An admin of a project is shown those of the project; keys that are good in all of them are not its to give out.
async fn list(query: &Query, request: Request<Body>) -> Answer {
    let caller = query.gate.caller_in(&request).await?;
    let own = match caller.administers()? {
        Scope::All => None,
        Scope::Project(project, _) => Some(*project),
    };
    let parameters = Parameters::of(request.uri());
    let limit = parameters.limit(LIMIT, LIMIT)?;
    let after = parameters.parsed("cursor", KeyId::parse)?;
    let of = match parameters.get("project") {
        None => own,
        Some(name) => {
            let name = http_common::project_named(name)?;
            caller.administers()?;
            let project = existing(query, &caller, &name).await?;
            caller.admin_of_id(project.id)?;
            Some(project.id)
        }
    };
    let page = query.keys.list(of, after, limit).await?;
    let now = query.clock.now();
    let live = page.items.iter().filter(|(_, key)| !key.has_expired(now));
    let keys = live.map(|(hash, key)| KeyEntry::of(hash, key)).collect();
    http_common::data(Keys { keys, next_cursor: page.next })
}
