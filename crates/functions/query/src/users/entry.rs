//! A user as the API shows it.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt};
use http_common::Caller;
use model::audit::{AuditAction, AuditEvent};
use model::id::{ProjectId, ProjectName, UserId};
use model::time::Timestamp;
use model::user::{MAX_PROJECT_ROLES, UserRole, UserRoles};
use schemars::JsonSchema;
use serde::Serialize;
use store::StoreError;
use store::ports::UserRecord;

use crate::Query;

/// The number of projects that are read concurrently.
const READS_AT_ONCE: usize = 8;

/// A user.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "User")]
pub(crate) struct UserEntry {
    id: UserId,
    /// The name that others see.
    name: String,
    /// Nobody is identified by it. Only owners of the installation and the user see it.
    email: Option<String>,
    /// The role in all projects; null: only in single projects.
    role: Option<UserRole>,
    /// The roles in single projects: those that the caller may manage, or all of a user's own.
    #[schemars(length(max = MAX_PROJECT_ROLES))]
    projects: Vec<MemberRole>,
    created_at: Timestamp,
    /// Whether the user is disabled: signed out, and without valid tokens.
    disabled: bool,
    /// Whether the user has a key to sign in to the pages.
    has_sign_in_key: bool,
}

/// A role in a project.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ProjectRole")]
pub(crate) struct MemberRole {
    project: ProjectName,
    role: UserRole,
}

/// The names of projects, by their numbers.
pub(crate) struct ProjectNames(BTreeMap<ProjectId, ProjectName>);

impl ProjectNames {
    /// The roles in single projects. Projects that were deleted are missing.
    pub(crate) fn of_roles(&self, roles: &UserRoles) -> Vec<MemberRole> {
        let named =
            |(id, role): (&ProjectId, &UserRole)| Some(MemberRole { project: self.0.get(id)?.clone(), role: *role });
        roles.projects.iter().filter_map(named).collect()
    }
}

impl UserEntry {
    /// The user as `caller` may see it.
    pub(crate) fn new(user: &UserRecord, names: &ProjectNames, caller: &Caller) -> Self {
        if caller.check_stack_admin().is_ok() || caller.user() == Some(user.id) {
            return Self::whole(user, names);
        }
        let mut roles = user.roles.clone();
        roles.projects.retain(|project, _| caller.check_admin_of(*project).is_ok());
        Self { email: None, projects: names.of_roles(&roles), ..Self::whole(user, names) }
    }

    /// The user with everything, as only owners of the installation and the user may see it.
    pub(crate) fn whole(user: &UserRecord, names: &ProjectNames) -> Self {
        Self {
            id: user.id,
            name: user.name.clone(),
            email: user.email.clone(),
            role: user.roles.everywhere,
            projects: names.of_roles(&user.roles),
            created_at: user.created_at,
            disabled: user.disabled,
            has_sign_in_key: user.sign_in_key.is_some(),
        }
    }
}

/// An event about a user.
pub(crate) fn user_event(what: AuditAction, user: &UserRecord) -> AuditEvent {
    AuditEvent::new(what).of(user.id).named(user.name.as_str())
}

impl Query {
    /// Returns the names of all projects in which one of the roles is.
    pub(crate) async fn project_names(
        &self,
        roles: impl IntoIterator<Item = &UserRoles>,
    ) -> Result<ProjectNames, StoreError> {
        let mut ids: Vec<_> = roles.into_iter().flat_map(|roles| roles.projects.keys().copied()).collect();
        ids.sort_unstable();
        ids.dedup();
        let reads: Vec<_> = ids.iter().map(|id| self.stores.projects.by_id(*id)).collect();
        let found: Vec<_> = futures_util::stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await?;
        let live = found.into_iter().flatten().filter(|project| !project.deleting);
        Ok(ProjectNames(live.map(|project| (project.id, project.name)).collect()))
    }

    /// Records a change of a user in the audit log.
    pub(crate) async fn record_user(
        &self,
        caller: &Caller,
        what: AuditAction,
        before: Option<&UserRecord>,
        after: Option<&UserRecord>,
    ) -> Result<(), StoreError> {
        let Some(user) = after.or(before) else { return Ok(()) };
        let names = self.project_names([before, after].into_iter().flatten().map(|user| &user.roles)).await?;
        let view = |user: Option<&UserRecord>| user.map(|user| UserEntry::whole(user, &names));
        self.record(caller, user_event(what, user).changing(&view(before), &view(after))).await;
        Ok(())
    }

    /// Shows a user to the caller.
    pub(super) async fn show_user(&self, user: &UserRecord, caller: &Caller) -> Result<UserEntry, StoreError> {
        let names = self.project_names([&user.roles]).await?;
        Ok(UserEntry::new(user, &names, caller))
    }
}
