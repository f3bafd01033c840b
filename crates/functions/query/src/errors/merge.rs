//! `POST /projects/{project}/errors/{message}/merge` and `…/unmerge`: shows several errors as one, and undoes that.

use crate::views::{self, ErrorEntry};
use axum::body::Body;
use http::Request;
use http_common::{Answer, TriagedProject};
use model::error::history::{Action, HistoryEntry};
use model::error::{ErrorAggregate, MergeFamily};
use model::id::Fingerprint;
use model::outcome::{Reason, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Kind;

use crate::Query;
use crate::body::parse_body;
use crate::lookup::{find_error, follow_merge, refuse_merged, refuse_unknown};

/// How often a change is tried again if the processor writes the errors at the same time.
const MAX_ATTEMPTS: usize = 10;

/// Other errors, by their fingerprints.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "Others")]
pub(super) struct FingerprintList {
    #[schemars(with = "Vec<Fingerprint>", length(min = 1, max = MergeFamily::MAX_INCARNATIONS - 1))]
    errors: Vec<String>,
}

/// The error after the merge.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct MergedError<'a> {
    error: ErrorEntry<'a>,
}

/// The error after unmerging, and the errors that were taken out of it.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct UnmergedErrors<'a> {
    error: ErrorEntry<'a>,
    #[schemars(length(max = MergeFamily::MAX_INCARNATIONS))]
    errors: Vec<ErrorEntry<'a>>,
}

const FORM: &str = "an object with `errors`: a list of fingerprints";

/// Merges the errors of the body into this one. From then on they are shown as one error, with the occurrences, counts
/// and timelines of all. Errors that are already merged into it are skipped, so that a request can be repeated.
pub(super) async fn merge(query: &Query, project: &TriagedProject, message: &str, request: Request<Body>) -> Answer {
    let done = apply(query, project, message, MergeAction::Merge, request).await?;
    http_common::data(MergedError { error: views::describe_error(&project.name, &done.family.target) })
}

/// Takes the errors of the body out of this one, each with the errors that were merged into it before. Each gets its
/// past and future occurrences back. Errors that are not merged into this one are skipped, so that a request can be
/// repeated.
pub(super) async fn unmerge(query: &Query, project: &TriagedProject, message: &str, request: Request<Body>) -> Answer {
    let done = apply(query, project, message, MergeAction::Split, request).await?;
    let errors = done.split.iter().map(|family| views::describe_error(&project.name, &family.target)).collect();
    http_common::data(UnmergedErrors { error: views::describe_error(&project.name, &done.family.target), errors })
}

async fn parse_others(request: Request<Body>) -> Result<Vec<Fingerprint>, Refusal> {
    let FingerprintList { errors } = parse_body(request, FORM).await?;
    let invalid = |message: String| Refusal::new(Reason::BodyInvalid, message).at(["errors"]);
    if errors.is_empty() || errors.len() >= MergeFamily::MAX_INCARNATIONS {
        let message = format!(
            "`errors` must have 1 to {} fingerprints (got {})",
            MergeFamily::MAX_INCARNATIONS - 1,
            errors.len()
        );
        return Err(invalid(message));
    }
    let mut others = Vec::new();
    for text in &errors {
        others.push(Fingerprint::parse(text).map_err(|error| invalid(error.to_string()))?);
    }
    Ok(others)
}

/// What to do with the other errors.
#[derive(Clone, Copy)]
enum MergeAction {
    Merge,
    Split,
}

/// The result of a request, before it is written.
struct MergePlan {
    family: MergeFamily,
    /// The errors that were taken out.
    split: Vec<MergeFamily>,
    /// The fingerprints that were merged or unmerged.
    moved: Vec<Fingerprint>,
}

/// Plans a merge or unmerge of the error that the path names, and writes it. Tries again if somebody else writes one of
/// the errors at the same time.
async fn apply(
    query: &Query,
    project: &TriagedProject,
    message: &str,
    action: MergeAction,
    request: Request<Body>,
) -> Result<MergePlan, Refusal> {
    let others = parse_others(request).await?;
    let target = find_error(query, project, message).await?.fingerprint;
    let mut attempts = 1..=MAX_ATTEMPTS;
    loop {
        let family = load_family(query, project, &target).await?;
        if let Some(into) = find_merge_target(query, project, &family.target).await? {
            return Err(refuse_merged(project, &target, &into));
        }
        let mut plan = MergePlan { family, split: Vec::new(), moved: Vec::new() };
        for other in &others {
            match action {
                MergeAction::Merge => plan.merge(query, project, other).await?,
                MergeAction::Split => plan.split(query, project, other).await?,
            }
        }
        if plan.moved.is_empty() {
            return Ok(plan);
        }
        let split = plan.split.iter().cloned().flat_map(MergeFamily::into_incarnations);
        let mut incarnations: Vec<_> = plan.family.clone().into_incarnations().chain(split).collect();
        query.post_terms(&mut incarnations).await?;
        let errors = plan.moved.clone();
        let entry = match action {
            MergeAction::Merge => Action::Merged { errors },
            MergeAction::Split => Action::Unmerged { errors },
        };
        let entries = HistoryEntry::all(vec![entry], &project.actor(), query.clock.now(), query.clock.random());
        match query.stores.merges.rewrite(&incarnations, &entries).await {
            Err(conflict) if conflict.kind() == Kind::Conflict && attempts.next().is_some() => {}
            written => {
                written?;
                return Ok(plan);
            }
        }
    }
}

impl MergePlan {
    async fn merge(&mut self, query: &Query, project: &TriagedProject, other: &Fingerprint) -> Result<(), Refusal> {
        let whole = &self.family.target;
        if *other == whole.fingerprint {
            let message = format!("`{other}` is the error itself: leave it out of `errors`");
            return Err(Refusal::new(Reason::BodyInvalid, message).at(["errors"]));
        }
        if whole.merged_errors().iter().any(|part| part.fingerprint == *other) {
            return Ok(());
        }
        let joining = load_family(query, project, other).await?;
        if let Some(into) = find_merge_target(query, project, &joining.target).await? {
            return Err(refuse_merged(project, other, &into));
        }
        let refused = |error: model::error::TooManyMergedErrors| {
            let message = format!("{error}: merge fewer, or let the client send a `fingerprint` that groups them");
            Refusal::new(Reason::BodyInvalid, message).at(["errors"])
        };
        self.family.merge(joining).map_err(refused)?;
        self.moved.push(*other);
        Ok(())
    }

    async fn split(&mut self, query: &Query, project: &TriagedProject, other: &Fingerprint) -> Result<(), Refusal> {
        let families = std::iter::once(&mut self.family).chain(&mut self.split);
        if let Some(split) = families.filter_map(|family| family.split(other)).next() {
            self.split.push(split);
            self.moved.push(*other);
            return Ok(());
        }
        let apart = load_family(query, project, other).await?;
        match find_merge_target(query, project, &apart.target).await? {
            Some(into) => Err(refuse_merged(project, other, &into)),
            None => Ok(()),
        }
    }
}

async fn load_family(query: &Query, project: &TriagedProject, of: &Fingerprint) -> Result<MergeFamily, Refusal> {
    let found = query.stores.merges.family(project.id, of).await?;
    found.ok_or_else(|| refuse_unknown(project, &of.to_string()).at(["errors"]))
}

/// Returns the error that `error` is merged into, if any.
async fn find_merge_target(
    query: &Query,
    project: &TriagedProject,
    error: &ErrorAggregate,
) -> Result<Option<Fingerprint>, Refusal> {
    let shown = follow_merge(query, project, error.clone()).await?;
    Ok(Some(shown.fingerprint).filter(|shown| *shown != error.fingerprint))
}
