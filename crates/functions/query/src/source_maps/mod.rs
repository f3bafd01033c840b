//! `/projects/{project}/source-maps`: the uploads of source maps and ProGuard mappings of a project. The function `symbols` receives them.

mod check;
mod delete;
mod findings;
mod list;
mod show;

use std::sync::Arc;

use axum::Router;
use http_common::describe::Description;
use model::id::{DebugId, ProjectId, UploadId};
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;
use store::ports::{MapKind, Upload, UploadedFile};

use crate::Query;
use crate::list::refuse_parameter;

/// The most problems of an upload that a list shows.
const MAX_PROBLEMS: usize = 3;

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new().merge(check::route()).merge(delete::route()).merge(list::route()).merge(show::route())
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("source maps");
    list::describe(api);
    check::describe(api);
    show::describe(api);
    delete::describe(api);
}

/// The kind of an upload.
#[derive(Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UploadKind")]
enum KindEntry {
    /// Source maps of JavaScript.
    SourceMap,
    /// A mapping of ProGuard or R8.
    Proguard,
    /// A kind that a later version of faultline stored.
    Unknown,
}

impl KindEntry {
    fn new(kind: MapKind) -> Self {
        match kind {
            MapKind::SourceMap => Self::SourceMap,
            MapKind::ProGuard => Self::Proguard,
            MapKind::Unknown => Self::Unknown,
        }
    }
}

/// An upload of source maps, or of a ProGuard mapping.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SourceMapUpload")]
struct UploadEntry<'a> {
    id: UploadId,
    kind: KindEntry,
    uploaded_at: Timestamp,
    /// When it is removed, unless one of its maps is used before.
    expires_at: Timestamp,
    /// The release that the uploader named.
    release: Option<&'a str>,
    /// The build that the uploader named.
    dist: Option<&'a str>,
    /// The name of the key that uploaded it.
    uploader: &'a str,
    /// The number of files.
    files: u64,
    /// The number of maps that can be used.
    maps: usize,
    /// The bytes that its maps take in the bucket.
    size: u64,
    /// Why nothing of it can be used; null if a map can.
    failure: Option<&'a str>,
    /// What is wrong with its files: the first few.
    #[schemars(length(max = MAX_PROBLEMS))]
    problems: Vec<FileEntry<'a>>,
}

/// A file of an upload.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "UploadedFile")]
struct FileEntry<'a> {
    /// Its URL, as the uploader wrote it.
    url: &'a str,
    debug_id: Option<DebugId>,
    /// What is wrong with it; null if nothing is.
    problem: Option<&'a str>,
}

impl<'a> FileEntry<'a> {
    fn new(file: &'a UploadedFile) -> Self {
        Self { url: &file.url, debug_id: file.debug_id, problem: file.problem.as_deref() }
    }
}

impl<'a> UploadEntry<'a> {
    fn new(upload: &'a Upload) -> Self {
        let problems = upload.files.iter().filter(|file| file.problem.is_some());
        Self {
            id: upload.id,
            kind: KindEntry::new(upload.kind),
            uploaded_at: upload.id.at(),
            expires_at: upload.expires_at,
            release: upload.release.as_deref(),
            dist: upload.dist.as_deref(),
            uploader: &upload.uploader,
            files: upload.file_count,
            maps: upload.ids.len(),
            size: upload.size,
            failure: upload.failure.as_deref(),
            problems: problems.take(MAX_PROBLEMS).map(FileEntry::new).collect(),
        }
    }
}

/// The upload that a path names.
async fn find(query: &Query, project: ProjectId, path: &str) -> Result<Upload, Refusal> {
    let id = http_common::decode_segment(path.split('/').nth(4).unwrap_or_default());
    let id = UploadId::parse(&id).map_err(|error| refuse_parameter("upload", error))?;
    let unknown = || {
        let message = format!("there is no upload {id}: it may have expired; GET …/source-maps lists all uploads");
        Refusal::new(Reason::UploadUnknown, message)
    };
    query.stores.source_maps.upload(project, &id).await?.ok_or_else(unknown)
}
