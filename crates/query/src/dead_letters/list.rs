//! `GET /dead-letters`: what is known of each and why it failed, but never what it holds: it is not scrubbed yet.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use domain::inbox::{self, Header, Message, Text};
use gate::{Answer, storage_failed};
use http::Request;
use serde_json::{Value, json};
use store::ports::{DeadLetter, Noted};

use super::LIMIT;
use crate::Query;
use crate::list::Parameters;

/// How many letters are listed if nothing is said.
const DEFAULT: usize = 100;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/dead-letters", get(handle))
}

async fn handle(State(query): State<Arc<Query>>, request: Request<Body>) -> Response {
    query.answer(list(&query, request)).await
}

async fn list(query: &Query, request: Request<Body>) -> Answer {
    query.gate.caller(request.headers()).await?.admin()?;
    let limit = Parameters::of(request.uri()).limit(DEFAULT, LIMIT)?;
    let letters = query.dead_letters.list(limit).await.map_err(|error| storage_failed(&error))?;
    let ids: Vec<_> = letters.iter().map(|letter| letter.id.clone()).collect();
    let noted = query.failures.failures(&ids).await.map_err(|error| storage_failed(&error))?;
    let entries = letters.iter().map(|letter| entry(letter, noted.get(&letter.id)));
    gate::data(json!({ "deadLetters": entries.collect::<Vec<_>>() }))
}

/// A letter as an entry: whose events it brings, or what is wrong with it; and why digest failed, unless that was for
/// want of capacity or time, or its process died of it.
fn entry(letter: &DeadLetter, noted: Option<&Noted>) -> Value {
    let mut entry = json!({ "id": letter.id, "sentAt": letter.sent_at, "bytes": letter.text.len() });
    entry["reason"] = json!(noted.map(|noted| &noted.reason));
    entry["failedAt"] = json!(noted.map(|noted| noted.at));
    let header = match inbox::form(&letter.text) {
        Ok(Text::Claim(key)) => {
            entry["claim"] = key.into();
            return entry;
        }
        Ok(Text::Inline(body)) => inbox::packed(body).and_then(|packed| Message::unpack(&packed)),
        Err(error) => Err(error),
    };
    match header {
        Ok(Message { header: Header { project, source, received_at, event_ids, .. }, .. }) => {
            entry["project"] = json!(project);
            entry["source"] = json!(source);
            entry["receivedAt"] = json!(received_at);
            entry["eventIds"] = json!(event_ids);
        }
        Err(error) => entry["unreadable"] = error.to_string().into(),
    }
    entry
}
