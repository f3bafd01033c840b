//! `GET /projects`: the projects that the caller may read.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use futures_util::{StreamExt, TryStreamExt};
use http::Uri;
use http_common::describe::Description;
use http_common::{Answer, Reach, Reader};
use model::id::ProjectId;
use model::id::ProjectName;
use model::project::{Attachments, Limits, Origins, PostedConfigs, Repository, Retention, Tier, TimeUnit};
use model::time::Timestamp;
use schemars::JsonSchema;
use scrub::Rules;
use serde::Serialize;
use store::StoreError;
use store::ports::{MAX_FORMER_NAMES, Page, Project};

use crate::Query;
use crate::list::Parameters;

/// The most projects per page. v1 lists all projects at once; 1,000 are one page of the table.
const MAX_LISTED_PROJECTS: usize = 1_000;

/// The number of projects that are read concurrently.
const READS_AT_ONCE: usize = 8;

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects", get(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("get", "/projects", "listProjects", "Lists projects, in the order of their names")
        .description("With a key for one project, lists only that project; for a user of single projects, those.")
        .limit(MAX_LISTED_PROJECTS, MAX_LISTED_PROJECTS)
        .query::<ProjectName>("cursor", "`nextCursor` of the previous page")
        .data::<ProjectsAnswer<'_>>(200, "a page of projects");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Projects")]
struct ProjectsAnswer<'a> {
    #[schemars(length(max = MAX_LISTED_PROJECTS))]
    projects: Vec<ProjectEntry<'a>>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<ProjectName>,
}

async fn handle(State(query): State<Arc<Query>>, reader: Reader, uri: Uri) -> Response {
    query.answer(list(&query, reader.reach(), &uri)).await
}

async fn list(query: &Query, reach: &Reach, uri: &Uri) -> Answer {
    let parameters = Parameters::parse(uri);
    let limit = parameters.limit(MAX_LISTED_PROJECTS, MAX_LISTED_PROJECTS)?;
    let after = parameters.parsed("cursor", ProjectName::parse)?;
    let page = match reach {
        Reach::All => query.stores.projects.list(after.as_ref(), limit).await?,
        Reach::Projects(own) => own_projects(query, own, after.as_ref(), limit).await?,
    };
    let live = page.items.iter().filter(|project| !project.deleting);
    http_common::data(ProjectsAnswer { projects: live.map(ProjectEntry::new).collect(), next_cursor: page.next })
}

/// Returns a page of these projects, in the order of their names. Projects that were deleted are missing.
async fn own_projects(
    query: &Query,
    own: &[ProjectId],
    after: Option<&ProjectName>,
    limit: usize,
) -> Result<Page<Project, ProjectName>, StoreError> {
    let reads: Vec<_> = own.iter().map(|id| query.stores.projects.by_id(*id)).collect();
    let found: Vec<_> = futures_util::stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await?;
    let mut items: Vec<_> = found.into_iter().flatten().collect();
    items.sort_by(|a, b| a.name.cmp(&b.name));
    items.retain(|project| after.is_none_or(|after| project.name > *after));
    Ok(Page { items, next: None }.cut(limit, |project| project.name.clone()))
}

/// A project with its settings.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Project")]
pub(super) struct ProjectEntry<'a> {
    name: &'a ProjectName,
    /// The project's number, as in its DSN.
    id: ProjectId,
    created_at: Timestamp,
    /// Additions to the built-in scrubbing rules, and exceptions from them.
    scrubbing: &'a Rules,
    limits: Limits,
    tier: Tier,
    /// The window in which rules count occurrences for thresholds.
    time_unit: TimeUnit,
    /// The team or person responsible for the project.
    owner: Option<&'a str>,
    /// Days to keep occurrences; null: the stack's default.
    retention_days: Option<Retention>,
    /// The origins of web pages that may send events; null: all.
    allowed_origins: Option<&'a Origins>,
    /// The project's former names, oldest first. Events sent to them are still accepted.
    #[schemars(length(max = MAX_FORMER_NAMES))]
    former_names: &'a [ProjectName],
    /// Which posted configs are used.
    posted_configs: PostedConfigs,
    /// Whether attachments of events are stored.
    attachments: Attachments,
    /// Where its source is; null: frames have no links.
    repository: Option<&'a Repository>,
}

impl<'a> ProjectEntry<'a> {
    pub(super) fn new(project: &'a Project) -> Self {
        Self {
            name: &project.name,
            id: project.id,
            created_at: project.created_at,
            scrubbing: &project.scrubbing,
            limits: project.limits,
            tier: project.tier,
            time_unit: project.time_unit,
            owner: project.owner.as_deref(),
            retention_days: project.retention,
            allowed_origins: project.allowed_origins.as_ref(),
            former_names: &project.former_names,
            posted_configs: project.posted_configs,
            attachments: project.attachments,
            repository: project.repository.as_ref(),
        }
    }
}
