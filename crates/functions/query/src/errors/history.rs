//! `GET …/errors/{message}/history`: the changes of an error and the comments on it, newest first.

use http::Uri;
use http_common::{Answer, ReadableProject};
use model::error::history::{Action, Actor, EntryId, HistoryEntry as RecordedEntry};
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::Query;
use crate::list::Parameters;
use crate::lookup::find_error;

pub(super) const DEFAULT_ENTRIES: usize = 50;
/// The most entries per page. Each may be a comment of 10,000 bytes.
pub(super) const MAX_LISTED_ENTRIES: usize = 100;

pub(super) async fn list(query: &Query, project: &ReadableProject, message: &str, uri: &Uri) -> Answer {
    let parameters = Parameters::parse(uri);
    let limit = parameters.limit(DEFAULT_ENTRIES, MAX_LISTED_ENTRIES)?;
    let cursor = parameters.parsed("cursor", EntryId::parse)?;
    let error = find_error(query, project, message).await?;
    let page = query.stores.history.history(project.id, &error.uid, cursor.as_ref(), limit).await?;
    http_common::data(HistoryAnswer {
        history: page.items.iter().map(HistoryEntry::new).collect(),
        next_cursor: page.next,
    })
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub(super) struct HistoryAnswer<'a> {
    #[schemars(length(max = MAX_LISTED_ENTRIES))]
    history: Vec<HistoryEntry<'a>>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<EntryId>,
}

/// An entry of the history. `what` names the action; the other keys depend on it.
#[derive(Serialize, JsonSchema)]
pub(super) struct HistoryEntry<'a> {
    id: EntryId,
    at: Timestamp,
    by: &'a Actor,
    #[serde(flatten)]
    action: &'a Action,
}

impl<'a> HistoryEntry<'a> {
    pub(super) fn new(entry: &'a RecordedEntry) -> Self {
        Self { id: entry.id, at: entry.at, by: &entry.by, action: &entry.action }
    }
}
