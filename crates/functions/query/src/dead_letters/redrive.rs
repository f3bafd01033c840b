//! `POST /dead-letters/redrive`: puts dead letters back into the inbox, after a fix.

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
use model::audit::{AuditAction, AuditEvent};
use model::outcome::{Reason, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::ports::MoveProgress;

use super::MAX_LETTERS_READ;
use crate::Query;
use crate::body::parse_body;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/dead-letters/redrive", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("post", "/dead-letters/redrive", "redriveDeadLetters", "Puts dead letters back into the inbox")
        .description(
            "Use it after a fix. Without `ids` the queue moves all its messages. If that takes more than a few seconds, it goes on \
             after the answer; send the request again to see how far it is. With `ids`, at most 1,000 dead letters are read. Events \
             that were already counted are not counted again.",
        )
        .body::<WhichDeadLetters>(json!({}))
        .data::<Redriven>(200, "how many were redriven")
        .error(Reason::NotImplemented, "the function may not write to the inbox: in AWS only `redrive` may");
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Redriven {
    /// The number of dead letters that were put back into the inbox.
    redriven: u64,
    /// Whether the queue is still moving more of them.
    running: bool,
}

async fn handle(State(query): State<Arc<Query>>, admin: StackAdmin, request: Request<Body>) -> Response {
    query.answer(redrive(&query, &admin, request)).await
}

/// The dead letters to redrive.
#[derive(Deserialize, JsonSchema)]
struct WhichDeadLetters {
    /// Their ids; all dead letters if missing.
    #[schemars(with = "Option<Vec<String>>")]
    ids: Option<HashSet<String>>,
}

async fn redrive(query: &Query, admin: &StackAdmin, request: Request<Body>) -> Answer {
    if !query.dead_letters.can_redrive() {
        let message = "this function may not write to the inbox: in AWS the function `redrive` answers this route";
        return Err(Refusal::new(Reason::NotImplemented, message));
    }
    let WhichDeadLetters { ids } =
        parse_body(request, "an object, optionally with `ids`: [ids of dead letters]").await?;
    let done = match ids {
        Some(ids) => {
            let redriven = query.dead_letters.redrive(&ids, MAX_LETTERS_READ).await?;
            Redriven { redriven, running: false }
        }
        None => {
            let MoveProgress { moved, is_running } = query.dead_letters.redrive_all().await?;
            Redriven { redriven: moved, running: is_running }
        }
    };
    query.record(admin.caller(), AuditEvent::new(AuditAction::DeadLettersRedriven)).await;
    http_common::data(done)
}
