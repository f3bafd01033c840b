//! `GET /projects/{project}/releases`: the releases of a project, with their commits and deploys.

use axum::extract::{Path, State};
use http::Uri;
use model::time::Timestamp;
use serde::Deserialize;
use web_pages::{CommitRow, DeployRow, Moment, ReleasePage, ReleaseRow, ReleasesPage};
use web_session::address::{encoded, with_query};
use web_session::{PageResult, Pages, Visit, page};

use super::search;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiReleases {
    releases: Vec<ApiRelease>,
    announced: Vec<ApiRelease>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiRelease {
    release: String,
    first_seen: Option<Timestamp>,
    last_seen: Option<Timestamp>,
    announced_at: Option<Timestamp>,
    released_at: Option<Timestamp>,
    url: Option<String>,
    commits: u64,
    deploys: u64,
    last_deploy: Option<ApiDeploy>,
    new_errors: u64,
    regressed_errors: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiDeploy {
    environment: String,
    name: Option<String>,
    url: Option<String>,
    finished_at: Timestamp,
}

#[derive(Deserialize)]
struct ApiCommit {
    id: String,
    message: String,
    author: Option<String>,
    at: Option<Timestamp>,
    repository: Option<String>,
}

#[derive(Deserialize)]
struct ApiRef {
    repository: String,
    commit: String,
}

#[derive(Deserialize)]
struct ApiShown {
    release: ApiRelease,
    refs: Vec<ApiRef>,
    commits: Vec<ApiCommit>,
    deploys: Vec<ApiDeploy>,
}

impl ApiRelease {
    fn into_row(self, project: &str, now: Timestamp) -> ReleaseRow {
        let errors = |filter: &str| {
            let query = search::write_filter(filter, &self.release);
            with_query(format!("/projects/{}/errors", encoded(project)), [("q", query.as_str())])
        };
        let moment = |at: Option<Timestamp>| at.map(|at| Moment::new(at, now));
        ReleaseRow {
            href: format!("{}/{}", address(project), encoded(&self.release)),
            errors: errors("release"),
            first_errors: errors("firstRelease"),
            first_seen: moment(self.first_seen),
            last_seen: moment(self.last_seen),
            announced_at: moment(self.announced_at),
            released_at: moment(self.released_at),
            url: self.url.filter(|url| url.starts_with("https://")),
            commits: self.commits,
            deploys: self.deploys,
            last_deploy: self.last_deploy.map(|deploy| deploy.into_row(now)),
            new_errors: self.new_errors,
            regressed_errors: self.regressed_errors,
            release: self.release,
        }
    }
}

impl ApiDeploy {
    fn into_row(self, now: Timestamp) -> DeployRow {
        DeployRow {
            environment: self.environment,
            name: self.name,
            url: self.url.filter(|url| url.starts_with("https://")),
            at: Moment::new(self.finished_at, now),
        }
    }
}

fn address(project: &str) -> String {
    format!("/projects/{}/releases", encoded(project))
}

pub(super) async fn show(State(pages): State<Pages>, visit: Visit, Path(name): Path<String>, uri: Uri) -> PageResult {
    let parameters = http_common::parse_query(uri.query());
    let cursor = parameters.into_iter().find(|(name, _)| name == "cursor").map(|(_, cursor)| cursor);
    let path = with_query(address(&name), [("cursor", cursor.as_deref().unwrap_or_default())]);
    let list: ApiReleases = pages.get(&visit, &path).await?;
    let rows = |releases: Vec<ApiRelease>| {
        releases.into_iter().map(|release| release.into_row(&name, visit.now)).collect::<Vec<_>>()
    };
    Ok(page(&ReleasesPage {
        frame: visit.frame_of(&name, &format!("Releases of {name}")),
        next: list.next_cursor.map(|cursor| with_query(address(&name), [("cursor", cursor.as_str())])),
        announced: rows(list.announced),
        releases: rows(list.releases),
        project: name,
    }))
}

/// `GET /projects/{project}/releases/{release}`: a release with its commits and deploys.
pub(super) async fn show_one(
    State(pages): State<Pages>,
    visit: Visit,
    Path((name, release)): Path<(String, String)>,
) -> PageResult {
    let path = format!("{}/{}", address(&name), encoded(&release));
    let ApiShown { release, refs, commits, deploys } = pages.get(&visit, &path).await?;
    let commit = |commit: ApiCommit| CommitRow {
        id: commit.id,
        message: commit.message,
        author: commit.author,
        at: commit.at.map(|at| Moment::new(at, visit.now)),
        repository: commit.repository,
    };
    Ok(page(&ReleasePage {
        frame: visit.frame_of(&name, &release.release),
        row: release.into_row(&name, visit.now),
        refs: refs.into_iter().map(|one| (one.repository, one.commit)).collect(),
        commits: commits.into_iter().map(commit).collect(),
        deploys: deploys.into_iter().map(|deploy| deploy.into_row(visit.now)).collect(),
        project: name,
    }))
}
