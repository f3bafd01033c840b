//! `POST /keys`: creates a key, which is shown only in this answer.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::Request;
use http_common::describe::Description;
use http_common::{Admin, Answer, BaseUrl};
use model::audit::AuditAction;
use model::id::ProjectName;
use model::outcome::{Reason, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::ports::{KeyRecord, Role, Scope};

use super::{KeyEntry, MAX_NAME, NAME_PATTERN, NewKey, check_name, check_scope};
use crate::Query;
use crate::body::parse_body;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/keys", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("post", "/keys", "createKey", "Creates a key")
        .description("An admin key of a project can create keys of that project only. An upload key is always for one project; its \
             text is a token that sentry-cli and the bundler plugins take as `SENTRY_AUTH_TOKEN`.")
        .body::<KeyToMake>(json!({ "role": "read", "project": "shop", "name": "dashboard" }))
        .data::<CreatedKey>(201, "the new key, which is shown only in this answer")
        .error(Reason::ProjectUnknown, "there is no such project");
}

async fn handle(State(query): State<Arc<Query>>, admin: Admin, request: Request<Body>) -> Response {
    let base = BaseUrl::from_request(request.headers(), request.extensions());
    query.answer(create(&query, &admin, &base, request)).await
}

/// A key to create.
#[derive(Deserialize, JsonSchema)]
#[schemars(extend("anyOf" = [
    { "properties": { "role": { "not": { "const": "upload" } } } },
    { "properties": { "project": { "type": "string" } }, "required": ["project"] },
]))]
struct KeyToMake {
    /// What the key may do.
    #[schemars(with = "Role")]
    role: String,
    /// A name for the key, such as what it is used for.
    #[schemars(length(max = MAX_NAME), regex(pattern = NAME_PATTERN))]
    name: Option<String>,
    /// The project that the key is for. Without it, the key is valid in all projects; an upload key needs one.
    #[schemars(with = "Option<ProjectName>")]
    project: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct CreatedKey {
    key: NewKey,
}

async fn create(query: &Query, admin: &Admin, base: &BaseUrl, request: Request<Body>) -> Answer {
    let form =
        "an object with `role` (`client`, `read`, `upload`, `member` or `admin`), and optionally `name` and `project`";
    let KeyToMake { role, name, project } = parse_body(request, form).await?;
    let unknown = || {
        let message = format!("`{role}` is not a role: use `client`, `read`, `upload`, `member` or `admin`");
        Refusal::new(Reason::BodyInvalid, message).at(["role"])
    };
    let (role, name) = (Role::parse(&role).ok_or_else(unknown)?, name.unwrap_or_default());
    check_name(&name)?;
    let scope = match project {
        None => Scope::All,
        Some(name) => {
            let name = http_common::parse_project_name(&name)?;
            let project = admin.load_project(query, &name).await?;
            Scope::Project(project.id, project.name.clone())
        }
    };
    check_scope(admin.caller(), &scope)?;

    if role == Role::Upload && scope == Scope::All {
        let message = "an upload key is for one project: add `project`";
        return Err(Refusal::new(Reason::BodyInvalid, message).at(["project"]));
    }
    let key = query.new_key(role, base)?;
    let record = KeyRecord::new(&key, role, scope, name, query.clock.now());
    query.add_key(admin.caller(), &key, &record).await?;
    let entry = KeyEntry::new(&key.hash(), &record, None);
    query.record_key(admin.caller(), AuditAction::KeyCreated, &Value::Null, &entry).await;
    http_common::created_data(CreatedKey { key: NewKey::new(&key, &record) })
}
