use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::join_all;
use model::id::{DebugId, ProjectId, UploadId};
use model::time::Timestamp;
use source_maps::{At, Directory, FrameProblem, ObjectRange, Original, Wanted, around, find};
use store::StoreError;
use store::ports::{MapItem, MapKind};

use crate::Symbolicator;

/// How long it is trusted that the maps of a project did not change, in seconds. A map that is uploaded during a storm is
/// used after this time.
const UNCHANGED_SECONDS: i64 = 30;
/// How long it is remembered where a map is, and that there is none, in seconds, if the project's maps do not change. It is
/// short because the reads are eventually consistent: one may miss an item although it saw the change.
const ITEM_SECONDS: i64 = 300;
const MISSING_SECONDS: i64 = 60;
/// The largest directory and the largest other part that are read, in bytes.
const MAX_PART: u64 = 16 << 20;

/// Why a look-up fails.
enum LookupFailure {
    Problem(FrameProblem),
    Storage(StoreError),
}

impl From<StoreError> for LookupFailure {
    fn from(error: StoreError) -> Self {
        Self::Storage(error)
    }
}

impl From<FrameProblem> for LookupFailure {
    fn from(problem: FrameProblem) -> Self {
        Self::Problem(problem)
    }
}

impl Symbolicator {
    /// Looks up frames of one map.
    pub(crate) async fn look_up_in(
        &self,
        project: ProjectId,
        id: DebugId,
        frames: &[(At, Wanted)],
    ) -> Vec<(At, Result<Original, FrameProblem>)> {
        let found = match self.open(project, id).await {
            Ok((item, directory)) => {
                let found = frames.iter().map(|(_, wanted)| self.find_original(project, &item, &directory, wanted));
                join_all(found).await
            }
            Err(failure) => {
                let problem = explain(failure);
                frames.iter().map(|_| Err(LookupFailure::Problem(problem.clone()))).collect()
            }
        };
        frames.iter().zip(found).map(|((at, _), found)| (*at, found.map_err(explain))).collect()
    }

    /// Finds a map and reads its directory.
    async fn open(&self, project: ProjectId, id: DebugId) -> Result<(MapItem, Arc<Directory>), LookupFailure> {
        let missing = || LookupFailure::Problem(FrameProblem::NotUploaded(id));
        let item = self.find_item(project, id).await?.filter(|item| item.kind == MapKind::SourceMap);
        let item = item.ok_or_else(missing)?;
        self.renew(project, &item).await;
        let range = ObjectRange { offset: item.offset, length: item.length };
        let key = (project, item.upload, range);
        if let Some(directory) = self.cache.directories.get(&key) {
            return Ok((item, directory));
        }
        let packed = self.fetch(project, &item.upload, range).await?.ok_or_else(missing)?;
        let directory = Arc::new(Directory::parse(&packed).map_err(|error| damaged(project, id, &error))?);
        self.cache.directories.insert(key, directory.clone());
        Ok((item, directory))
    }

    /// Finds out where a map is. Projects without maps cost a read each [`UNCHANGED_SECONDS`].
    pub(crate) async fn find_item(&self, project: ProjectId, id: DebugId) -> Result<Option<MapItem>, StoreError> {
        let now = self.clock.now();
        let changed = self.last_change(project).await?;
        if changed.is_none() {
            return Ok(None);
        }
        if let Some((_, item)) = self.cache.items.get(&(project, id), now).filter(|(of, _)| *of == changed) {
            return Ok(item);
        }
        let item = self.maps.source_map(project, id).await?;
        let seconds = if item.is_some() { ITEM_SECONDS } else { MISSING_SECONDS };
        self.cache.items.put((project, id), (changed, item.clone()), now.plus_seconds(seconds));
        Ok(item)
    }

    async fn last_change(&self, project: ProjectId) -> Result<Option<Timestamp>, StoreError> {
        let now = self.clock.now();
        if let Some(changed) = self.cache.changed.get(&project, now) {
            return Ok(changed);
        }
        let changed = self.maps.source_maps_changed(project).await?;
        self.cache.changed.put(project, changed, now.plus_seconds(UNCHANGED_SECONDS));
        Ok(changed)
    }

    /// Whether the project has maps of files without debug ids. If not, no URL is looked up.
    pub(crate) async fn has_file_maps(&self, project: ProjectId) -> Result<bool, StoreError> {
        let (now, changed) = (self.clock.now(), self.last_change(project).await?);
        if changed.is_none() {
            return Ok(false);
        }
        if let Some((_, has_files)) = self.cache.by_url.get(&project, now).filter(|(of, _)| *of == changed) {
            return Ok(has_files);
        }
        let has_files = self.maps.has_file_maps(project).await?;
        let seconds = if has_files { ITEM_SECONDS } else { MISSING_SECONDS };
        self.cache.by_url.put(project, (changed, has_files), now.plus_seconds(seconds));
        Ok(has_files)
    }

    async fn find_original(
        &self,
        project: ProjectId,
        item: &MapItem,
        directory: &Directory,
        wanted: &Wanted,
    ) -> Result<Original, LookupFailure> {
        let (id, Wanted { line, column, .. }) = (item.id, *wanted);
        let missing = || LookupFailure::Problem(FrameProblem::NotUploaded(id));
        let outside = || LookupFailure::Problem(FrameProblem::NotInMap(id));
        let block = directory.block(line, column).ok_or_else(outside)?;
        let block = self.read_part(project, &item.upload, block).await?.ok_or_else(missing)?;
        let place = find(&block, line, column).map_err(|error| damaged(project, id, &error))?.ok_or_else(outside)?;
        let source = directory.source(place.source).ok_or_else(outside)?;
        let context = match source.text {
            Some(range) => {
                let text = self.read_part(project, &item.upload, range).await?.ok_or_else(missing)?;
                around(&text, place.line, place.column).map_err(|error| damaged(project, id, &error))?
            }
            None => None,
        };
        Ok(Original {
            id,
            source: source.name.clone(),
            is_ignored: source.is_ignored,
            line: place.line,
            column: place.column,
            name: place.name,
            function: place.function,
            context,
        })
    }

    /// Reads a part of an object, or finds it in the cache.
    pub(crate) async fn read_part(
        &self,
        project: ProjectId,
        upload: &UploadId,
        range: ObjectRange,
    ) -> Result<Option<Bytes>, StoreError> {
        let key = (project, *upload, range);
        if let Some(part) = self.cache.parts.get(&key) {
            return Ok(Some(part));
        }
        let part = self.fetch(project, upload, range).await?;
        if let Some(part) = &part {
            self.cache.parts.insert(key, part.clone());
        }
        Ok(part)
    }

    pub(crate) async fn fetch(
        &self,
        project: ProjectId,
        upload: &UploadId,
        range: ObjectRange,
    ) -> Result<Option<Bytes>, StoreError> {
        let length = range.length.min(MAX_PART);
        self.files.maps_part(project, upload, range.offset, length).await
    }
}

fn damaged(project: ProjectId, id: DebugId, error: &dyn std::fmt::Display) -> FrameProblem {
    tracing::error!(project.id = %project, debug.id = %id, error.message = %error, "failed to read a source map");
    FrameProblem::Damaged(id)
}

fn explain(failure: LookupFailure) -> FrameProblem {
    match failure {
        LookupFailure::Problem(problem) => problem,
        LookupFailure::Storage(error) => {
            tracing::warn!(error.message = %error, "failed to look up a source map");
            FrameProblem::NotRead
        }
    }
}
