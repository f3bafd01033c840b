//! Errors in the answers of tools that list them.

use std::collections::BTreeMap;

use briefing::{inline, plain};
use model::error::Status;
use model::occurrence::Level;
use model::time::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::mcp::api::Api;
use crate::mcp::failure::ToolFailure;
use crate::mcp::tool::{MAX_ANSWER_BYTES, ToolAnswer};

/// The longest message and the longest name of a row, in bytes.
const LONG: usize = 200;
const SHORT: usize = 80;

/// An error, as the API lists it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListedError {
    pub(super) project: String,
    pub(super) fingerprint: String,
    #[serde(rename = "type")]
    kind: String,
    message: String,
    culprit: Option<String>,
    platform: String,
    level: Level,
    status: Status,
    count: u64,
    users: u64,
    pub(super) first_seen: Timestamp,
    last_seen: Timestamp,
    muted_until: Option<Timestamp>,
    resolution: Option<ListedResolution>,
    pub(super) regression: Option<ListedRegression>,
    assignee: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ListedResolution {
    after: String,
}

/// The last regression of an error.
#[derive(Debug, Deserialize)]
pub(super) struct ListedRegression {
    pub(super) at: Timestamp,
    release: Option<String>,
}

/// A page of errors, as the API returns it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListedErrors {
    pub(super) errors: Vec<ListedError>,
    #[serde(default)]
    pub(super) uncertain: Vec<ListedError>,
    pub(super) next_cursor: Option<String>,
}

impl ListedError {
    /// The facts from faultline.
    pub(super) fn facts(&self, api: &Api) -> Value {
        let mut facts = json!({
            "fingerprint": self.fingerprint,
            "status": self.status,
            "level": self.level,
            "occurrences": self.count,
            "users": self.users,
            "firstSeen": self.first_seen,
            "lastSeen": self.last_seen,
            "page": api.page(&self.project, &self.fingerprint),
        });
        if let Some(until) = self.muted_until {
            facts["mutedUntil"] = json!(until);
        }
        if let Some(regression) = &self.regression {
            facts["regressedAt"] = json!(regression.at);
        }
        if self.resolution.is_some() {
            facts["resolvedInNextRelease"] = json!(true);
        }
        facts
    }

    /// The text of its events.
    fn reported(&self) -> Map<String, Value> {
        let mut reported = Map::new();
        let texts = [
            ("type", Some(inline(&self.kind, SHORT))),
            ("message", Some(plain(&self.message, LONG))),
            ("culprit", self.culprit.as_deref().map(|culprit| inline(culprit, SHORT))),
            ("platform", Some(inline(&self.platform, SHORT))),
            ("resolvedAfter", self.resolution.as_ref().map(|resolution| inline(&resolution.after, SHORT))),
            ("regressedIn", self.regression.as_ref().and_then(|it| it.release.as_deref()).map(|it| inline(it, SHORT))),
        ];
        let texts =
            texts.into_iter().filter_map(|(name, text)| Some((name, text?))).filter(|(_, text)| !text.is_empty());
        reported.extend(texts.map(|(name, text)| (name.to_owned(), text.into())));
        reported
    }
}

/// Lists errors: `facts` under the key `errors`, and what their events say by fingerprint. Leaves out the last ones if the
/// answer would be too long.
pub(super) fn answer(api: &Api, mut facts: Value, lists: Vec<(&str, Vec<ListedError>)>) -> Result<String, ToolFailure> {
    let (mut reported, mut assignees, mut room, mut left_out) = (BTreeMap::new(), Map::new(), MAX_ANSWER_BYTES, 0);
    for (name, errors) in lists {
        let mut rows = Vec::new();
        for error in errors {
            let (row, texts) = (error.facts(api), error.reported());
            let size = row.to_string().len() + Value::Object(texts.clone()).to_string().len() + 60;
            // Room for the note and the facts of the list.
            if room < size + 2_000 {
                left_out += 1;
                continue;
            }
            room -= size;
            rows.push(row);
            if let Some(assignee) = &error.assignee {
                assignees.insert(error.fingerprint.clone(), inline(assignee, SHORT).into());
            }
            reported.insert(error.fingerprint, texts);
        }
        facts[name] = rows.into();
    }
    let cut = if left_out > 0 { vec![format!("{left_out} errors: ask for fewer, with `limit`")] } else { Vec::new() };
    let team = if assignees.is_empty() { Value::Null } else { json!({ "assignees": assignees }) };
    ToolAnswer::new(facts, reported).team(team).cut(cut).text()
}
