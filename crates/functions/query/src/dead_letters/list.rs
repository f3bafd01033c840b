//! `GET /dead-letters`: what is known of each and why it failed, but never what it holds: it is not scrubbed yet.

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

/// How many letters are listed if nothing is said.
const DEFAULT_LETTERS: usize = 100;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/dead-letters", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", "/dead-letters", "listDeadLetters", "Lists what could not be processed, and why")
        .description("In any order. The queue lends a letter to one reader at a time: two at once may each see a part.")
        .limit(DEFAULT_LETTERS, MAX_LETTERS_READ)
        .data::<LettersAnswer>(200, "the letters, without what they hold, which is not scrubbed yet");
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

/// A letter as an entry: whose events it brings, or what is wrong with it; and why the processor failed, unless that was for
/// want of capacity or time, or its process died of it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "DeadLetter")]
struct LetterEntry {
    id: String,
    sent_at: Timestamp,
    /// How large it is, packed.
    bytes: usize,
    /// Why it failed; null if that is not known.
    reason: Option<String>,
    /// When it failed, the last time.
    failed_at: Option<Timestamp>,
    /// Where its contents lie in the bucket, if they were too large for the queue: then nothing more is known of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<String>,
    #[serde(flatten)]
    header: Option<LetterHeader>,
    /// Why the letter itself cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<String>,
}

/// What ingest knew of a letter.
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
