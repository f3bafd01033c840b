//! `PATCH /projects/{project}/errors`: changes or deletes many errors, selected by a list or by filters.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::patch;
use futures_util::StreamExt;
use http::Request;
use http_common::{AdministeredProject, Answer, ProjectMember, TriagedProject};
use model::error::ErrorAggregate;
use model::error::history::Actor;
use model::outcome::{Reason, Refusal};
use schemars::JsonSchema;
use search::{Filter, Sort};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::delete;
use super::find::{Cursor, ErrorSearch, name_assignee};
use super::update::{ErrorPatch, ErrorPatchBody};
use crate::Query;
use crate::body::{deserialize_object, parse_body};
use crate::list::refuse_parameter;
use crate::lookup::{find_error, find_stored_error, refuse_unknown};
use crate::purge::Budget;

/// The most errors per request.
pub(super) const MAX_CHANGED_ERRORS: usize = 100;
/// The number of errors that are changed concurrently.
const CHANGES_AT_ONCE: usize = 8;

const FORM: &str = "an object with `errors`: [up to 100 fingerprints or messages] or `where`: {filters of the list}, and \
                    with `change`: {the body of a PATCH of one error} or `delete`: true";

pub(super) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}/errors", patch(handle))
}

async fn handle(State(query): State<Arc<Query>>, member: ProjectMember, request: Request<Body>) -> Response {
    query.answer(change(&query, &member, request)).await
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
    /// Whether more errors match `where`.
    more: bool,
    /// The `cursor` of a request that continues with them.
    next_cursor: Option<String>,
    /// After a deletion: whether the contents of all deleted errors are erased. If not, the next deletion continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    purged: Option<bool>,
}

/// The result for one error.
#[derive(Serialize, JsonSchema)]
struct BulkResult {
    /// The error as the request names it, or its fingerprint.
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

/// The change to make to each error.
enum BulkAction {
    Change(ErrorPatch),
    Delete(Box<AdministeredProject>),
}

/// Changes each error independently: a failure is reported for that error, and the others are still changed.
async fn change(query: &Query, member: &ProjectMember, request: Request<Body>) -> Answer {
    let mut bulk: BulkBody = parse_body(request, FORM).await?;
    let wanted = match (bulk.change.take(), bulk.delete) {
        (Some(change), false) => {
            Some(change.check(query.clock.now()).map_err(|refusal| prefix_path("change", refusal))?)
        }
        (None, true) => None,
        _ => return Err(refuse_body("send either `change` or `delete`: true", "change")),
    };
    let project = member.load_project(query).await?;
    let wanted = match wanted {
        Some(patch) => BulkAction::Change(query.complete_patch(&project, patch).await?),
        None => BulkAction::Delete(Box::new(project.administer()?)),
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
    if matches!(wanted, BulkAction::Delete(_)) {
        // What is left of their contents is purged by the next deletion in the project.
        purged = Some(query.purge(project.id, budget).await?);
    }
    http_common::data(BulkAnswer { results, more: next.is_some(), next_cursor: next, purged })
}

async fn change_one(
    query: &Query,
    project: &TriagedProject,
    target: BulkTarget,
    wanted: &BulkAction,
    by: &Actor,
) -> Result<(), Refusal> {
    let name = target.name();
    let error = match (wanted, target) {
        (_, BulkTarget::Found(error)) => *error,
        (_, BulkTarget::Uncertain(_)) => return Err(refuse_uncertain(&name)),
        (BulkAction::Change(_), BulkTarget::Named(name)) => find_error(query, project, &name).await?,
        (BulkAction::Delete(_), BulkTarget::Named(name)) => find_stored_error(query, project, &name).await?,
    };
    match wanted {
        BulkAction::Change(patch) => {
            query.apply_patch(patch, &error, by).await?.map(drop).ok_or_else(|| refuse_unknown(project, &name))
        }
        BulkAction::Delete(project) => delete::start_purge(query, project, error).await,
    }
}

/// An error that the request selects.
enum BulkTarget {
    /// Named by the request: a fingerprint or a message.
    Named(String),
    Found(Box<ErrorAggregate>),
    /// It is unknown whether the error matches the filters, so it is not changed.
    Uncertain(Box<ErrorAggregate>),
}

impl BulkTarget {
    /// The name of the error in the answer: as in the request, or its fingerprint.
    fn name(&self) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::Found(error) | Self::Uncertain(error) => error.fingerprint.to_string(),
        }
    }
}

/// Finds the errors that a request selects, and the cursor of the next request if there are more.
async fn find_targets(
    query: &Query,
    project: &TriagedProject,
    bulk: BulkBody,
) -> Result<(Vec<BulkTarget>, Option<String>), Refusal> {
    match (bulk.errors, bulk.r#where) {
        (Some(_), None) if bulk.cursor.is_some() => {
            Err(refuse_body("`cursor` is only allowed with `where`: leave it out", "cursor"))
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

/// Finds the first errors that match all filters, or may match them.
async fn find_by_filters(
    query: &Query,
    project: &TriagedProject,
    filters: Map<String, Value>,
    cursor: Option<&str>,
) -> Result<(Vec<BulkTarget>, Option<String>), Refusal> {
    let mut filter = Filter::default();
    for (name, value) in &filters {
        let unknown = || {
            let known = Filter::NAMES.join("`, `");
            refuse_body(&format!("`{name}` is not a filter, or its value is not a string: use `{known}`"), "where")
        };
        let value = value.as_str().ok_or_else(unknown)?;
        let value = name_assignee(name, value, project.caller()).map_err(|refusal| prefix_path("where", refusal))?;
        let set = filter.set(name, &value);
        let is_known = set.map_err(|error| prefix_path("where", refuse_parameter(name, error)))?;
        is_known.then_some(()).ok_or_else(unknown)?;
    }
    // `where` may be empty, or all its values. Changing all errors must not happen by accident.
    if filter == Filter::default() {
        return Err(refuse_body("`where` must have at least one filter, such as {\"status\": \"resolved\"}", "where"));
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

/// Refuses to change an error that may or may not match the filters. It has to be named in `errors`.
fn refuse_uncertain(fingerprint: &str) -> Refusal {
    let message = format!(
        "error {fingerprint} may or may not match `where`: it has more tags, or more values of a tag, than are kept for \
         searching; check its occurrences, and send it in `errors` to change it"
    );
    Refusal::new(Reason::MatchUncertain, message)
}

fn refuse_body(message: &str, key: &str) -> Refusal {
    Refusal::new(Reason::BodyInvalid, message).at([key])
}

/// Prepends `key` to the path of a refusal.
fn prefix_path(key: &str, mut refusal: Refusal) -> Refusal {
    refusal.path.insert(0, key.to_owned());
    refusal
}
