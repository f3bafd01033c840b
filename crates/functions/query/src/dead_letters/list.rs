//! `GET /dead-letters`: lists dead letters and why they failed. Their contents are never shown: they are not scrubbed
//! yet.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use formats::inbox::{self, Message, Text};
use formats::inbox::{Addressee, PayloadKind};
use http::Uri;
use http_common::describe::Description;
use http_common::{Answer, StackAdmin};
use model::id::EventId;
use model::time::Timestamp;
use protocol::json_api::MAX_ERRORS;
use schemars::JsonSchema;
use serde::Serialize;
use store::ports::{DeadLetter, Noted};

use super::MAX_LETTERS_READ;
use crate::Query;
use crate::list::Parameters;

/// The default number of dead letters in an answer.
const DEFAULT_LETTERS: usize = 100;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/dead-letters", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", "/dead-letters", "listDeadLetters", "Lists dead letters, and why they failed")
        .description("In no particular order. The queue shows a message to one reader at a time, so two concurrent requests may each see only a part.")
        .limit(DEFAULT_LETTERS, MAX_LETTERS_READ)
        .data::<LettersAnswer>(200, "the dead letters, without their contents, which are not scrubbed yet");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct LettersAnswer {
    #[schemars(length(max = MAX_LETTERS_READ))]
    dead_letters: Vec<LetterEntry>,
}

async fn handle(State(query): State<Arc<Query>>, _: StackAdmin, uri: Uri) -> Response {
    query.answer(list(&query, &uri)).await
}

async fn list(query: &Query, uri: &Uri) -> Answer {
    let limit = Parameters::parse(uri).limit(DEFAULT_LETTERS, MAX_LETTERS_READ)?;
    let letters = query.dead_letters.list(limit).await?;
    let ids: Vec<_> = letters.iter().map(|letter| letter.id.clone()).collect();
    let noted = query.stores.failures.failures(&ids).await?;
    let dead_letters = letters.iter().map(|letter| LetterEntry::new(letter, noted.get(&letter.id))).collect();
    http_common::data(LettersAnswer { dead_letters })
}

/// A dead letter: its header, or why it cannot be read, and why processing failed. The reason is missing if the
/// processor ran out of capacity or time, or if its process died.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DeadLetter")]
struct LetterEntry {
    id: String,
    sent_at: Timestamp,
    /// The size of the message in bytes, as it is queued.
    bytes: usize,
    /// Why it failed; null if the reason is unknown.
    reason: Option<String>,
    /// When it last failed.
    failed_at: Option<Timestamp>,
    /// The S3 key of its contents, if they were too large for the queue. The fields below are missing then.
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<String>,
    #[serde(flatten)]
    header: Option<LetterHeader>,
    /// Why the message itself cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

/// The header of the message, written when it was accepted.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct LetterHeader {
    /// The project's number, or its name.
    project: Addressee,
    /// The kind of client.
    source: PayloadKind,
    received_at: Timestamp,
    #[schemars(length(max = MAX_ERRORS))]
    event_ids: Vec<EventId>,
}

impl LetterEntry {
    fn new(letter: &DeadLetter, noted: Option<&Noted>) -> Self {
        let mut entry = Self {
            id: letter.id.clone(),
            sent_at: letter.sent_at,
            bytes: letter.text.len(),
            reason: noted.map(|noted| noted.reason.clone()),
            failed_at: noted.map(|noted| noted.at),
            claim: None,
            header: None,
            unreadable: None,
        };
        let message = match inbox::form(&letter.text) {
            Ok(Text::ClaimCheck(key)) => {
                entry.claim = Some(key.to_owned());
                return entry;
            }
            Ok(Text::Inline(body)) => inbox::packed(body).and_then(|packed| Message::unpack(&packed)),
            Err(error) => Err(error),
        };
        match message {
            Ok(Message { header, .. }) => {
                let inbox::Header { project, source, received_at, event_ids, .. } = header;
                entry.header = Some(LetterHeader { project, source, received_at, event_ids });
            }
            Err(error) => entry.unreadable = Some(error.to_string()),
        }
        entry
    }
}
