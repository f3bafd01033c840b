//! `POST /encrypt`: seals a notification config, as in v1, for clients whose code others can read.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::Request;
use http_common::describe::Description;
use http_common::{Admin, Answer};
use model::id::ProjectName;
use model::outcome::{Reason, Refusal};
use rules::posted;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use store::ports::FOREIGN_LIMIT;

use super::{Routes, body};

pub(super) fn route() -> Router<Arc<Routes>> {
    Router::new().route("/encrypt", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.tag("notifications");
    let config = json!({ "type": "object", "required": ["type"], "properties": { "type": { "enum": ["slack", "github", "gitlab"] } } });
    let example = json!({ "type": "slack", "endpoint": "https://hooks.slack.com/services/T/B/x", "threshold": 10 });
    api.operation("post", "/encrypt", "encryptConfig", "Seals a notification config for clients to post")
        .description("For configs that others can read, as in the source of a web page. Anyone with a client key can post the answer: with `project` in that project only, otherwise in all projects.")
        .parameter("query", "project", "the only project in which the answer can be used", json!({ "type": "string" }))
        .body_as("application/json", config, example)
        .data::<Encrypted>(201, "the text to post in place of the config")
        .error(Reason::ProjectUnknown, "there is no such project")
        .error(Reason::SealingKeyMissing, "the stack has no key to seal with");
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Encrypted {
    encrypted: String,
}

async fn handle(State(routes): State<Arc<Routes>>, request: Request<Body>) -> Response {
    routes.answer(encrypt(&routes, request)).await
}

/// Seals a config. Anyone with a client key can post the answer: in the named project or, if none is named, in every
/// project. Only admins of the whole stack may create the latter.
async fn encrypt(routes: &Routes, request: Request<Body>) -> Answer {
    let caller = routes.authenticator.authenticate(&request).await?;
    let project = http_common::parse_query(request.uri().query()).into_iter().find(|(name, _)| name == "project");
    let project = match project {
        None => None,
        Some((_, name)) => {
            Some(ProjectName::parse(&name).map_err(|error| Refusal::new(Reason::ProjectName, error.to_string()))?)
        }
    };
    match &project {
        None => caller.check_stack_admin()?,
        Some(name) => drop(Admin::check(caller)?.load_project(routes, name).await?),
    }
    let sealer = routes.sealer()?;
    let mut config = body::read(request, FOREIGN_LIMIT, "one notification config, an object with a `type`").await?;
    posted::rule(&config, 0).map_err(of_the_body)?;
    config = posted::only_known(&config);
    if let (Some(name), Value::Object(config)) = (&project, &mut config) {
        config.insert(posted::PROJECT.to_owned(), name.as_str().into());
    }
    let encrypted = sealer.encrypt_foreign(config.to_string().as_bytes()).await?;
    http_common::created_data(Encrypted { encrypted })
}

/// Converts a refusal of a posted config to a refusal of a body that consists of the config.
fn of_the_body(refusal: Refusal) -> Refusal {
    let path = match refusal.path.as_slice() {
        [list, _, path @ ..] if list == "notifications" => path.to_vec(),
        path => path.to_vec(),
    };
    Refusal { reason: Reason::BodyInvalid, path, ..refusal }
}
