//! Puts an upload together from its chunks, and stores its maps.

use futures_util::stream::{StreamExt, TryStreamExt, iter};
use model::id::{Checksum, ProjectId, UploadId};
use model::outcome::{Reason, Refusal};
use model::time::SECONDS_PER_DAY;
use serde::Serialize;
use store::ports::{MapItem, MapKind, Upload, UploadedFile};
use symbolicator::KEPT_DAYS;

use crate::Symbols;
use crate::bundle::{BuiltMaps, sha1};
use crate::uploader::Uploader;

/// How many chunks are looked for, or read, at once.
const CONCURRENT_CHUNKS: usize = 16;
/// How long the record of an upload is kept of which nothing could be used, in days.
const FAILURE_DAYS: u32 = 14;

/// An upload as the uploader describes it.
pub(crate) struct NamedUpload {
    pub(crate) kind: MapKind,
    /// Two uploads with the same identity are the same.
    pub(crate) identity: Checksum,
    /// The SHA-1 of the content.
    pub(crate) checksum: Checksum,
    pub(crate) chunks: Vec<Checksum>,
    pub(crate) release: Option<String>,
    pub(crate) dist: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Assembled {
    state: &'static str,
    missing_chunks: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl Assembled {
    pub(crate) fn missing(chunks: &[Checksum]) -> Self {
        let missing_chunks = chunks.iter().map(ToString::to_string).collect();
        Self { state: "not_found", missing_chunks, detail: None }
    }

    pub(crate) fn done(failure: Option<String>) -> Self {
        let state = if failure.is_some() { "error" } else { "ok" };
        Self { state, missing_chunks: Vec::new(), detail: failure }
    }
}

/// Stores an upload, once all its chunks are there. `build` reads it.
pub(crate) async fn assemble(
    symbols: &Symbols,
    uploader: &Uploader,
    upload: &NamedUpload,
    build: impl FnOnce(&[u8]) -> BuiltMaps + Send + 'static,
) -> Result<Assembled, Refusal> {
    let project = uploader.project.id;
    let before = symbols.stores.source_maps.upload_of_bundle(project, upload.identity).await?;
    if let Some(before) = &before
        && is_current(symbols, project, before).await?
    {
        return Ok(Assembled::done(before.failure.clone()));
    }
    let missing = find_missing(symbols, project, &upload.chunks).await?;
    if !missing.is_empty() {
        return Ok(Assembled::missing(&missing));
    }
    let _turn = symbols.bundles.acquire().await.map_err(|_| refuse_internal("no upload can be read"))?;
    let Some(bytes) = read_chunks(symbols, project, &upload.chunks).await? else {
        return Ok(Assembled::missing(&upload.chunks));
    };
    let checksum = upload.checksum;
    let built = build_apart(move || {
        if sha1(&bytes) != checksum {
            let failure = "the SHA-1 of the upload is not its `checksum`: the chunks are in the wrong order, or of another upload";
            return BuiltMaps::failed(failure.to_owned());
        }
        build(&bytes)
    });
    let failure = store(symbols, uploader, upload, built.await).await?;
    if let Some(before) = before {
        symbols.stores.symbol_files.remove_maps(project, &before.id).await?;
        symbols.stores.source_maps.remove_upload(project, &before, symbols.clock.now()).await?;
    }
    Ok(Assembled::done(failure))
}

/// Builds maps on a thread of their own.
pub(crate) async fn build_apart(build: impl FnOnce() -> BuiltMaps + Send + 'static) -> BuiltMaps {
    tokio::task::spawn_blocking(build).await.unwrap_or_else(|error| {
        tracing::error!(error.message = %error, "failed to read an upload: it caused a panic");
        BuiltMaps::failed("internal error while reading the upload: see faultline's log".to_owned())
    })
}

/// Whether the same upload is stored already, with all that can be used of it.
pub(crate) async fn is_stored(symbols: &Symbols, project: ProjectId, named: &NamedUpload) -> Result<bool, Refusal> {
    match symbols.stores.source_maps.upload_of_bundle(project, named.identity).await? {
        Some(before) => Ok(before.failure.is_none() && is_current(symbols, project, &before).await?),
        None => Ok(false),
    }
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

/// Reads an upload. `None` if a chunk expired in the meantime.
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
pub(crate) async fn store(
    symbols: &Symbols,
    uploader: &Uploader,
    named: &NamedUpload,
    built: BuiltMaps,
) -> Result<Option<String>, Refusal> {
    let (project, now) = (uploader.project.id, symbols.clock.now());
    let id = UploadId::new(now, named.identity);
    let days = if built.failure.is_some() { FAILURE_DAYS } else { KEPT_DAYS };
    let expires_at = now.plus_seconds(i64::from(days) * SECONDS_PER_DAY);
    let maps: Vec<_> = built
        .maps
        .iter()
        .map(|(id_of_map, range)| MapItem {
            id: *id_of_map,
            kind: named.kind,
            upload: id,
            offset: range.offset,
            length: range.length,
            expires_at,
        })
        .collect();
    let upload = Upload {
        id,
        kind: named.kind,
        failure: built.failure.clone(),
        release: named.release.clone(),
        dist: named.dist.clone(),
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
    if built.has_urls {
        symbols.stores.source_maps.note_file_maps(project).await?;
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
fn list_files(mut files: Vec<UploadedFile>) -> Vec<UploadedFile> {
    files.sort_by_key(|file| file.problem.is_none());
    files.truncate(Upload::MAX_FILES);
    files
}

fn refuse_internal(message: &str) -> Refusal {
    Refusal::new(Reason::Internal, message.to_owned())
}
