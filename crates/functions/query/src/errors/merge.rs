//! `POST /projects/{project}/errors/{message}/merge` and `…/unmerge`: several errors shown as one, and apart again.

use crate::views::{self, ErrorEntry};
use axum::body::Body;
use http::Request;
use http_common::Answer;
use model::error::history::{Action, Actor, Entry};
use model::error::{ErrorAggregate, Family};
use model::id::Fingerprint;
use model::outcome::{Reason, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Kind;
use store::ports::Project;

use super::{is_merged, named, shown_as, unknown};
use crate::Query;
use crate::projects::parse_body;

/// How often errors are read again when the processor writes them at the same time.
const ATTEMPTS: usize = 10;

/// Other errors, by their fingerprints.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Others {
    #[schemars(with = "Vec<Fingerprint>", length(min = 1, max = Family::MAX_LIVES - 1))]
    errors: Vec<String>,
}

/// What became of the error.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct Merged<'a> {
    error: ErrorEntry<'a>,
}

/// What became of the error, and of what was taken out of it.
#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct Unmerged<'a> {
    error: ErrorEntry<'a>,
    #[schemars(length(max = Family::MAX_LIVES))]
    errors: Vec<ErrorEntry<'a>>,
}

const FORM: &str = "an object with `errors`: a list of fingerprints";

/// Merges the errors of the body into this one: from now on they are one error, with the occurrences, the counts and the
/// timeline of all. What is merged into it already is left as it is, so that a request can be repeated.
pub(super) async fn merge(
    query: &Query,
    project: &Project,
    message: &str,
    by: &Actor,
    request: Request<Body>,
) -> Answer {
    let done = done(query, project, message, Wish::Merge, by, request).await?;
    http_common::data(Merged { error: views::error_entry(&project.name, &done.family.whole) })
}

/// Takes the errors of the body out of this one again, each with what was merged into it before: their occurrences, past
/// and future, are theirs again. What is no part of it is left as it is, so that a request can be repeated.
pub(super) async fn unmerge(
    query: &Query,
    project: &Project,
    message: &str,
    by: &Actor,
    request: Request<Body>,
) -> Answer {
    let done = done(query, project, message, Wish::Split, by, request).await?;
    let errors = done.split.iter().map(|family| views::error_entry(&project.name, &family.whole)).collect();
    http_common::data(Unmerged { error: views::error_entry(&project.name, &done.family.whole), errors })
}

async fn others(request: Request<Body>) -> Result<Vec<Fingerprint>, Refusal> {
    let Others { errors } = parse_body(request, FORM).await?;
    let invalid = |message: String| Refusal::new(Reason::BodyInvalid, message).at(["errors"]);
    if errors.is_empty() || errors.len() >= Family::MAX_LIVES {
        let message = format!("`errors` has {} fingerprints: send 1 to {}", errors.len(), Family::MAX_LIVES - 1);
        return Err(invalid(message));
    }
    let mut others = Vec::new();
    for text in &errors {
        others.push(Fingerprint::parse(text).map_err(|error| invalid(error.to_string()))?);
    }
    Ok(others)
}

/// What is to become of the other errors.
#[derive(Clone, Copy)]
enum Wish {
    Merge,
    Split,
}

/// What a request makes of an error.
struct Plan {
    family: Family,
    /// What was taken out of it.
    split: Vec<Family>,
    /// What went from one to the other.
    moved: Vec<Fingerprint>,
}

/// Decides what a request makes of the error that its path names, and writes it; once more, if somebody else writes one of
/// the errors at the same time.
async fn done(
    query: &Query,
    project: &Project,
    message: &str,
    wish: Wish,
    by: &Actor,
    request: Request<Body>,
) -> Result<Plan, Refusal> {
    let others = others(request).await?;
    let target = named(query, project, message).await?.fingerprint;
    let mut attempts = 1..=ATTEMPTS;
    loop {
        let family = family(query, project, &target).await?;
        if let Some(into) = merged_into(query, project, &family.whole).await? {
            return Err(is_merged(project, &target, &into));
        }
        let mut plan = Plan { family, split: Vec::new(), moved: Vec::new() };
        for other in &others {
            match wish {
                Wish::Merge => plan.merge(query, project, other).await?,
                Wish::Split => plan.split(query, project, other).await?,
            }
        }
        if plan.moved.is_empty() {
            return Ok(plan);
        }
        let split = plan.split.iter().cloned().flat_map(Family::into_lives);
        let mut lives: Vec<_> = plan.family.clone().into_lives().chain(split).collect();
        query.post_terms(&mut lives).await?;
        let errors = plan.moved.clone();
        let action = match wish {
            Wish::Merge => Action::Merged { errors },
            Wish::Split => Action::Unmerged { errors },
        };
        let entries = Entry::all(vec![action], by, query.clock.now(), query.clock.random());
        match query.merges.rewrite(&lives, &entries).await {
            Err(conflict) if conflict.kind() == Kind::Conflict && attempts.next().is_some() => {}
            written => return written.map(|()| plan).map_err(Refusal::from),
        }
    }
}

impl Plan {
    async fn merge(&mut self, query: &Query, project: &Project, other: &Fingerprint) -> Result<(), Refusal> {
        let whole = &self.family.whole;
        if *other == whole.fingerprint {
            let message = format!("`{other}` is the error itself: leave it out of `errors`");
            return Err(Refusal::new(Reason::BodyInvalid, message).at(["errors"]));
        }
        if whole.parts().iter().any(|part| part.fingerprint == *other) {
            return Ok(());
        }
        let joining = family(query, project, other).await?;
        if let Some(into) = merged_into(query, project, &joining.whole).await? {
            return Err(is_merged(project, other, &into));
        }
        let refused = |error: model::error::TooManyParts| {
            let message = format!("{error}: merge fewer, or fold them by a fingerprint that their client sends");
            Refusal::new(Reason::BodyInvalid, message).at(["errors"])
        };
        self.family.merge(joining).map_err(refused)?;
        self.moved.push(*other);
        Ok(())
    }

    async fn split(&mut self, query: &Query, project: &Project, other: &Fingerprint) -> Result<(), Refusal> {
        let families = std::iter::once(&mut self.family).chain(&mut self.split);
        if let Some(split) = families.filter_map(|family| family.split(other)).next() {
            self.split.push(split);
            self.moved.push(*other);
            return Ok(());
        }
        let apart = family(query, project, other).await?;
        match merged_into(query, project, &apart.whole).await? {
            Some(into) => Err(is_merged(project, other, &into)),
            None => Ok(()),
        }
    }
}

async fn family(query: &Query, project: &Project, of: &Fingerprint) -> Result<Family, Refusal> {
    let found = query.merges.family(project.id, of).await?;
    found.ok_or_else(|| unknown(project, &of.to_string()).at(["errors"]))
}

/// What an error is merged into.
async fn merged_into(query: &Query, project: &Project, error: &ErrorAggregate) -> Result<Option<Fingerprint>, Refusal> {
    let shown = shown_as(query, project, error.clone()).await?;
    Ok(Some(shown.fingerprint).filter(|shown| *shown != error.fingerprint))
}
