//! `POST /dead-letters/redrive`: back into the inbox, after a fix.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::Request;
use http_common::describe::Description;
use http_common::{Answer, StackAdmin};
use model::outcome::{Reason, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::MAX_LETTERS_READ;
use crate::Query;
use crate::body::parse_body;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/dead-letters/redrive", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("post", "/dead-letters/redrive", "redriveDeadLetters", "Puts dead letters back into the inbox")
        .description(
            "After a fix. Looks at some thousand letters; events that were counted before are not counted again.",
        )
        .body::<WhichDeadLetters>(json!({}))
        .data::<Redriven>(200, "how many are in the inbox again")
        .error(Reason::NotImplemented, "in AWS query may not write into the inbox: the message says what to do there");
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Redriven {
    /// How many letters.
    redriven: usize,
}

async fn handle(State(query): State<Arc<Query>>, _: StackAdmin, request: Request<Body>) -> Response {
    query.answer(redrive(&query, request)).await
}

/// Which dead letters are meant.
#[derive(Deserialize, JsonSchema)]
struct WhichDeadLetters {
    /// Their ids; without, all are meant.
    #[schemars(with = "Option<Vec<String>>")]
    ids: Option<HashSet<String>>,
}

async fn redrive(query: &Query, request: Request<Body>) -> Answer {
    if !query.dead_letters.can_redrive() {
        let message = "query may not write into this deployment's inbox: `aws sqs start-message-move-task --source-arn \
                       ARN` redrives, with the ARN among the stack's outputs";
        return Err(Refusal::new(Reason::NotImplemented, message));
    }
    let WhichDeadLetters { ids } =
        parse_body(request, "an object, with `ids`: [ids of dead letters] if not all are meant").await?;
    let moved = query.dead_letters.redrive(ids.as_ref(), MAX_LETTERS_READ).await?;
    http_common::data(Redriven { redriven: moved })
}
