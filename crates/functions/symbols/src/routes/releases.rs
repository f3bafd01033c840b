//! Releases, their commits and deploys, as `sentry-cli releases` and bundler plugins announce them. A release is also known
//! from its first event, and an upload has its own release.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::Request;
use http_common::Answer;
use model::announced::{AnnouncedRelease, Deploy};
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::announce::SentRelease;
use crate::Symbols;
use crate::uploader::Uploader;

/// The longest name of a release, in bytes, as in Sentry.
const MAX_NAME: usize = 250;
/// The most releases that are listed.
const MAX_LISTED: usize = 100;

pub(super) fn routes() -> Router<Arc<Symbols>> {
    let mut router = Router::new();
    for parent in ["organizations/{organization}", "projects/{organization}/{project}"] {
        let releases = format!("/api/0/{parent}/releases");
        router = router
            .route(&releases, get(list).post(create))
            .route(&format!("{releases}/{{version}}"), get(show).put(update).delete(remove))
            .route(&format!("{releases}/{{version}}/deploys"), get(list_deploys).post(deploy))
            .route(&format!("{releases}/{{version}}/commits"), get(list_commits))
            .route(&format!("{releases}/{{version}}/previous-with-commits"), get(show_nothing));
    }
    router
}

/// The release that a path names. The paths of a project have one variable more than those of an organisation.
#[derive(Deserialize)]
pub(super) struct NamedRelease {
    pub(super) version: String,
}

pub(super) fn check(version: &str) -> Result<&str, Refusal> {
    match version.len() {
        1..=MAX_NAME => Ok(version),
        length => {
            let message = format!("`version` must have 1 to {MAX_NAME} bytes (got {length})");
            Err(Refusal::new(Reason::BodyInvalid, message))
        }
    }
}

fn describe(uploader: &Uploader, release: &AnnouncedRelease) -> Value {
    let project = &uploader.project;
    let projects = json!([{ "id": project.id.to_string(), "slug": project.name, "name": project.name }]);
    json!({
        "version": release.name, "dateCreated": release.created_at, "dateReleased": release.released_at,
        "url": release.url, "newGroups": 0, "projects": projects, "status": "open",
        "commitCount": release.commit_count, "deployCount": release.deploy_count,
        "lastCommit": release.commits.first().map(|commit| json!({ "id": commit.id })),
        "lastDeploy": release.deploys.first().map(describe_deploy),
    })
}

fn describe_deploy(deploy: &Deploy) -> Value {
    json!({
        "id": deploy.finished_at.micros().to_string(), "environment": deploy.environment, "name": deploy.name,
        "url": deploy.url, "dateStarted": deploy.started_at, "dateFinished": deploy.finished_at,
    })
}

async fn create(State(symbols): State<Arc<Symbols>>, uploader: Uploader, request: Request<Body>) -> Response {
    symbols
        .answer(async {
            let sent = SentRelease::read(&uploader, request).await?;
            let name = check(sent.version.as_deref().unwrap_or_default())?;
            let release = symbols.announce(&uploader, name, |release| sent.apply(release)).await?;
            http_common::created(&describe(&uploader, &release))
        })
        .await
}

async fn update(
    State(symbols): State<Arc<Symbols>>,
    uploader: Uploader,
    Path(NamedRelease { version }): Path<NamedRelease>,
    request: Request<Body>,
) -> Response {
    symbols
        .answer(async {
            let sent = SentRelease::read(&uploader, request).await?;
            let release = symbols.announce(&uploader, check(&version)?, |release| sent.apply(release)).await?;
            http_common::ok(&describe(&uploader, &release))
        })
        .await
}

async fn list(State(symbols): State<Arc<Symbols>>, uploader: Uploader) -> Response {
    let listed = async {
        let releases = symbols.stores.announced_releases.newest_announced(uploader.project.id, MAX_LISTED).await?;
        http_common::ok(&releases.iter().map(|release| describe(&uploader, release)).collect::<Vec<_>>())
    };
    symbols.answer(listed).await
}

async fn show(
    State(symbols): State<Arc<Symbols>>,
    uploader: Uploader,
    Path(NamedRelease { version }): Path<NamedRelease>,
) -> Response {
    symbols.answer(show_known(&symbols, &uploader, &version)).await
}

/// A release is known if it was announced, or if an event of it was stored.
async fn show_known(symbols: &Symbols, uploader: &Uploader, version: &str) -> Answer {
    let project = uploader.project.id;
    let announced = find(symbols, uploader, version).await?;
    let seen = symbols.stores.releases.release(project, version).await?;
    let unknown =
        || Refusal::new(Reason::ReleaseUnknown, "nobody announced this release, and no event of it was stored");
    let first_seen = seen.as_ref().map(|seen| seen.first_seen);
    let release = announced.or(first_seen.map(|at| AnnouncedRelease::new(version, at))).ok_or_else(unknown)?;
    let mut shown = describe(uploader, &release);
    if let Some(seen) = seen {
        shown["firstEvent"] = seen.first_seen.to_string().into();
        shown["lastEvent"] = seen.last_seen.to_string().into();
    }
    http_common::ok(&shown)
}

async fn find(symbols: &Symbols, uploader: &Uploader, version: &str) -> Result<Option<AnnouncedRelease>, Refusal> {
    let name = AnnouncedRelease::new(version, Timestamp::from_seconds(0)).name;
    let found = symbols.stores.announced_releases.announced(uploader.project.id, &name).await?;
    Ok(found.map(|(release, _)| release))
}

/// Removes what was announced. Events of the release stay, and what is known from them.
async fn remove(
    State(symbols): State<Arc<Symbols>>,
    uploader: Uploader,
    Path(NamedRelease { version }): Path<NamedRelease>,
) -> Response {
    let removed = async {
        let unknown = || Refusal::new(Reason::ReleaseUnknown, "nobody announced this release");
        let release = find(&symbols, &uploader, &version).await?.ok_or_else(unknown)?;
        symbols.stores.announced_releases.remove_announced(uploader.project.id, &release.name).await?;
        http_common::no_content()
    };
    symbols.answer(removed).await
}

async fn deploy(
    State(symbols): State<Arc<Symbols>>,
    uploader: Uploader,
    Path(NamedRelease { version }): Path<NamedRelease>,
    request: Request<Body>,
) -> Response {
    symbols
        .answer(async {
            let deploy = SentRelease::read(&uploader, request).await?.deploy(symbols.clock.now())?;
            symbols.announce(&uploader, check(&version)?, |release| release.add_deploy(deploy.clone())).await?;
            http_common::created(&describe_deploy(&deploy))
        })
        .await
}

async fn list_deploys(
    State(symbols): State<Arc<Symbols>>,
    uploader: Uploader,
    Path(NamedRelease { version }): Path<NamedRelease>,
) -> Response {
    let listed = async {
        let release = find(&symbols, &uploader, &version).await?;
        let deploys = release.map(|release| release.deploys).unwrap_or_default();
        http_common::ok(&deploys.iter().map(describe_deploy).collect::<Vec<_>>())
    };
    symbols.answer(listed).await
}

async fn list_commits(
    State(symbols): State<Arc<Symbols>>,
    uploader: Uploader,
    Path(NamedRelease { version }): Path<NamedRelease>,
) -> Response {
    let listed = async {
        let release = find(&symbols, &uploader, &version).await?;
        let commits = release.map(|release| release.commits).unwrap_or_default();
        let shown = commits.iter().map(|commit| {
            json!({ "id": commit.id, "message": commit.message, "dateCreated": commit.at, "author": { "name": commit.author } })
        });
        http_common::ok(&shown.collect::<Vec<_>>())
    };
    symbols.answer(listed).await
}

async fn show_nothing(State(symbols): State<Arc<Symbols>>, _: Uploader, _: Path<Vec<String>>) -> Response {
    symbols.answer(async { http_common::ok(&json!({})) }).await
}
