//! `GET …/errors/{message}/history`: who did what to an error, and what people said about it, newest first.

use domain::error::history::{Entry, EntryId};
use gate::{Answer, storage_failed};
use http::Uri;
use serde_json::{Value, json};
use store::ports::Project;

use super::named;
use crate::Query;
use crate::list::Parameters;

const DEFAULT: usize = 50;
/// Each may be a comment of 10,000 bytes.
const MOST: usize = 100;

pub(super) async fn list(query: &Query, project: &Project, message: &str, uri: &Uri) -> Answer {
    let parameters = Parameters::of(uri);
    let limit = parameters.limit(DEFAULT, MOST)?;
    let cursor = parameters.parsed("cursor", EntryId::parse)?;
    let error = named(query, project, message).await?;
    let page = query.history.history(project.id, &error.uid, cursor.as_ref(), limit).await;
    let page = page.map_err(|error| storage_failed(&error))?;
    let history: Vec<Value> = page.items.iter().map(entry).collect();
    gate::data(json!({ "history": history, "nextCursor": page.next }))
}

/// An entry: `what` was done, with what belongs to it beside it.
pub(super) fn entry(entry: &Entry) -> Value {
    let mut shown = json!(entry.action);
    shown["id"] = json!(entry.id);
    shown["at"] = json!(entry.at);
    shown["by"] = json!(entry.by);
    shown
}
