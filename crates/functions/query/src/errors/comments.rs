//! `POST …/errors/{message}/comments` and `DELETE …/comments/{id}`. The error's history lists the comments.

use axum::body::Body;
use http::Request;
use http_common::{Answer, TriagedProject};
use model::error::history::{Action, Actor, EntryId, HistoryEntry as RecordedEntry, MAX_COMMENT};
use model::outcome::{Reason, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::history::HistoryEntry;
use crate::Query;
use crate::body::parse_body;
use crate::lookup::{find_error, refuse_unknown};

/// A comment on an error.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Comment")]
pub(super) struct CommentBody {
    #[schemars(length(min = 1, max = MAX_COMMENT))]
    text: String,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct AddedComment<'a> {
    comment: HistoryEntry<'a>,
}

const FORM: &str = "an object with `text`";

pub(super) async fn add(query: &Query, project: &TriagedProject, message: &str, request: Request<Body>) -> Answer {
    let CommentBody { text } = parse_body(request, FORM).await?;
    if !(1..=MAX_COMMENT).contains(&text.len()) {
        let message = format!("`text` must have 1 to {MAX_COMMENT} bytes (got {})", text.len());
        return Err(Refusal::new(Reason::BodyInvalid, message).at(["text"]));
    }
    let error = find_error(query, project, message).await?;
    let comment = query.new_entry(Action::Commented { text }, project.actor());
    match query.stores.history.add_entry(&error, &comment).await? {
        true => http_common::created_data(AddedComment { comment: HistoryEntry::new(&comment) }),
        false => Err(refuse_unknown(project, message)),
    }
}

/// Deletes a comment: members their own, admins any. The history keeps an entry that a comment was deleted.
pub(super) async fn remove(query: &Query, project: &TriagedProject, message: &str, id: &str) -> Answer {
    let unknown = || {
        let message =
            format!("this error has no comment `{}`: its history lists them", http_common::decode_segment(id));
        Refusal::new(Reason::CommentUnknown, message)
    };
    let id = EntryId::parse(id).map_err(|_| unknown())?;
    let error = find_error(query, project, message).await?;
    let found = query.stores.history.entry(project.id, &error.uid, &id).await?;
    let found = found.filter(|found| matches!(found.action, Action::Commented { .. })).ok_or_else(unknown)?;
    if !found.by.is_same(&project.actor()) {
        project.administer()?;
    }
    let deleted = query.new_entry(Action::CommentDeleted, project.actor());
    match query.stores.history.replace_entry(&error, &id, &deleted).await? {
        true => http_common::no_content(),
        false => Err(unknown()),
    }
}

impl Query {
    fn new_entry(&self, action: Action, by: Actor) -> RecordedEntry {
        let at = self.clock.now();
        RecordedEntry { id: EntryId::new(at, 0, self.clock.random()), at, by, action }
    }
}
