//! ProGuard mappings, which uploaders send as debug files: `POST …/files/difs/assemble/` puts them together from chunks, and
//! `POST …/files/dsyms/` takes an archive of them, from sentry-cli 2.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use http::Request;
use http_common::Answer;
use model::id::{Checksum, DebugId};
use model::outcome::{Reason, Refusal};
use serde::Deserialize;
use serde_json::{Value, json};
use store::ports::MapKind;

use super::chunks::CHUNK;
use super::form::read_form;
use crate::Symbols;
use crate::assembly::{Assembled, NamedUpload, assemble, build_apart, is_stored, store};
use crate::bundle::{Archive, sha1};
use crate::mapping::build;
use crate::uploader::Uploader;

/// The most files that a request describes.
const MAX_FILES: usize = 20;
/// The most chunks of a mapping.
const MAX_CHUNKS: usize = retrace::MAX_MAPPING / CHUNK;

pub(super) fn routes() -> Router<Arc<Symbols>> {
    let files = "/api/0/projects/{organization}/{project}/files";
    Router::new()
        .route(&format!("{files}/difs/assemble"), post(handle))
        .route(&format!("{files}/dsyms"), post(receive))
        .route(&format!("{files}/proguard-artifact-releases"), post(associate))
}

/// A file that an uploader describes.
#[derive(Deserialize)]
struct SentFile {
    name: String,
    debug_id: Option<String>,
    chunks: Vec<String>,
}

/// The project that a path names.
#[derive(Deserialize)]
struct NamedProject {
    project: String,
}

async fn handle(
    State(symbols): State<Arc<Symbols>>,
    uploader: Uploader,
    Path(path): Path<NamedProject>,
    request: Request<Body>,
) -> Response {
    symbols
        .answer(async {
            uploader.check_projects(&[path.project])?;
            let body = http_common::read_unpacked(request).await?;
            let invalid = |message: String| Refusal::new(Reason::BodyInvalid, message);
            let sent: BTreeMap<String, SentFile> = serde_json::from_slice(&body)
                .map_err(|error| invalid(format!("the body does not describe debug files: {error}")))?;
            if sent.len() > MAX_FILES {
                let message = format!("a request may describe at most {MAX_FILES} files (got {})", sent.len());
                return Err(invalid(message));
            }
            let mut answers = BTreeMap::new();
            for (checksum, file) in sent {
                let assembled = match parse(&checksum, &file)? {
                    Ok((id, upload)) => {
                        let name = file.name;
                        assemble(&symbols, &uploader, &upload, move |mapping| build(&name, id, mapping)).await?
                    }
                    Err(problem) => Assembled::done(Some(problem)),
                };
                answers.insert(checksum, assembled);
            }
            http_common::ok(&answers) as Answer
        })
        .await
}

/// Reads the description of a file. A file that is not a mapping has its reason.
fn parse(checksum: &str, file: &SentFile) -> Result<Result<(DebugId, NamedUpload), String>, Refusal> {
    let invalid = |message: String| Refusal::new(Reason::BodyInvalid, message);
    let parsed = |text: &str| Checksum::parse(text).map_err(|error| invalid(error.to_string()));
    let Some(id) = id_of(&file.name, file.debug_id.as_deref()) else {
        return Ok(Err(format!(
            "{} is not a ProGuard mapping: faultline has no use for other debug files",
            shown(&file.name)
        )));
    };
    if file.chunks.is_empty() || file.chunks.len() > MAX_CHUNKS {
        return Ok(Err(format!(
            "a mapping may have at most {} MiB, which is {MAX_CHUNKS} chunks (got {})",
            retrace::MAX_MAPPING >> 20,
            file.chunks.len()
        )));
    }
    let checksum = parsed(checksum)?;
    let chunks = file.chunks.iter().map(|chunk| parsed(chunk)).collect::<Result<_, _>>()?;
    Ok(Ok((id, named(id, checksum, chunks))))
}

fn named(id: DebugId, checksum: Checksum, chunks: Vec<Checksum>) -> NamedUpload {
    // The same file may be uploaded with another id.
    let identity = sha1(format!("proguard {id} {checksum}").as_bytes());
    NamedUpload { kind: MapKind::ProGuard, identity, checksum, chunks, release: None, dist: None }
}

/// The id of a mapping: uploaders name the file `/proguard/{id}.txt`.
fn id_of(name: &str, debug_id: Option<&str>) -> Option<DebugId> {
    let id = name.trim_start_matches('/').strip_prefix("proguard/")?.strip_suffix(".txt")?;
    DebugId::parse(debug_id.unwrap_or(id)).ok()
}

fn shown(name: &str) -> String {
    name.chars().take(80).collect()
}

async fn receive(
    State(symbols): State<Arc<Symbols>>,
    uploader: Uploader,
    Path(path): Path<NamedProject>,
    request: Request<Body>,
) -> Response {
    symbols.answer(store_archive(&symbols, &uploader, path, request)).await
}

async fn store_archive(symbols: &Symbols, uploader: &Uploader, path: NamedProject, request: Request<Body>) -> Answer {
    uploader.check_projects(&[path.project])?;
    let invalid = |message: String| Refusal::new(Reason::BodyInvalid, message);
    let form = read_form(request).await?;
    let archive = form.file.ok_or_else(|| invalid("the form has no part `file` with an archive".to_owned()))?;
    let _turn = symbols.bundles.acquire().await.map_err(|_| Refusal::new(Reason::Internal, "no upload can be read"))?;
    let names = Archive::open(&archive).map_err(invalid)?.names();
    let names: Vec<_> = names.into_iter().filter_map(|name| Some((id_of(&name, None)?, name))).collect();
    if names.is_empty() || names.len() > MAX_FILES {
        return Err(invalid(format!(
            "the archive must have 1 to {MAX_FILES} ProGuard mappings named `proguard/ID.txt` (got {}): faultline has no \
             use for other debug files",
            names.len()
        )));
    }
    let mut stored: Vec<Value> = Vec::new();
    for (id, name) in names {
        let mapping = Archive::open(&archive).and_then(|mut archive| archive.read(&name)).map_err(invalid)?;
        let checksum = sha1(&mapping);
        let (own, named) = (name.clone(), named(id, checksum, Vec::new()));
        let failure = match is_stored(symbols, uploader.project.id, &named).await? {
            true => None,
            false => {
                let built = build_apart(move || build(&own, id, &mapping)).await;
                store(symbols, uploader, &named, built).await?
            }
        };
        if let Some(failure) = failure {
            return Err(invalid(format!("{}: {failure}", shown(&name))));
        }
        stored.push(json!({
            "id": id.to_string(), "uuid": id.to_string(), "debugId": id.to_string(), "objectName": "proguard-mapping",
            "cpuName": "any", "symbolType": "proguard", "sha1": checksum.to_string(), "data": { "features": ["mapping"] },
        }));
    }
    http_common::ok(&stored)
}

/// Old uploaders say which release a mapping belongs to. Events name the mapping, so nobody asks.
async fn associate(State(symbols): State<Arc<Symbols>>, _: Uploader) -> Response {
    symbols.answer(async { http_common::created(&json!({})) }).await
}
