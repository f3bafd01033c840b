use async_trait::async_trait;
use model::id::{Checksum, DebugId, ProjectId, UploadId};
use model::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Page;
use crate::error::Result;

/// Uploads of source maps and ProGuard mappings, and where the map of each debug id is. Both are called maps here.
#[async_trait]
pub trait SourceMaps: Send + Sync {
    /// Stores an upload and its maps. A map replaces any other with its debug id.
    async fn put_source_maps(&self, project: ProjectId, upload: &Upload, maps: &[MapItem]) -> Result<()>;

    /// When the source maps of a project last changed; `None` if nothing was ever uploaded. One eventually consistent
    /// read: what is remembered of the maps is good as long as this is the same.
    async fn source_maps_changed(&self, project: ProjectId) -> Result<Option<Timestamp>>;

    /// Notes that the project has maps of files without debug ids, which are found by release and URL.
    async fn note_file_maps(&self, project: ProjectId) -> Result<()>;

    /// Whether the project ever had maps of files without debug ids. One eventually consistent read.
    async fn has_file_maps(&self, project: ProjectId) -> Result<bool>;

    /// Returns the map with this debug id.
    async fn source_map(&self, project: ProjectId, id: DebugId) -> Result<Option<MapItem>>;

    /// Returns the maps with these debug ids, of which there may be at most 5,000. Maps that do not exist are missing.
    async fn source_maps(&self, project: ProjectId, ids: &[DebugId]) -> Result<Vec<MapItem>>;

    /// Keeps a map, and the upload that it belongs to, until `until`.
    async fn keep_source_map(&self, project: ProjectId, map: &MapItem, until: Timestamp) -> Result<()>;

    /// Returns at most `limit` uploads that are older than `before`, newest first.
    async fn uploads(
        &self,
        project: ProjectId,
        before: Option<&UploadId>,
        limit: usize,
    ) -> Result<Page<Upload, UploadId>>;

    async fn upload(&self, project: ProjectId, id: &UploadId) -> Result<Option<Upload>>;

    /// Returns the newest upload of a bundle. A consistent read.
    async fn upload_of_bundle(&self, project: ProjectId, bundle: Checksum) -> Result<Option<Upload>>;

    /// Removes an upload, and those of its maps that no later upload replaced.
    async fn remove_upload(&self, project: ProjectId, upload: &Upload, now: Timestamp) -> Result<()>;

    /// Removes everything of a project, at most 1,000 items. Returns whether there may be more.
    async fn remove_source_maps(&self, project: ProjectId) -> Result<bool>;
}

/// The kind of a map.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MapKind {
    /// A source map of JavaScript.
    #[default]
    SourceMap,
    /// A mapping of ProGuard or R8.
    ProGuard,
    /// A kind that a later version of faultline stored.
    Unknown,
}

/// An upload of source maps, or of a ProGuard mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub id: UploadId,
    pub kind: MapKind,
    /// Why nothing of it could be used. `None`: at least one map was stored.
    pub failure: Option<String>,
    /// The release and the build that the uploader named.
    pub release: Option<String>,
    pub dist: Option<String>,
    /// The name of the key that uploaded it.
    pub uploader: String,
    /// The debug ids of its maps.
    pub ids: Vec<DebugId>,
    /// The first [`Upload::MAX_FILES`] files, those with problems first.
    pub files: Vec<UploadedFile>,
    /// The number of all files.
    pub file_count: u64,
    /// The bytes that its maps take in the bucket.
    pub size: u64,
    /// When it is removed, unless its maps are used.
    pub expires_at: Timestamp,
}

impl Upload {
    /// The most files that are listed.
    pub const MAX_FILES: usize = 500;
    /// The most maps of an upload.
    pub const MAX_MAPS: usize = 5_000;
}

/// A file of an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadedFile {
    /// Its URL, as the uploader wrote it, such as `~/main.js`.
    #[serde(rename = "u")]
    pub url: String,
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub debug_id: Option<DebugId>,
    /// The problem of the file, in a sentence.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Where the map of a debug id is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapItem {
    pub id: DebugId,
    pub kind: MapKind,
    /// The upload, which also names the object.
    pub upload: UploadId,
    /// Where the map's directory is in the object, in bytes.
    pub offset: u64,
    pub length: u64,
    /// When it is removed, unless it is used.
    pub expires_at: Timestamp,
}
