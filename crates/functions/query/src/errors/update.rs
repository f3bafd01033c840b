//! `PATCH /projects/{project}/errors/{message}`: changes the status and the assignee of an error.

use axum::body::Body;
use http::Request;
use http_common::{Answer, ReadableProject, TriagedProject};
use model::error::history::{Action, Actor, HistoryEntry};
use model::error::{ErrorAggregate, ErrorChange, Mute, Resolution, Status, StatusChange};
use model::id::UserId;
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::ports::UserRecord;

use crate::Query;
use crate::body::{deserialize_some, parse_body};
use crate::lookup::{find_error, refuse_unknown};
use crate::views::{self, ErrorEntry};

/// The longest `assignee`, in bytes: a name and an address.
pub(super) const MAX_ASSIGNEE: usize = 200;

const FORM: &str = "an object with one or both of `status`: `resolved` (optionally with `inNextRelease`: true), `unresolved` or \
     `muted` (optionally with `until`: a time, and `occurrences`: a number), and `assignee`: a string or null, or \
     `assigneeUser`: the id of a user, or `me`";

pub(super) async fn update(query: &Query, project: &TriagedProject, message: &str, request: Request<Body>) -> Answer {
    let patch = parse_body::<ErrorPatchBody>(request, FORM).await?.check(query.clock.now())?;
    let patch = query.complete_patch(project, patch).await?;
    let error = find_error(query, project, message).await?;
    let error =
        query.apply_patch(&patch, &error, &project.actor()).await?.ok_or_else(|| refuse_unknown(project, message))?;
    http_common::data(ChangedError { error: views::describe_error(&project.name, &error) })
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
pub(super) struct ChangedError<'a> {
    error: ErrorEntry<'a>,
}

/// The number of releases among which the newest is looked for: those that were first seen last.
const MAX_RELEASES_READ: usize = 100;

impl Query {
    /// Adds what a patch needs besides the error: the name of the user who is to be the assignee, and the project's
    /// releases, if it resolves in the next release.
    pub(super) async fn complete_patch(
        &self,
        project: &TriagedProject,
        mut patch: ErrorPatch,
    ) -> Result<ErrorPatch, Refusal> {
        if let Some(named) = patch.assignee_user {
            let user = self.find_assignee(project, named).await?;
            patch.user = Some(user.id);
            patch.assignee = Some(Some(user.name));
        }
        self.add_releases(project, patch).await
    }

    /// Finds the user who is to be the assignee, who must have a role in the project.
    async fn find_assignee(&self, project: &TriagedProject, named: NamedUser) -> Result<UserRecord, Refusal> {
        let id = match named {
            NamedUser::Id(id) => id,
            NamedUser::Me => project.caller().user().ok_or_else(|| {
                refuse_body("assigneeUser", "a key is not a user: send the id of a member of the project".to_owned())
            })?,
        };
        let user = self.stores.users.user_consistently(id).await?;
        user.filter(|user| !user.disabled && user.roles.role_in(project.id).is_some()).ok_or_else(|| {
            let message =
                format!("user {id} has no role in this project: GET /projects/{}/members lists who has", project.name);
            Refusal::new(Reason::UserUnknown, message).at(["assigneeUser"])
        })
    }

    /// Adds the project's releases to the patch, if it resolves in the next release.
    async fn add_releases(&self, project: &ReadableProject, patch: ErrorPatch) -> Result<ErrorPatch, Refusal> {
        if !matches!(patch.status, Some(StatusPatch::Resolve { in_next_release: true })) {
            return Ok(patch);
        }
        let page = self.stores.releases.releases(project.id, Timestamp::EVER, None, MAX_RELEASES_READ).await?;
        // A release that is deployed may have the error, even if none of its users has met it yet.
        let announced = self.stores.announced_releases.newest_announced(project.id, MAX_RELEASES_READ).await?;
        let out = announced.into_iter().filter(|release| release.is_out()).map(|release| release.name);
        let releases = page.items.into_iter().map(|release| release.name).chain(out).collect();
        Ok(ErrorPatch { releases, ..patch })
    }

    /// Applies a patch to an error. Returns the changed error; `None` if it was deleted in the meantime.
    pub(super) async fn apply_patch(
        &self,
        patch: &ErrorPatch,
        error: &ErrorAggregate,
        by: &Actor,
    ) -> Result<Option<ErrorAggregate>, Refusal> {
        let (change, now) = (patch.change_for(error)?, self.clock.now());
        if let Some(Some(assignee)) = &change.assignee {
            self.post_assignee(error, assignee, change.assignee_user).await?;
        }
        let entries = HistoryEntry::all(Action::of(&change, error), by, now, self.clock.random());
        Ok(self.stores.errors.change(error, &change, &entries, now).await?)
    }
}

/// The body of a change. Missing fields stay as they are.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorPatchBody {
    status: Option<String>,
    until: Option<String>,
    occurrences: Option<u64>,
    #[serde(default)]
    in_next_release: bool,
    #[serde(default, deserialize_with = "deserialize_some")]
    assignee: Option<Option<String>>,
    assignee_user: Option<String>,
}

/// A validated change that can be applied to any error.
#[derive(Debug)]
pub(super) struct ErrorPatch {
    status: Option<StatusPatch>,
    assignee: Option<Option<String>>,
    /// The user who is to be the assignee, as the request names it.
    assignee_user: Option<NamedUser>,
    /// The user who is the new assignee.
    user: Option<UserId>,
    /// Releases of the project, to find out which one is the newest.
    releases: Vec<String>,
}

/// How a request names a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NamedUser {
    /// The caller.
    Me,
    Id(UserId),
}

#[derive(Debug)]
enum StatusPatch {
    Unresolve,
    Resolve {
        in_next_release: bool,
    },
    /// Until a time or for a number of further occurrences, whichever comes first; forever without either.
    Mute {
        until: Option<Timestamp>,
        occurrences: Option<u64>,
    },
}

impl ErrorPatchBody {
    pub(super) fn check(self, now: Timestamp) -> Result<ErrorPatch, Refusal> {
        let status = self.status.as_deref().map(Status::parse).transpose();
        let status = status.map_err(|error| refuse_body("status", error.to_string()))?;
        for (key, is_given, goes_with) in [
            ("until", self.until.is_some(), Status::Muted),
            ("occurrences", self.occurrences.is_some(), Status::Muted),
            ("inNextRelease", self.in_next_release, Status::Resolved),
        ] {
            if is_given && status != Some(goes_with) {
                return Err(refuse_body(
                    key,
                    format!("`{key}` is only allowed with status `{goes_with}`: leave it out"),
                ));
            }
        }
        if self.assignee.iter().flatten().any(|assignee| assignee.is_empty() || assignee.len() > MAX_ASSIGNEE) {
            return Err(refuse_body("assignee", format!("`assignee` must have 1 to {MAX_ASSIGNEE} bytes, or be null")));
        }
        if self.assignee.iter().flatten().next().is_some() && self.assignee_user.is_some() {
            return Err(refuse_body("assigneeUser", "send either `assignee` or `assigneeUser`".to_owned()));
        }
        let assignee_user = self.assignee_user.as_deref().map(|user| match user {
            "me" => Ok(NamedUser::Me),
            id => UserId::parse(id).map(NamedUser::Id).map_err(|error| refuse_body("assigneeUser", error.to_string())),
        });
        let assignee_user = assignee_user.transpose()?;
        if status.is_none() && self.assignee.is_none() && assignee_user.is_none() {
            let message = format!("the body changes nothing: send {FORM}");
            return Err(Refusal::new(Reason::BodyInvalid, message));
        }
        let until = self.until.as_deref().map(Timestamp::parse).transpose();
        let until = until.map_err(|error| refuse_body("until", error.to_string()))?;
        if let Some(past) = until.filter(|until| *until <= now) {
            return Err(refuse_body("until", format!("`until` must be later than now, {now} (got {past})")));
        }
        if self.occurrences == Some(0) {
            let message = "`occurrences` must be at least 1: the error stays muted for that many more occurrences";
            return Err(refuse_body("occurrences", message.to_owned()));
        }
        let status = status.map(|status| match status {
            Status::Unresolved => StatusPatch::Unresolve,
            Status::Resolved => StatusPatch::Resolve { in_next_release: self.in_next_release },
            Status::Muted => StatusPatch::Mute { until, occurrences: self.occurrences },
        });
        Ok(ErrorPatch { status, assignee: self.assignee, assignee_user, user: None, releases: Vec::new() })
    }
}

impl ErrorPatch {
    /// Computes the change of `error`.
    fn change_for(&self, error: &ErrorAggregate) -> Result<ErrorChange, Refusal> {
        let status = match self.status {
            None => None,
            Some(StatusPatch::Unresolve) => Some(StatusChange::Unresolved),
            Some(StatusPatch::Resolve { in_next_release: false }) => Some(StatusChange::Resolved(None)),
            Some(StatusPatch::Resolve { in_next_release: true }) => {
                let resolution =
                    Resolution::after_all(error, self.releases.iter().map(String::as_str)).ok_or_else(|| {
                        let message = "no release of this project is known yet: send `release` with \
                                   events, or leave `inNextRelease` out";
                        refuse_body("inNextRelease", message.to_owned())
                    })?;
                Some(StatusChange::Resolved(Some(resolution)))
            }
            Some(StatusPatch::Mute { until, occurrences }) => {
                let until_count = occurrences.map(|more| error.count.saturating_add(more));
                Some(StatusChange::Muted(Mute { until, until_count }))
            }
        };
        Ok(ErrorChange { status, assignee: self.assignee.clone(), assignee_user: self.user })
    }
}

fn refuse_body(key: &str, message: String) -> Refusal {
    Refusal::new(Reason::BodyInvalid, message).at([key])
}
