//! Releases, their commits and deploys: the calls are answered, and nothing is stored. faultline knows a release from its
//! first event, and an upload has its own release.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::Request;
use http_common::Answer;
use model::outcome::{Reason, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Symbols;
use crate::uploader::Uploader;

/// The longest name of a release, in bytes, as in Sentry.
const MAX_NAME: usize = 250;

pub(super) fn routes() -> Router<Arc<Symbols>> {
    let mut router = Router::new();
    for parent in ["organizations/{organization}", "projects/{organization}/{project}"] {
        let releases = format!("/api/0/{parent}/releases");
        router = router
            .route(&releases, get(list_nothing).post(create))
            .route(&format!("{releases}/{{version}}"), get(show).put(update).delete(remove))
            .route(&format!("{releases}/{{version}}/deploys"), get(list_nothing).post(deploy))
            .route(&format!("{releases}/{{version}}/commits"), get(list_nothing))
            .route(&format!("{releases}/{{version}}/files"), get(list_nothing).post(refuse_file))
            .route(&format!("{releases}/{{version}}/previous-with-commits"), get(show_nothing));
    }
    router
}

/// The fields of a body that are read; the rest is ignored.
#[derive(Default, Deserialize)]
struct SentRelease {
    version: Option<String>,
    #[serde(default)]
    projects: Vec<Value>,
    environment: Option<String>,
}

async fn read(uploader: &Uploader, request: Request<Body>) -> Result<SentRelease, Refusal> {
    let body = http_common::read_unpacked(request).await?;
    let bad = |error| Refusal::new(Reason::BodyInvalid, format!("the body is not a release: {error}"));
    let sent: SentRelease =
        if body.is_empty() { SentRelease::default() } else { serde_json::from_slice(&body).map_err(bad)? };
    let name = |project: &Value| project.as_str().map_or_else(|| project.to_string(), str::to_owned);
    uploader.check_projects(&sent.projects.iter().map(name).collect::<Vec<_>>())?;
    Ok(sent)
}

/// The release that a path names. The paths of a project have one variable more than those of an organisation.
#[derive(Deserialize)]
struct NamedRelease {
    version: String,
}

fn describe(symbols: &Symbols, uploader: &Uploader, version: &str) -> Result<Value, Refusal> {
    if version.is_empty() || version.len() > MAX_NAME {
        let message = format!("`version` must have 1 to {MAX_NAME} bytes (got {})", version.len());
        return Err(Refusal::new(Reason::BodyInvalid, message));
    }
    let now = symbols.clock.now().to_string();
    let project = &uploader.project;
    let projects = json!([{ "id": project.id.to_string(), "slug": project.name, "name": project.name }]);
    Ok(json!({
        "version": version, "dateCreated": now, "dateReleased": now, "newGroups": 0, "projects": projects,
        "commitCount": 0, "deployCount": 0, "status": "open",
    }))
}

async fn create(State(symbols): State<Arc<Symbols>>, uploader: Uploader, request: Request<Body>) -> Response {
    symbols
        .answer(async {
            let sent = read(&uploader, request).await?;
            http_common::created(&describe(&symbols, &uploader, sent.version.as_deref().unwrap_or_default())?)
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
            read(&uploader, request).await?;
            http_common::ok(&describe(&symbols, &uploader, &version)?)
        })
        .await
}

async fn show(
    State(symbols): State<Arc<Symbols>>,
    uploader: Uploader,
    Path(NamedRelease { version }): Path<NamedRelease>,
) -> Response {
    symbols.answer(show_seen(&symbols, &uploader, &version)).await
}

/// A release is known if an event of it was stored.
async fn show_seen(symbols: &Symbols, uploader: &Uploader, version: &str) -> Answer {
    let seen = symbols.stores.releases.release(uploader.project.id, version).await?;
    let unknown = || Refusal::new(Reason::ReleaseUnknown, "no event of this release was stored yet");
    let seen = seen.ok_or_else(unknown)?;
    let mut shown = describe(symbols, uploader, version)?;
    shown["dateCreated"] = seen.first_seen.to_string().into();
    shown["lastEvent"] = seen.last_seen.to_string().into();
    http_common::ok(&shown)
}

async fn remove(State(symbols): State<Arc<Symbols>>, _: Uploader) -> Response {
    let message = "releases are not stored, so there is nothing to delete: delete uploads on the page Source maps";
    symbols.refuse(&Refusal::new(Reason::NotImplemented, message))
}

async fn deploy(State(symbols): State<Arc<Symbols>>, uploader: Uploader, request: Request<Body>) -> Response {
    symbols
        .answer(async {
            let sent = read(&uploader, request).await?;
            let now = symbols.clock.now().to_string();
            http_common::created(&json!({
                "id": "1", "environment": sent.environment.unwrap_or_default(), "name": null, "url": null,
                "dateStarted": now, "dateFinished": now,
            }))
        })
        .await
}

async fn refuse_file(State(symbols): State<Arc<Symbols>>, _: Uploader) -> Response {
    let message = "single files of releases are not stored, because source maps are found by debug ids: use `sentry-cli \
                   sourcemaps inject` and `sentry-cli sourcemaps upload`";
    symbols.refuse(&Refusal::new(Reason::NotImplemented, message))
}

async fn list_nothing(State(symbols): State<Arc<Symbols>>, _: Uploader) -> Response {
    symbols.answer(async { http_common::ok(&json!([])) }).await
}

async fn show_nothing(State(symbols): State<Arc<Symbols>>, _: Uploader, _: Path<Vec<String>>) -> Response {
    symbols.answer(async { http_common::ok(&json!({})) }).await
}
