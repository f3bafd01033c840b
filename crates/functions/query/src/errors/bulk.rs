//! `PATCH /projects/{project}/errors`: one change of many errors, by a list or by a query.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::patch;
use futures_util::StreamExt;
use http::Request;
use http_common::{AdministeredProject, Answer, ProjectAdmin};
use model::error::ErrorAggregate;
use model::error::history::Actor;
use model::outcome::{Reason, Refusal};
use schemars::JsonSchema;
use search::{Filter, Sort};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::delete;
use super::find::{Cursor, ErrorSearch};
use super::update::{ErrorPatch, ErrorPatchBody};
use crate::Query;
use crate::body::{deserialize_object, parse_body};
use crate::list::refuse_parameter;
use crate::lookup::{find_error, find_stored_error, refuse_unknown};
use crate::purge::Budget;

/// The most errors of a request.
pub(super) const MAX_CHANGED_ERRORS: usize = 100;
/// How many are changed at once.
const CHANGES_AT_ONCE: usize = 8;

const FORM: &str = "an object with `errors`: [up to 100 fingerprints or messages], or `where`: {the filters of the list}, \
                    and with `change`: {what a PATCH of one error takes}, or `delete`: true";

pub(super) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}/errors", patch(handle))
}

async fn handle(State(query): State<Arc<Query>>, admin: ProjectAdmin, request: Request<Body>) -> Response {
    query.answer(change(&query, &admin, request)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BulkBody {
    errors: Option<Vec<String>>,
    r#where: Option<Map<String, Value>>,
    cursor: Option<String>,
    #[serde(default, deserialize_with = "deserialize_object")]
    change: Option<ErrorPatchBody>,
    #[serde(default)]
    delete: bool,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
pub(super) struct BulkAnswer {
    #[schemars(length(max = MAX_CHANGED_ERRORS))]
    results: Vec<BulkResult>,
    /// Whether there are more errors that `where` is true of.
    more: bool,
    /// What goes on with them, as `cursor`.
    next_cursor: Option<String>,
    /// Of a deletion: whether the contents of all that was deleted are gone, too; if not, they go with the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    purged: Option<bool>,
}

/// What became of one error.
#[derive(Serialize, JsonSchema)]
struct BulkResult {
    /// As the request calls it, or by its fingerprint.
    error: String,
    changed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<BulkFailure>,
}

/// Why an error was not changed.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct BulkFailure {
    reason: &'static str,
    message: String,
}

/// What becomes of each error.
enum BulkAction {
    Change(ErrorPatch),
    Delete,
}

/// Each error is changed for itself: what befalls one is said of that one, and the others are changed.
async fn change(query: &Query, admin: &ProjectAdmin, request: Request<Body>) -> Answer {
    let mut bulk: BulkBody = parse_body(request, FORM).await?;
    let wanted = match (bulk.change.take(), bulk.delete) {
        (Some(change), false) => {
            BulkAction::Change(change.check(query.clock.now()).map_err(|refusal| prefix_path("change", refusal))?)
        }
        (None, true) => BulkAction::Delete,
        _ => return Err(refuse_body("send either `change` or `delete`: true", "change")),
    };
    let project = admin.load_project(query).await?;
    let wanted = match wanted {
        BulkAction::Change(patch) => BulkAction::Change(query.add_releases(&project, patch).await?),
        BulkAction::Delete => BulkAction::Delete,
    };

    let (budget, by) = (Budget::new(query), project.actor());
    let (targets, next) = find_targets(query, &project, bulk).await?;
    let results = targets.into_iter().map(|target| async {
        let name = target.name();
        match change_one(query, &project, target, &wanted, &by).await {
            Ok(()) => BulkResult { error: name, changed: true, failed: None },
            Err(refusal) => {
                http_common::log_cause(&refusal);
                let Refusal { reason, message, .. } = refusal;
                BulkResult { error: name, changed: false, failed: Some(BulkFailure { reason: reason.name(), message }) }
            }
        }
    });
    let results: Vec<_> = futures_util::stream::iter(results).buffered(CHANGES_AT_ONCE).collect().await;
    let mut purged = None;
    if matches!(wanted, BulkAction::Delete) {
        // What is left of their contents goes with the next deletion in the project.
        purged = Some(query.purge(project.id, budget).await?);
    }
    http_common::data(BulkAnswer { results, more: next.is_some(), next_cursor: next, purged })
}

async fn change_one(
    query: &Query,
    project: &AdministeredProject,
    target: BulkTarget,
    wanted: &BulkAction,
    by: &Actor,
) -> Result<(), Refusal> {
    let name = target.name();
    let error = match (wanted, target) {
        (_, BulkTarget::Found(error)) => *error,
        (_, BulkTarget::Uncertain(_)) => return Err(refuse_uncertain(&name)),
        (BulkAction::Change(_), BulkTarget::Named(name)) => find_error(query, project, &name).await?,
        (BulkAction::Delete, BulkTarget::Named(name)) => find_stored_error(query, project, &name).await?,
    };
    match wanted {
        BulkAction::Change(patch) => {
            query.apply_patch(patch, &error, by).await?.map(drop).ok_or_else(|| refuse_unknown(project, &name))
        }
        BulkAction::Delete => delete::start_purge(query, project, error).await,
    }
}

/// An error that is to be changed.
enum BulkTarget {
    /// By its fingerprint or message.
    Named(String),
    Found(Box<ErrorAggregate>),
    /// One that may be meant by the filters: it is left as it is.
    Uncertain(Box<ErrorAggregate>),
}

impl BulkTarget {
    /// What an answer calls it: as the request does, or by its fingerprint.
    fn name(&self) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::Found(error) | Self::Uncertain(error) => error.fingerprint.to_string(),
        }
    }
}

/// The errors that a request is about, and where the next request goes on if there are more.
async fn find_targets(
    query: &Query,
    project: &AdministeredProject,
    bulk: BulkBody,
) -> Result<(Vec<BulkTarget>, Option<String>), Refusal> {
    match (bulk.errors, bulk.r#where) {
        (Some(_), None) if bulk.cursor.is_some() => {
            Err(refuse_body("`cursor` goes with `where` only: leave it out", "cursor"))
        }
        (Some(errors), None) if (1..=MAX_CHANGED_ERRORS).contains(&errors.len()) => {
            Ok((errors.into_iter().map(BulkTarget::Named).collect(), None))
        }
        (Some(errors), None) => Err(refuse_body(
            &format!("`errors` has {} entries: send 1 to {MAX_CHANGED_ERRORS}", errors.len()),
            "errors",
        )),
        (None, Some(filters)) => find_by_filters(query, project, filters, bulk.cursor.as_deref()).await,
        _ => Err(refuse_body("send either `errors` or `where`", "errors")),
    }
}

/// The first errors that all filters are true of, or may be.
async fn find_by_filters(
    query: &Query,
    project: &AdministeredProject,
    filters: Map<String, Value>,
    cursor: Option<&str>,
) -> Result<(Vec<BulkTarget>, Option<String>), Refusal> {
    let mut filter = Filter::default();
    for (name, value) in &filters {
        let unknown = || {
            let known = Filter::NAMES.join("`, `");
            refuse_body(&format!("`{name}` is no filter, or its value is no text: use `{known}`"), "where")
        };
        let set = value.as_str().map(|value| filter.set(name, value)).ok_or_else(unknown)?;
        let is_known = set.map_err(|error| prefix_path("where", refuse_parameter(name, error)))?;
        is_known.then_some(()).ok_or_else(unknown)?;
    }
    // Be it empty, or all of its texts: that all errors are meant must not be a slip.
    if filter == Filter::default() {
        return Err(refuse_body(
            "`where` filters nothing: say which errors, such as {\"status\": \"resolved\"}",
            "where",
        ));
    }
    let sort = Sort::default();
    let after = cursor.map(|cursor| Cursor::parse(cursor, sort)).transpose();
    let after = after.map_err(|error| refuse_parameter("cursor", error))?.unwrap_or_default();
    let search = ErrorSearch { filter, sort, after, limit: MAX_CHANGED_ERRORS };
    let found = query.find(project.id, &search).await?;
    let next = found.next.map(|cursor| cursor.encode());
    let certain = found.errors.into_iter().map(|error| BulkTarget::Found(Box::new(error)));
    let uncertain = found.uncertain.into_iter().map(|error| BulkTarget::Uncertain(Box::new(error)));
    Ok((certain.chain(uncertain).collect(), next))
}

/// An error may match the filters, or not: only whoever names it can mean it.
fn refuse_uncertain(fingerprint: &str) -> Refusal {
    let message = format!(
        "it is not known whether `where` is true of {fingerprint}, which had more values of a tag, or more tags, than it \
         remembers: look at its occurrences, and send it in `errors` if it is meant"
    );
    Refusal::new(Reason::MatchUncertain, message)
}

fn refuse_body(message: &str, key: &str) -> Refusal {
    Refusal::new(Reason::BodyInvalid, message).at([key])
}

/// The refusal of what stands at `key`.
fn prefix_path(key: &str, mut refusal: Refusal) -> Refusal {
    refusal.path.insert(0, key.to_owned());
    refusal
}
