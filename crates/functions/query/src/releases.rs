//! `GET /projects/{project}/releases` and `GET /projects/{project}/releases/{release}`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use futures_util::future::try_join_all;
use http::Uri;
use http_common::describe::Description;
use http_common::{Answer, ReadableProject};
use model::announced::{AnnouncedRelease, Deploy};
use model::id::ProjectId;
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;
use schemars::JsonSchema;
use search::Term;
use serde::Serialize;
use store::ports::{BadReleaseCursor, Release, ReleaseCursor};

use crate::Query;
use crate::list::Parameters;

/// The most releases per page: one batch read of the table.
const MAX_LISTED_RELEASES: usize = 100;
/// The default number of releases per page. Each release costs more reads of the index.
const DEFAULT_RELEASES: usize = 25;
/// The most releases without an occurrence that are listed.
const MAX_ANNOUNCED: usize = 25;
/// The number up to which a release's errors are counted.
const MAX_COUNTED_ERRORS: usize = 200;

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new()
        .route("/projects/{project}/releases", get(handle_list))
        .route("/projects/{project}/releases/{release}", get(handle_show))
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("figures");
    let path = "/projects/{project}/releases";
    api.operation("get", path, "listReleases", "Lists the releases of a project, newest first")
        .project()
        .limit(DEFAULT_RELEASES, MAX_LISTED_RELEASES)
        .query::<str>("cursor", "`nextCursor` of the previous page")
        .data::<ReleasesAnswer<'_>>(200, "a page of releases");
    let path = "/projects/{project}/releases/{release}";
    api.operation("get", path, "getRelease", "Shows a release")
        .project()
        .path::<str>("release", "the release's name, as clients send it, cut to 200 bytes")
        .data::<ReleaseAnswer<'_>>(200, "the release")
        .error(Reason::ReleaseUnknown, "neither an occurrence nor an announcement of this release is known");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Releases")]
struct ReleasesAnswer<'a> {
    #[schemars(length(max = MAX_LISTED_RELEASES))]
    releases: Vec<ReleaseEntry<'a>>,
    /// On the first page: releases that build tools announced, and that have no occurrence yet, newest first.
    #[schemars(length(max = MAX_ANNOUNCED))]
    announced: Vec<ReleaseEntry<'a>>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShownRelease")]
struct ReleaseAnswer<'a> {
    release: ReleaseEntry<'a>,
    /// The commit of each repository that it was built from.
    #[schemars(length(max = AnnouncedRelease::MAX_REFS))]
    refs: Vec<RefEntry<'a>>,
    /// Its commits, newest first.
    #[schemars(length(max = AnnouncedRelease::MAX_COMMITS))]
    commits: Vec<CommitEntry<'a>>,
    /// Its last deploys, newest first.
    #[schemars(length(max = AnnouncedRelease::MAX_DEPLOYS))]
    deploys: Vec<DeployEntry<'a>>,
}

/// The commit of a repository.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReleaseRef")]
struct RefEntry<'a> {
    repository: &'a str,
    commit: &'a str,
    /// The commit of the release before it.
    previous: Option<&'a str>,
}

/// A commit of a release.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ReleaseCommit")]
struct CommitEntry<'a> {
    id: &'a str,
    message: &'a str,
    author: Option<&'a str>,
    at: Option<Timestamp>,
    repository: Option<&'a str>,
}

/// A deploy of a release.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Deploy")]
struct DeployEntry<'a> {
    environment: &'a str,
    name: Option<&'a str>,
    url: Option<&'a str>,
    started_at: Option<Timestamp>,
    finished_at: Timestamp,
}

impl<'a> DeployEntry<'a> {
    fn new(deploy: &'a Deploy) -> Self {
        let Deploy { environment, name, url, started_at, finished_at } = deploy;
        let (started_at, finished_at) = (*started_at, *finished_at);
        Self { environment, name: name.as_deref(), url: url.as_deref(), started_at, finished_at }
    }
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Release")]
struct ReleaseEntry<'a> {
    release: &'a str,
    /// When its first occurrence was received; null if none was.
    first_seen: Option<Timestamp>,
    /// When its last occurrence was received, to the hour.
    last_seen: Option<Timestamp>,
    /// When a build tool announced it; null if none did.
    announced_at: Option<Timestamp>,
    /// When it was finalised.
    released_at: Option<Timestamp>,
    url: Option<&'a str>,
    /// The number of its commits.
    commits: u64,
    /// The number of its deploys.
    deploys: u64,
    last_deploy: Option<DeployEntry<'a>>,
    /// The number of errors first seen in it; 200 means 200 or more. `GET …/errors?firstRelease=` lists them.
    #[schemars(range(max = MAX_COUNTED_ERRORS))]
    new_errors: usize,
    /// The number of errors that regressed in it; 200 means 200 or more. `GET …/errors?regressedIn=` lists them. Errors
    /// that were deleted, or regressed in another release since, are counted until their search terms expire.
    #[schemars(range(max = MAX_COUNTED_ERRORS))]
    regressed_errors: usize,
}

async fn handle_list(State(query): State<Arc<Query>>, project: ReadableProject, uri: Uri) -> Response {
    query.answer(list(&query, &project, &uri)).await
}

async fn handle_show(State(query): State<Arc<Query>>, project: ReadableProject, uri: Uri) -> Response {
    query.answer(show(&query, &project, &uri)).await
}

/// A release with what is known from its occurrences, and from build tools.
struct KnownRelease {
    name: String,
    seen: Option<Release>,
    announced: Option<AnnouncedRelease>,
}

impl KnownRelease {
    fn seen(release: Release, announced: &[AnnouncedRelease]) -> Self {
        let announced = announced.iter().find(|announced| announced.name == release.name).cloned();
        Self { name: release.name.clone(), seen: Some(release), announced }
    }

    fn announced(release: AnnouncedRelease) -> Self {
        Self { name: release.name.clone(), seen: None, announced: Some(release) }
    }
}

/// Lists releases in the order in which they were first seen, newest first.
async fn list(query: &Query, project: &ReadableProject, uri: &Uri) -> Answer {
    let parameters = Parameters::parse(uri);
    let limit = parameters.limit(DEFAULT_RELEASES, MAX_LISTED_RELEASES)?;
    let after = parameters.parsed("cursor", parse_cursor)?;
    let page = query.stores.releases.releases(project.id, Timestamp::EVER, after.as_ref(), limit).await?;
    let names: Vec<_> = page.items.iter().map(|release| release.name.as_str()).collect();
    let announced = query.stores.announced_releases.announced_of(project.id, &names).await?;
    let seen: Vec<_> = page.items.into_iter().map(|release| KnownRelease::seen(release, &announced)).collect();
    let unseen = match after {
        None => load_unseen(query, project.id).await?,
        Some(_) => Vec::new(),
    };
    let releases = count_errors(query, project.id, &seen).await?;
    let announced = count_errors(query, project.id, &unseen).await?;
    let next_cursor = page.next.as_ref().map(http_common::cursor::encode);
    http_common::data(ReleasesAnswer { releases, announced, next_cursor })
}

/// Loads the newest announced releases that have no occurrence.
async fn load_unseen(query: &Query, project: ProjectId) -> store::Result<Vec<KnownRelease>> {
    let announced = query.stores.announced_releases.newest_announced(project, MAX_ANNOUNCED).await?;
    let seen = announced.iter().map(|release| query.stores.releases.release(project, &release.name));
    let seen = try_join_all(seen).await?;
    let unseen = announced.into_iter().zip(seen).filter(|(_, seen)| seen.is_none());
    Ok(unseen.map(|(release, _)| KnownRelease::announced(release)).collect())
}

fn parse_cursor(text: &str) -> Result<ReleaseCursor, BadReleaseCursor> {
    http_common::cursor::decode(text).ok_or_else(|| BadReleaseCursor::new(text))
}

async fn show(query: &Query, project: &ReadableProject, uri: &Uri) -> Answer {
    let name = http_common::decode_segment(uri.path().split('/').nth(4).unwrap_or_default());
    let seen = query.stores.releases.release(project.id, &name).await?;
    let announced = query.stores.announced_releases.announced_of(project.id, &[name.as_str()]).await?;
    let unknown = || {
        let shown: String = name.chars().take(80).collect();
        let message = format!("project `{}` has no release `{shown}`: GET …/releases lists all releases", project.name);
        Refusal::new(Reason::ReleaseUnknown, message)
    };
    let known = match seen {
        Some(seen) => KnownRelease::seen(seen, &announced),
        None => KnownRelease::announced(announced.into_iter().next().ok_or_else(unknown)?),
    };
    let release = count_errors(query, project.id, std::slice::from_ref(&known)).await?.pop();
    let announced = known.announced.as_ref();
    let refs = announced.map(|announced| announced.refs.as_slice()).unwrap_or_default().iter().map(|one| RefEntry {
        repository: &one.repository,
        commit: &one.commit,
        previous: one.previous.as_deref(),
    });
    let commits = announced.map(|announced| announced.commits.as_slice()).unwrap_or_default().iter();
    let commits = commits.map(|commit| CommitEntry {
        id: &commit.id,
        message: &commit.message,
        author: commit.author.as_deref(),
        at: commit.at,
        repository: commit.repository.as_deref(),
    });
    let deploys = announced.map(|announced| announced.deploys.as_slice()).unwrap_or_default().iter();
    http_common::data(ReleaseAnswer {
        release: release.ok_or_else(unknown)?,
        refs: refs.collect(),
        commits: commits.collect(),
        deploys: deploys.map(DeployEntry::new).collect(),
    })
}

/// Adds the numbers of errors to releases. All are counted together, since their terms share nodes of the search index.
async fn count_errors<'a>(
    query: &Query,
    project: ProjectId,
    releases: &'a [KnownRelease],
) -> store::Result<Vec<ReleaseEntry<'a>>> {
    if releases.is_empty() {
        return Ok(Vec::new());
    }
    let terms = |release: &KnownRelease| {
        [Term::FirstRelease(release.name.clone()), Term::RegressedIn(release.name.clone())].map(|term| term.hash())
    };
    let terms: Vec<_> = releases.iter().flat_map(terms).collect();
    let counted = query.stores.search_index.find(project, &terms, MAX_COUNTED_ERRORS - 1).await?;
    let counts = counted.into_iter().map(|errors| errors.map_or(MAX_COUNTED_ERRORS, |errors| errors.len()));
    let counts: Vec<_> = counts.collect();
    let entry = |(release, counts): (&'a KnownRelease, &[usize; 2])| {
        let KnownRelease { name, seen, announced } = release;
        let (seen, announced) = (seen.as_ref(), announced.as_ref());
        let [new_errors, regressed_errors] = *counts;
        ReleaseEntry {
            release: name,
            first_seen: seen.map(|seen| seen.first_seen),
            last_seen: seen.map(|seen| seen.last_seen),
            announced_at: announced.map(|announced| announced.created_at),
            released_at: announced.and_then(|announced| announced.released_at),
            url: announced.and_then(|announced| announced.url.as_deref()),
            commits: announced.map_or(0, |announced| announced.commit_count),
            deploys: announced.map_or(0, |announced| announced.deploy_count),
            last_deploy: announced.and_then(|announced| announced.deploys.first()).map(DeployEntry::new),
            new_errors,
            regressed_errors,
        }
    };
    Ok(releases.iter().zip(counts.as_chunks().0).map(entry).collect())
}
