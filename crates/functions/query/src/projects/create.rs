//! `POST /projects`

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::Request;
use http_common::describe::Description;
use http_common::{Answer, BaseUrl, StackAdmin};
use model::audit::{AuditAction, AuditEvent};
use model::id::{Key, ProjectId, ProjectName};
use model::outcome::{Reason, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Kind;
use store::ports::{KeyRecord, Role, Scope};

use crate::Query;
use crate::body::parse_body;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("post", "/projects", "createProject", "Creates a project, and a client key for it")
        .body::<NewProjectBody>(json!({ "name": "shop" }))
        .data::<Created>(201, "the project, with its DSN and client key; the key is shown only in this answer")
        .error(Reason::ProjectName, "this is not a valid project name")
        .error(Reason::ProjectExists, "a project of this name already exists");
}

async fn handle(State(query): State<Arc<Query>>, admin: StackAdmin, request: Request<Body>) -> Response {
    query.answer(create(&query, &admin, request)).await
}

/// A project to create.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "ProjectToMake")]
struct NewProjectBody {
    /// 1 to 256 bytes without `/`, `.`, white space and control characters.
    #[schemars(with = "ProjectName")]
    name: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Created {
    project: NewProject,
}

/// A new project, and what its clients need to send events.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NewProject {
    /// Its number, as in the DSN.
    id: ProjectId,
    name: ProjectName,
    /// The DSN for Sentry SDKs.
    dsn: String,
    /// The key that faultline's own clients send as `x-api-key`.
    client_key: String,
}

async fn create(query: &Query, admin: &StackAdmin, request: Request<Body>) -> Answer {
    let base = BaseUrl::from_request(request.headers(), request.extensions());
    let new: NewProjectBody = parse_body(request, "an object with a string `name`").await?;
    let name = http_common::parse_project_name(&new.name)?;
    let project = match query.stores.projects.create(&name, query.clock.now()).await {
        Ok(project) => project,
        Err(error) if error.kind() == Kind::Conflict => {
            let message =
                format!("project `{name}` already exists: choose another name, or create a key for it with POST /keys");
            return Err(Refusal::new(Reason::ProjectExists, message));
        }
        Err(error) => return Err(error.into()),
    };
    let key = Key::from_random(query.clock.random().to_be_bytes());
    let scope = Scope::Project(project.id, name.clone());
    let record = KeyRecord::new(&key, Role::Client, scope, "created with the project", project.created_at);
    query.add_key(admin.caller(), &key, &record).await?;
    let event = AuditEvent::new(AuditAction::ProjectCreated).of(project.id).in_project(&name);
    query.record(admin.caller(), event).await;
    let dsn = base.dsn(key.reveal(), project.id);
    let project = NewProject { id: project.id, name: project.name, dsn, client_key: key.reveal().to_owned() };
    http_common::created_data(Created { project })
}
