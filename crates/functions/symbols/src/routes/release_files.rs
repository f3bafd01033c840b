//! `POST …/releases/{version}/files/`: single files of a release, from `sentry-cli releases files upload` and scripts of
//! users. Maps are stored; what a script says about its map is used.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use http::Request;
use http_common::Answer;
use model::id::DebugId;
use model::outcome::{Reason, Refusal};
use model::time::SECONDS_PER_DAY;
use serde_json::{Map, Value, json};
use store::ports::{MapItem, MapKind, Upload, UploadedFile};
use symbolicator::KEPT_DAYS;

use super::form::{FileForm, read_form};
use super::releases::{NamedRelease, check};
use crate::Symbols;
use crate::assembly::{NamedUpload, build_apart, is_stored, store};
use crate::bundle::{Build, build_file, named_in, resolve, script_of, sha1};
use crate::uploader::Uploader;

/// The longest URL of a file, and the longest build, in bytes.
const MAX_TEXT: usize = 1_000;

pub(super) fn routes() -> Router<Arc<Symbols>> {
    let mut router = Router::new();
    for parent in ["organizations/{organization}", "projects/{organization}/{project}"] {
        let path = format!("/api/0/{parent}/releases/{{version}}/files");
        router = router.route(&path, get(list_nothing).post(receive));
    }
    router
}

/// A file of a release.
struct ReleaseFile {
    /// Its URL, such as `~/main.js`.
    url: String,
    content: bytes::Bytes,
    headers: Map<String, Value>,
    of: Build,
}

async fn receive(
    State(symbols): State<Arc<Symbols>>,
    uploader: Uploader,
    Path(NamedRelease { version }): Path<NamedRelease>,
    request: Request<Body>,
) -> Response {
    symbols
        .answer(async {
            let file = parse(check(&version)?, read_form(request).await?)?;
            keep(&symbols, &uploader, &file).await?;
            http_common::created(&json!({
                "id": sha1(file.url.as_bytes()).to_string(), "sha1": sha1(&file.content).to_string(), "name": file.url,
                "size": file.content.len(), "dist": file.of.dist, "headers": file.headers,
            })) as Answer
        })
        .await
}

fn parse(version: &str, form: FileForm) -> Result<ReleaseFile, Refusal> {
    let invalid = |message: &str| Refusal::new(Reason::BodyInvalid, message.to_owned());
    let text = |name: &str| form.texts.iter().find(|(own, _)| own == name).map(|(_, text)| text.clone());
    let url = text("name").or(form.file_name).unwrap_or_default();
    if url.is_empty() || url.len() > MAX_TEXT {
        return Err(invalid("`name` must be the URL of the file, such as `~/main.js`, of 1 to 1,000 bytes"));
    }
    let dist = text("dist").filter(|dist| !dist.is_empty());
    if dist.as_ref().is_some_and(|dist| dist.len() > MAX_TEXT) {
        return Err(invalid("`dist` must have at most 1,000 bytes"));
    }
    let headers = form.texts.iter().filter(|(name, _)| name == "header").filter_map(|(_, header)| {
        let (name, value) = header.split_once(':')?;
        Some((name.trim().to_owned(), Value::from(value.trim())))
    });
    let headers = headers.collect();
    let content = form.file.ok_or_else(|| invalid("the form has no part `file`"))?;
    Ok(ReleaseFile { url, content, headers, of: Build { release: Some(version.to_owned()), dist } })
}

impl ReleaseFile {
    fn is_map(&self) -> bool {
        script_of(&self.url).is_some()
    }

    /// The URL of the map that a script names.
    fn map(&self) -> Option<String> {
        let names = ["sourcemap", "x-sourcemap"];
        let header = self.headers.iter().find(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)));
        let named = header.and_then(|(_, value)| value.as_str()).or_else(|| named_in(&self.content))?;
        resolve(&self.url, named)
    }

    fn named(&self, identity: &str) -> NamedUpload {
        let checksum = sha1(&self.content);
        NamedUpload {
            kind: MapKind::SourceMap,
            identity: sha1(format!("file {:?} {} {checksum} {identity}", self.of, self.url).as_bytes()),
            checksum,
            chunks: Vec::new(),
            release: self.of.release.clone(),
            dist: self.of.dist.clone(),
        }
    }
}

async fn keep(symbols: &Symbols, uploader: &Uploader, file: &ReleaseFile) -> Result<(), Refusal> {
    if file.is_map() {
        let named = file.named("map");
        if is_stored(symbols, uploader.project.id, &named).await? {
            return Ok(());
        }
        // Under its own URL, by which scripts find it, and under that of the script that it belongs to by its name.
        let urls = [Some(file.url.as_str()), script_of(&file.url)];
        let ids: Vec<_> = urls.into_iter().flatten().filter_map(|url| file.of.id_of(url)).collect();
        let (url, content) = (file.url.clone(), file.content.clone());
        let _turn =
            symbols.bundles.acquire().await.map_err(|_| Refusal::new(Reason::Internal, "no map can be read"))?;
        let built = build_apart(move || build_file(&url, ids, content.to_vec())).await;
        let failure = store(symbols, uploader, &named, built).await?;
        return failure
            .map_or(Ok(()), |failure| Err(Refusal::new(Reason::BodyInvalid, format!("{}: {failure}", file.url))));
    }
    let Some(map) = file.map().filter(|map| script_of(map) != Some(&file.url)) else { return Ok(()) };
    link(symbols, uploader, file, &map).await
}

/// Notes that a script has a map with another name, which must have been uploaded before.
async fn link(symbols: &Symbols, uploader: &Uploader, file: &ReleaseFile, map: &str) -> Result<(), Refusal> {
    let (project, now) = (uploader.project.id, symbols.clock.now());
    let known: Vec<DebugId> = file.of.id_of(map).into_iter().collect();
    let found = symbols.stores.source_maps.source_maps(project, &known).await?;
    let Some((found, id)) = found.into_iter().next().zip(file.of.id_of(&file.url)) else {
        let message =
            format!("{} names the source map {map}, which was not uploaded: upload maps before scripts", file.url);
        return Err(Refusal::new(Reason::BodyInvalid, message));
    };
    let upload = Upload {
        id: model::id::UploadId::new(now, file.named("script").identity),
        kind: MapKind::SourceMap,
        failure: None,
        release: file.of.release.clone(),
        dist: file.of.dist.clone(),
        uploader: uploader.name.clone(),
        ids: vec![id],
        file_count: 1,
        files: vec![UploadedFile { url: file.url.clone(), debug_id: None, problem: None }],
        size: 0,
        expires_at: now.plus_seconds(i64::from(KEPT_DAYS) * SECONDS_PER_DAY),
    };
    let item = MapItem { id, ..found };
    symbols.stores.source_maps.put_source_maps(project, &upload, &[item]).await?;
    Ok(())
}

/// Old uploaders ask which files they need not send again.
async fn list_nothing(State(symbols): State<Arc<Symbols>>, _: Uploader) -> Response {
    symbols.answer(async { http_common::ok(&json!([])) }).await
}
