//! `GET /projects/{project}/releases` and `GET /projects/{project}/releases/{release}`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::Uri;
use http_common::describe::Description;
use http_common::{Answer, ReadableProject};
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
        .error(Reason::ReleaseUnknown, "no occurrence of this release is known");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Releases")]
struct ReleasesAnswer<'a> {
    #[schemars(length(max = MAX_LISTED_RELEASES))]
    releases: Vec<ReleaseEntry<'a>>,
    /// The `cursor` of the next page; null on the last page.
    next_cursor: Option<String>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShownRelease")]
struct ReleaseAnswer<'a> {
    release: ReleaseEntry<'a>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Release")]
struct ReleaseEntry<'a> {
    release: &'a str,
    /// When its first occurrence was received.
    first_seen: Timestamp,
    /// When its last occurrence was received, to the hour.
    last_seen: Timestamp,
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

/// Lists releases in the order in which they were first seen, newest first.
async fn list(query: &Query, project: &ReadableProject, uri: &Uri) -> Answer {
    let parameters = Parameters::parse(uri);
    let limit = parameters.limit(DEFAULT_RELEASES, MAX_LISTED_RELEASES)?;
    let after = parameters.parsed("cursor", parse_cursor)?;
    let page = query.stores.releases.releases(project.id, Timestamp::EVER, after.as_ref(), limit).await?;
    let releases = count_errors(query, project.id, &page.items).await?;
    http_common::data(ReleasesAnswer { releases, next_cursor: page.next.as_ref().map(http_common::cursor::encode) })
}

fn parse_cursor(text: &str) -> Result<ReleaseCursor, BadReleaseCursor> {
    http_common::cursor::decode(text).ok_or_else(|| BadReleaseCursor::new(text))
}

async fn show(query: &Query, project: &ReadableProject, uri: &Uri) -> Answer {
    let name = http_common::decode_segment(uri.path().split('/').nth(4).unwrap_or_default());
    let found = query.stores.releases.release(project.id, &name).await?;
    let unknown = || {
        let shown: String = name.chars().take(80).collect();
        let message = format!("project `{}` has no release `{shown}`: GET …/releases lists all releases", project.name);
        Refusal::new(Reason::ReleaseUnknown, message)
    };
    let found = found.ok_or_else(unknown)?;
    let release = count_errors(query, project.id, std::slice::from_ref(&found)).await?.pop();
    http_common::data(ReleaseAnswer { release: release.ok_or_else(unknown)? })
}

/// Adds the numbers of errors to releases. All are counted together, since their terms share nodes of the search index.
async fn count_errors<'a>(
    query: &Query,
    project: ProjectId,
    releases: &'a [Release],
) -> store::Result<Vec<ReleaseEntry<'a>>> {
    let terms = |release: &Release| {
        [Term::FirstRelease(release.name.clone()), Term::RegressedIn(release.name.clone())].map(|term| term.hash())
    };
    let terms: Vec<_> = releases.iter().flat_map(terms).collect();
    let counted = query.stores.search_index.find(project, &terms, MAX_COUNTED_ERRORS - 1).await?;
    let counts = counted.into_iter().map(|errors| errors.map_or(MAX_COUNTED_ERRORS, |errors| errors.len()));
    let counts: Vec<_> = counts.collect();
    let entry = |(release, counts): (&'a Release, &[usize; 2])| {
        let Release { name, first_seen, last_seen } = release;
        let [new_errors, regressed_errors] = *counts;
        ReleaseEntry { release: name, first_seen: *first_seen, last_seen: *last_seen, new_errors, regressed_errors }
    };
    Ok(releases.iter().zip(counts.as_chunks().0).map(entry).collect())
}
