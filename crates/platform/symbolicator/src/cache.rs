//! The memory of one process for source maps.

use std::sync::Arc;

use bytes::Bytes;
use model::id::{DebugId, ProjectId, UploadId};
use model::time::Timestamp;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use retrace::MappingDirectory;
use source_maps::{Directory, ObjectRange};
use store::Recent;
use store::ports::MapItem;

/// The most projects of which it is remembered whether they have maps.
const MAX_PROJECTS: usize = 10_000;
/// The most debug ids of which it is remembered where their map is.
const MAX_MAPS: usize = 20_000;
/// The memory for directories, and that for blocks and sources, in bytes.
const MAX_DIRECTORIES: u64 = 24 << 20;
const MAX_PARTS: u64 = 24 << 20;
/// The memory for directories of ProGuard mappings, in bytes.
const MAX_MAPPING_DIRECTORIES: u64 = 8 << 20;
/// The usual size of what is remembered, in bytes.
const USUAL_SIZE: u64 = 16 << 10;

/// A place in the bucket.
pub(crate) type PartKey = (ProjectId, UploadId, ObjectRange);

pub(crate) struct MapCache {
    /// When the maps of a project last changed; `None` if it has none.
    pub(crate) changed: Recent<ProjectId, Option<Timestamp>, MAX_PROJECTS>,
    /// Whether a project has maps of files without debug ids. It holds as long as the project's maps do not change.
    pub(crate) by_url: Recent<ProjectId, (Option<Timestamp>, bool), MAX_PROJECTS>,
    /// Where a map is, or that there is none. It holds as long as the project's maps do not change.
    pub(crate) items: Recent<(ProjectId, DebugId), (Option<Timestamp>, Option<MapItem>), MAX_MAPS>,
    pub(crate) directories: Cache<PartKey, Arc<Directory>, Size>,
    pub(crate) mapping_directories: Cache<PartKey, Arc<MappingDirectory>, Size>,
    pub(crate) parts: Cache<PartKey, Bytes, Size>,
}

#[derive(Clone)]
pub(crate) struct Size;

/// The size of an entry without its content, in bytes.
const ENTRY: u64 = 200;

impl Weighter<PartKey, Arc<Directory>> for Size {
    fn weight(&self, _: &PartKey, directory: &Arc<Directory>) -> u64 {
        directory.size() as u64 + ENTRY
    }
}

impl Weighter<PartKey, Arc<MappingDirectory>> for Size {
    fn weight(&self, _: &PartKey, directory: &Arc<MappingDirectory>) -> u64 {
        directory.size() as u64 + ENTRY
    }
}

impl Weighter<PartKey, Bytes> for Size {
    fn weight(&self, _: &PartKey, part: &Bytes) -> u64 {
        part.len() as u64 + ENTRY
    }
}

impl Default for MapCache {
    fn default() -> Self {
        let entries = |limit: u64| (limit / USUAL_SIZE) as usize;
        Self {
            changed: Recent::default(),
            by_url: Recent::default(),
            items: Recent::default(),
            directories: Cache::with_weighter(entries(MAX_DIRECTORIES), MAX_DIRECTORIES, Size),
            mapping_directories: Cache::with_weighter(entries(MAX_MAPPING_DIRECTORIES), MAX_MAPPING_DIRECTORIES, Size),
            parts: Cache::with_weighter(entries(MAX_PARTS), MAX_PARTS, Size),
        }
    }
}
