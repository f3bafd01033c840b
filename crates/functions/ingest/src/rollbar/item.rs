//! `POST /api/1/item/`: one item. The `1` is a version; the project is that of the key.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use formats::inbox::{Header, Message};
use http::Request;
use http_common::Answer;
use http_common::describe::Description;
use model::id::EventId;
use model::occurrence::Source;
use model::outcome::Reason;
use protocol::rollbar::{RollbarItem, find_token};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::{Ingest, accept};

pub(super) fn route() -> Router<Arc<Ingest>> {
    Router::new().route("/api/1/item", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    let item = json!({ "type": "object", "required": ["data"], "properties": {
        "access_token": { "description": "a client key, if the header has none" },
        "data": { "type": "object", "required": ["body"], "properties": { "body": { "type": "object" } } },
    } });
    let example = json!({ "data": { "level": "error", "body": { "message": { "body": "cart is empty" } } } });
    api.operation("post", "/api/1/item", "postRollbarItem", "Sends an item of a client of Rollbar")
        .for_clients(&["rollbarToken"])
        .description("The project is that of the key. The body is JSON, whatever its content type says, with up to 1 MiB of data.")
        .body_as("application/json", item, example)
        .response::<ItemReceipt>(200, "the item is durable; it appears in lists a few seconds later")
        .error(Reason::ItemTooLarge, "the item is too large")
        .error(Reason::OriginNotAllowed, "the project does not accept events from pages of this origin")
        .error(Reason::RateLimited, "the project has reached its limit of events per minute")
        .error(Reason::QuotaExceeded, "the project has reached its limit of events for this month");
}

async fn handle(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    ingest.answer(take(&ingest, request)).await
}

async fn take(ingest: &Ingest, request: Request<Body>) -> Answer {
    let client_ip = accept::find_client_ip(request.extensions());
    let trace = accept::find_trace(request.headers());
    let (client, body) = ingest.read_from_client(request, "x-rollbar-access-token", find_token).await?;
    let RollbarItem { event_id, data } = RollbarItem::parse(&body)?;
    let id = event_id.unwrap_or_else(|| ingest.make_event_id());
    let header = Header {
        client_ip,
        key: client.caller.key(),
        trace,
        ..Header::new(Source::Rollbar, client.project, ingest.clock.now(), vec![id])
    };
    ingest.accept(&Message { header, payload: data }).await?;
    http_common::ok(&ItemReceipt { err: 0, result: ItemResult { id: None, uuid: id } })
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RollbarReceipt")]
struct ItemReceipt {
    /// 0, which says that the item was accepted.
    err: u8,
    result: ItemResult,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct ItemResult {
    /// Always `null`: Rollbar's numbers of occurrences have no equivalent.
    id: Option<u64>,
    /// The id of the stored event.
    uuid: EventId,
}
