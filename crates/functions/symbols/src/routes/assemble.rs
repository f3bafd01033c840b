//! `POST /api/0/organizations/{organization}/artifactbundle/assemble/`: puts a bundle together from its chunks, and stores
//! its source maps. The answer is final: clients do not ask again.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use futures_util::stream::{StreamExt, TryStreamExt, iter};
use http::Request;
use http_common::Answer;
use model::id::{Checksum, ProjectId, UploadId};
use model::outcome::{Reason, Refusal};
use model::time::SECONDS_PER_DAY;
use serde::{Deserialize, Serialize};
use store::ports::{MapItem, Upload};
use symbolicator::KEPT_DAYS;

use super::chunks::CHUNK;
use crate::Symbols;
use crate::bundle::{self, BuiltMaps, MAX_BUNDLE, sha1};
use crate::uploader::Uploader;

/// The most chunks of a bundle.
const MAX_CHUNKS: usize = MAX_BUNDLE / CHUNK;
/// How many chunks are looked for, or read, at once.
const CONCURRENT_CHUNKS: usize = 16;
/// How long the record of an upload is kept of which nothing could be used, in days.
const FAILURE_DAYS: u32 = 14;
/// The longest release or build, in characters.
const MAX_VERSION: usize = 250;

pub(super) fn routes() -> Router<Arc<Symbols>> {
    Router::new().route("/api/0/organizations/{organization}/artifactbundle/assemble", post(handle))
}

#[derive(Deserialize)]
struct SentBundle {
    checksum: String,
    chunks: Vec<String>,
    #[serde(default)]
    projects: Vec<String>,
    version: Option<String>,
    dist: Option<String>,
}

/// A bundle that an uploader describes.
struct NamedBundle {
    checksum: Checksum,
    chunks: Vec<Checksum>,
    release: Option<String>,
    dist: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Assembled {
    state: &'static str,
    missing_chunks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Assembled {
    fn missing(chunks: &[Checksum]) -> Self {
        let missing_chunks = chunks.iter().map(ToString::to_string).collect();
        Self { state: "not_found", missing_chunks, detail: None }
    }

    fn done(failure: Option<String>) -> Self {
        let state = if failure.is_some() { "error" } else { "ok" };
        Self { state, missing_chunks: Vec::new(), detail: failure }
    }
}

async fn handle(State(symbols): State<Arc<Symbols>>, uploader: Uploader, request: Request<Body>) -> Response {
    symbols
        .answer(async {
            let bundle = parse(&uploader, request).await?;
            let assembled = assemble(&symbols, &uploader, &bundle).await?;
            http_common::ok(&assembled) as Answer
        })
        .await
}

async fn parse(uploader: &Uploader, request: Request<Body>) -> Result<NamedBundle, Refusal> {
    let body = http_common::read_unpacked(request).await?;
    let invalid = |message: String| Refusal::new(Reason::BodyInvalid, message);
    let sent: SentBundle = serde_json::from_slice(&body)
        .map_err(|error| invalid(format!("the body does not describe a bundle: {error}")))?;
    if sent.projects.is_empty() {
        return Err(invalid("`projects` must name the project".to_owned()));
    }
    uploader.check_projects(&sent.projects)?;
    if sent.chunks.is_empty() || sent.chunks.len() > MAX_CHUNKS {
        let message = format!(
            "`chunks` must have 1 to {MAX_CHUNKS} entries, which is a bundle of {} MiB (got {}): upload fewer files at once",
            MAX_BUNDLE >> 20,
            sent.chunks.len()
        );
        return Err(invalid(message));
    }
    let checksum = |text: &String| Checksum::parse(text).map_err(|error| invalid(error.to_string()));
    // Without a release, plugins send this word.
    let version = |text: Option<String>| text.filter(|text| !text.is_empty() && text != "undefined");
    let cut = |text: String| text.chars().take(MAX_VERSION).collect::<String>();
    Ok(NamedBundle {
        checksum: checksum(&sent.checksum)?,
        chunks: sent.chunks.iter().map(checksum).collect::<Result<_, _>>()?,
        release: version(sent.version).map(cut),
        dist: version(sent.dist).map(cut),
    })
}

async fn assemble(symbols: &Symbols, uploader: &Uploader, bundle: &NamedBundle) -> Result<Assembled, Refusal> {
    let project = uploader.project.id;
    let before = symbols.stores.source_maps.upload_of_bundle(project, bundle.checksum).await?;
    if let Some(before) = &before
        && is_current(symbols, project, before).await?
    {
        return Ok(Assembled::done(before.failure.clone()));
    }
    let missing = find_missing(symbols, project, &bundle.chunks).await?;
    if !missing.is_empty() {
        return Ok(Assembled::missing(&missing));
    }
    let _turn = symbols.bundles.acquire().await.map_err(|_| refuse_internal("no bundle can be read"))?;
    let Some(bytes) = read_chunks(symbols, project, &bundle.chunks).await? else {
        return Ok(Assembled::missing(&bundle.chunks));
    };
    let checksum = bundle.checksum;
    let building = tokio::task::spawn_blocking(move || {
        if sha1(&bytes) != checksum {
            let failure = "the SHA-1 of the bundle is not its `checksum`: the chunks are in the wrong order, or of another bundle";
            return BuiltMaps::failed(failure.to_owned());
        }
        bundle::build(&bytes)
    });
    let built = building.await.unwrap_or_else(|error| {
        tracing::error!(error.message = %error, "failed to read a bundle: it caused a panic");
        BuiltMaps::failed("internal error while reading the bundle: see faultline's log".to_owned())
    });
    let failure = store(symbols, uploader, bundle, built).await?;
    if let Some(before) = before {
        symbols.stores.symbol_files.remove_maps(project, &before.id).await?;
        symbols.stores.source_maps.remove_upload(project, &before, symbols.clock.now()).await?;
    }
    Ok(Assembled::done(failure))
}

/// Whether an upload need not be repeated: nothing of it could be used, or all its maps are still there, and are not those of
/// a later upload.
async fn is_current(symbols: &Symbols, project: ProjectId, upload: &Upload) -> Result<bool, Refusal> {
    if upload.failure.is_some() {
        return Ok(true);
    }
    let maps = symbols.stores.source_maps.source_maps(project, &upload.ids).await?;
    Ok(maps.iter().filter(|map| map.upload == upload.id).count() == upload.ids.len())
}

async fn find_missing(symbols: &Symbols, project: ProjectId, chunks: &[Checksum]) -> Result<Vec<Checksum>, Refusal> {
    let found = iter(chunks.iter().copied()).map(|chunk| async move {
        let is_there = symbols.stores.symbol_files.has_chunk(project, chunk).await?;
        Ok::<_, Refusal>((!is_there).then_some(chunk))
    });
    let found: Vec<_> = found.buffered(CONCURRENT_CHUNKS).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// Reads a bundle. `None` if a chunk expired in the meantime.
async fn read_chunks(symbols: &Symbols, project: ProjectId, chunks: &[Checksum]) -> Result<Option<Vec<u8>>, Refusal> {
    let read = iter(chunks.iter().copied()).map(|chunk| symbols.stores.symbol_files.chunk(project, chunk));
    let mut read = std::pin::pin!(read.buffered(CONCURRENT_CHUNKS));
    let mut bytes = Vec::new();
    while let Some(chunk) = read.next().await {
        match chunk? {
            Some(chunk) => bytes.extend_from_slice(&chunk),
            None => return Ok(None),
        }
    }
    Ok(Some(bytes))
}

/// Stores what was built. Returns why nothing of it could be used, if so.
async fn store(
    symbols: &Symbols,
    uploader: &Uploader,
    bundle: &NamedBundle,
    built: BuiltMaps,
) -> Result<Option<String>, Refusal> {
    let (project, now) = (uploader.project.id, symbols.clock.now());
    let id = UploadId::new(now, bundle.checksum);
    let days = if built.failure.is_some() { FAILURE_DAYS } else { KEPT_DAYS };
    let expires_at = now.plus_seconds(i64::from(days) * SECONDS_PER_DAY);
    let maps: Vec<_> = built
        .maps
        .iter()
        .map(|(id_of_map, range)| MapItem {
            id: *id_of_map,
            upload: id,
            offset: range.offset,
            length: range.length,
            expires_at,
        })
        .collect();
    let upload = Upload {
        id,
        failure: built.failure.clone(),
        release: bundle.release.clone(),
        dist: bundle.dist.clone(),
        uploader: uploader.name.clone(),
        ids: maps.iter().map(|map| map.id).collect(),
        file_count: built.files.len() as u64,
        files: list_files(built.files),
        size: built.object.len() as u64,
        expires_at,
    };
    if !maps.is_empty() {
        symbols.stores.symbol_files.put_maps(project, &id, built.object).await?;
    }
    symbols.stores.source_maps.put_source_maps(project, &upload, &maps).await?;
    let still = symbols.stores.projects.by_id(project).await?;
    if still.is_none_or(|project| project.deleting) {
        // It was deleted in the meantime: what was just stored must not be left behind.
        symbols.stores.symbol_files.remove_maps(project, &id).await?;
        while symbols.stores.source_maps.remove_source_maps(project).await? {}
        return Err(Refusal::new(Reason::ProjectUnknown, "the project was deleted during the upload"));
    }
    Ok(built.failure)
}

/// The files that are listed: those with problems first.
fn list_files(mut files: Vec<store::ports::UploadedFile>) -> Vec<store::ports::UploadedFile> {
    files.sort_by_key(|file| file.problem.is_none());
    files.truncate(Upload::MAX_FILES);
    files
}

fn refuse_internal(message: &str) -> Refusal {
    Refusal::new(Reason::Internal, message.to_owned())
}
