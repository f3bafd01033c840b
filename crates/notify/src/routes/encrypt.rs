//! `POST /encrypt`: v1's way to seal a notification config, for clients that others can look into.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use domain::notify::posted;
use domain::outcome::{Reason, Refusal};
use gate::describe::Description;
use gate::{Answer, storage_failed};
use http::Request;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use store::ports::FOREIGN_LIMIT;

use super::{Routes, body};

pub(super) fn route() -> Router<Arc<Routes>> {
    Router::new().route("/encrypt", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.tag("notifications");
    let config = json!({ "type": "object", "required": ["type"], "properties": { "type": { "enum": ["slack", "github", "gitlab"] } } });
    let example = json!({ "type": "slack", "endpoint": "https://hooks.slack.com/services/T/B/x", "threshold": 10 });
    api.operation("post", "/encrypt", "encryptConfig", "Seals a notification config that clients post")
        .says("For configs that stand where others can look, as in a page. Whoever may post can use the answer.")
        .body_as("application/json", config, example)
        .data::<Encrypted>(201, "what is posted in the config's place")
        .refuses(Reason::SealingKeyMissing, "the stack has no key to seal with");
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Encrypted {
    encrypted: String,
}

async fn handle(State(routes): State<Arc<Routes>>, request: Request<Body>) -> Response {
    routes.answer(encrypt(&routes, request)).await
}

/// Whoever may post can use what is answered, in every project: so only admins of all may make it.
async fn encrypt(routes: &Routes, request: Request<Body>) -> Answer {
    routes.gate.caller_in(&request).await?.admin()?;
    let sealer = routes.sealer()?;
    let config = body::read(request, FOREIGN_LIMIT, "one notification config, an object with a `type`").await?;
    posted::rule(&config, 0).map_err(of_the_body)?;
    let encrypted = sealer.encrypt_foreign(config.to_string().as_bytes()).await;
    let encrypted = encrypted.map_err(|error| storage_failed(&error))?;
    gate::created_data(Encrypted { encrypted })
}

/// What is wrong with a config of a post, as what is wrong with a body that is the config.
fn of_the_body(refusal: Refusal) -> Refusal {
    let path = match refusal.path.as_slice() {
        [list, _, path @ ..] if list == "notifications" => path.to_vec(),
        path => path.to_vec(),
    };
    Refusal { reason: Reason::BodyInvalid, path, ..refusal }
}
