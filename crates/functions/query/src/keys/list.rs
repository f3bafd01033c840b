//! `GET /keys?project=&limit=&cursor=`: all keys, or the keys of one project, in the order of their ids.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::Uri;
use http_common::describe::Description;
use http_common::{Admin, Answer, Reach};
use model::id::{KeyId, ProjectName};
use model::outcome::Reason;
use schemars::JsonSchema;
use serde::Serialize;

use super::KeyEntry;
use crate::Query;
use crate::list::{Parameters, refuse_parameter};

/// The most keys per page: one batch read of each table.
const MAX_LISTED_KEYS: usize = 100;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/keys", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", "/keys", "listKeys", "Lists keys, in the order of their ids")
        .description(
            "With an admin key of a project, lists the keys of that project. The secrets themselves are never shown again.",
        )
        .query::<ProjectName>("project", "only keys of this project")
        .limit(MAX_LISTED_KEYS, MAX_LISTED_KEYS)
        .query::<KeyId>("cursor", "`nextCursor` of the previous page")
        .data::<KeysAnswer>(200, "a page of keys")
        .error(Reason::ParameterInvalid, "you are an owner of several projects: name one")
        .error(Reason::ProjectName, "this is not a valid project name")
        .error(Reason::ProjectUnknown, "there is no such project");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Keys")]
struct KeysAnswer {
    #[schemars(length(max = MAX_LISTED_KEYS))]
    keys: Vec<KeyEntry>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<KeyId>,
}

async fn handle(State(query): State<Arc<Query>>, admin: Admin, uri: Uri) -> Response {
    query.answer(list(&query, &admin, &uri)).await
}

/// An admin key of a project sees only the keys of its project. It may not manage keys that are valid in all projects.
async fn list(query: &Query, admin: &Admin, uri: &Uri) -> Answer {
    let parameters = Parameters::parse(uri);
    let limit = parameters.limit(MAX_LISTED_KEYS, MAX_LISTED_KEYS)?;
    let after = parameters.parsed("cursor", KeyId::parse)?;
    let project = match parameters.get("project") {
        None => match admin.reach() {
            Reach::All => None,
            Reach::Projects(own) if own.len() == 1 => own.first().copied(),
            Reach::Projects(_) => return Err(refuse_parameter("project", "name one of your projects")),
        },
        Some(name) => {
            let name = http_common::parse_project_name(name)?;
            Some(admin.load_project(query, &name).await?.id)
        }
    };
    let page = query.stores.key_ring.list(project, after, limit).await?;
    let now = query.clock.now();
    let live = page.items.iter().filter(|(_, key)| !key.has_expired(now)).collect::<Vec<_>>();
    let ids = live.iter().map(|(hash, _)| hash.id()).collect::<Vec<_>>();
    let last_uses = query.stores.key_uses.last_uses(&ids).await?;
    let keys = live.iter().map(|(hash, key)| KeyEntry::new(hash, key, last_uses.get(&hash.id()).copied())).collect();
    http_common::data(KeysAnswer { keys, next_cursor: page.next })
}
