//! Source maps and their uploads, in the directory: it is always on demand, so a large upload does not use up the capacity
//! that errors are counted with.

use async_trait::async_trait;
use model::id::{Checksum, DebugId, ProjectId, UploadId};
use model::time::Timestamp;

use super::Directory;
use super::call::Range;
use super::item::{Attributes, Reader, Writer, bytes, is_expired, key, number, text, time};
use super::schema::{
    FILE_MAPS, PK, SK, SOURCE_MAPS_CHANGED, TTL, UPLOAD, bundle_sk, source_map_sk, source_maps_pk, upload_sk,
};
use crate::error::{Kind, Result, StoreError};
use crate::ports::{MapItem, MapKind, Page, SourceMaps, Upload, UploadedFile};

const OF_UPLOAD: &str = "upload";
const OFFSET: &str = "offset";
const LENGTH: &str = "length";
const FAILURE: &str = "failure";
const RELEASE: &str = "release";
const DIST: &str = "dist";
const UPLOADER: &str = "uploader";
const IDS: &str = "ids";
const FILES: &str = "files";
const FILE_COUNT: &str = "fileCount";
const SIZE: &str = "size";
const CHANGED_AT: &str = "at";
/// Absent for source maps, which were there first.
const KIND: &str = "kind";
const PROGUARD: &str = "proguard";

/// The largest list of files, in bytes, before it is compressed.
const MAX_FILES_TEXT: usize = 4 << 20;

#[async_trait]
impl SourceMaps for Directory {
    async fn put_source_maps(&self, project: ProjectId, upload: &Upload, maps: &[MapItem]) -> Result<()> {
        let doing = "storing an upload of source maps";
        let pk = source_maps_pk(project);
        let items = maps.iter().map(|map| {
            with_kind(Writer::new(pk.as_str(), source_map_sk(map.id)), map.kind)
                .with(OF_UPLOAD, text(map.upload.to_string()))
                .with(OFFSET, number(map.offset))
                .with(LENGTH, number(map.length))
                .expiring(map.expires_at)
                .done()
        });
        self.table.put_all(doing, items.collect()).await?;
        let bundle = Writer::new(pk.as_str(), bundle_sk(upload.id.bundle()))
            .with(OF_UPLOAD, text(upload.id.to_string()))
            .expiring(upload.expires_at)
            .done();
        self.table.put_all(doing, vec![encode(&pk, upload)?]).await?;
        self.table.put_all(doing, vec![bundle]).await?;
        self.note_change(project, upload.id.at()).await
    }

    async fn source_maps_changed(&self, project: ProjectId) -> Result<Option<Timestamp>> {
        let doing = "reading when source maps changed";
        let item = self.table.get(doing, key(source_maps_pk(project), SOURCE_MAPS_CHANGED), false).await?;
        item.map(|item| Reader::new(doing, &item)?.time(CHANGED_AT)).transpose()
    }

    async fn note_file_maps(&self, project: ProjectId) -> Result<()> {
        let item = Writer::new(source_maps_pk(project), FILE_MAPS).done();
        self.table.put_all("noting that there are maps by URL", vec![item]).await
    }

    async fn has_file_maps(&self, project: ProjectId) -> Result<bool> {
        let item = self.table.get("asking for maps by URL", key(source_maps_pk(project), FILE_MAPS), false).await?;
        Ok(item.is_some())
    }

    async fn source_map(&self, project: ProjectId, id: DebugId) -> Result<Option<MapItem>> {
        let doing = "reading where a source map is";
        let item = self.table.get(doing, key(source_maps_pk(project), source_map_sk(id)), false).await?;
        let item = item.filter(|item| !is_expired(item, self.table.clock.now()));
        item.map(|item| decode_map(doing, &item)).transpose()
    }

    async fn source_maps(&self, project: ProjectId, ids: &[DebugId]) -> Result<Vec<MapItem>> {
        let doing = "reading where source maps are";
        let pk = source_maps_pk(project);
        let keys = ids.iter().map(|id| key(pk.as_str(), source_map_sk(*id))).collect();
        let items = self.table.get_all(doing, keys, true).await?;
        let now = self.table.clock.now();
        items.iter().filter(|item| !is_expired(item, now)).map(|item| decode_map(doing, item)).collect()
    }

    async fn keep_source_map(&self, project: ProjectId, map: &MapItem, until: Timestamp) -> Result<()> {
        let pk = source_maps_pk(project);
        let upload = map.upload.to_string();
        for sk in [source_map_sk(map.id), upload_sk(&map.upload), bundle_sk(map.upload.bundle())] {
            let is_upload = sk.starts_with(UPLOAD);
            let call = self
                .table
                .client
                .update_item()
                .table_name(&self.table.name)
                .set_key(Some(key(pk.as_str(), sk)))
                .update_expression("SET #ttl = :until")
                .expression_attribute_names("#ttl", TTL)
                .expression_attribute_values(":until", number(until.seconds()));
            // An item that was deleted, or belongs to a later upload, stays as it is.
            let call = match is_upload {
                true => call.condition_expression("attribute_exists(#pk)").expression_attribute_names("#pk", PK),
                false => call
                    .condition_expression("#upload = :upload")
                    .expression_attribute_names("#upload", OF_UPLOAD)
                    .expression_attribute_values(":upload", text(upload.as_str())),
            };
            match call.send().await.map_err(|error| StoreError::of_call("keeping a source map", &error)) {
                Err(error) if error.kind() == Kind::Conflict => {}
                kept => drop(kept?),
            }
        }
        Ok(())
    }

    async fn uploads(
        &self,
        project: ProjectId,
        before: Option<&UploadId>,
        limit: usize,
    ) -> Result<Page<Upload, UploadId>> {
        let doing = "listing uploads of source maps";
        let mut range = Range::of_prefix(source_maps_pk(project), UPLOAD);
        range.newest_first = true;
        range.limit = Some(limit + 1);
        range.after = before.map(upload_sk);
        let mut items = Vec::new();
        loop {
            let (found, next) = self.table.query(doing, &range).await?;
            let now = self.table.clock.now();
            for item in found.iter().filter(|item| !is_expired(item, now)) {
                items.push(decode(doing, item)?);
            }
            match next {
                Some(next) if items.len() <= limit => range.after = Some(next),
                Some(_) | None => break,
            }
        }
        Ok(Page { items, next: None }.cut(limit, |upload| upload.id))
    }

    async fn upload(&self, project: ProjectId, id: &UploadId) -> Result<Option<Upload>> {
        let doing = "reading an upload of source maps";
        let item = self.table.get(doing, key(source_maps_pk(project), upload_sk(id)), true).await?;
        let item = item.filter(|item| !is_expired(item, self.table.clock.now()));
        item.map(|item| decode(doing, &item)).transpose()
    }

    async fn upload_of_bundle(&self, project: ProjectId, bundle: Checksum) -> Result<Option<Upload>> {
        let doing = "reading the upload of a bundle";
        let item = self.table.get(doing, key(source_maps_pk(project), bundle_sk(bundle)), true).await?;
        let Some(item) = item else { return Ok(None) };
        let id = Reader::new(doing, &item)?.parsed(OF_UPLOAD, UploadId::parse)?;
        self.upload(project, &id).await
    }

    async fn remove_upload(&self, project: ProjectId, upload: &Upload, now: Timestamp) -> Result<()> {
        let doing = "removing an upload of source maps";
        let pk = source_maps_pk(project);
        let maps = self.source_maps(project, &upload.ids).await?;
        let own = maps.iter().filter(|map| map.upload == upload.id);
        self.table.remove_all(doing, own.map(|map| key(pk.as_str(), source_map_sk(map.id))).collect()).await?;
        // The newest upload of the bundle may be a later one.
        let newest = self.upload_of_bundle(project, upload.id.bundle()).await?;
        if newest.is_none_or(|newest| newest.id == upload.id) {
            self.table.remove(doing, key(pk.as_str(), bundle_sk(upload.id.bundle()))).await?;
        }
        self.table.remove(doing, key(pk.as_str(), upload_sk(&upload.id))).await?;
        self.note_change(project, now).await
    }

    async fn remove_source_maps(&self, project: ProjectId) -> Result<bool> {
        let doing = "removing a project's source maps";
        let mut range = Range::of_prefix(source_maps_pk(project), "");
        range.limit = Some(1_000);
        range.consistent = true;
        let (items, next) = self.table.query(doing, &range).await?;
        let keys = items.iter().map(|item| {
            let read = Reader::of_any_form(doing, item);
            Ok(key(read.text(PK)?, read.text(SK)?))
        });
        self.table.remove_all(doing, keys.collect::<Result<_>>()?).await?;
        Ok(next.is_some())
    }
}

impl Directory {
    async fn note_change(&self, project: ProjectId, at: Timestamp) -> Result<()> {
        let item = Writer::new(source_maps_pk(project), SOURCE_MAPS_CHANGED).with(CHANGED_AT, time(at)).done();
        self.table.put_all("noting that source maps changed", vec![item]).await
    }
}

fn with_kind(item: Writer, kind: MapKind) -> Writer {
    match kind {
        MapKind::SourceMap | MapKind::Unknown => item,
        MapKind::ProGuard => item.with(KIND, text(PROGUARD)),
    }
}

fn kind_of(read: &Reader<'_>) -> MapKind {
    match read.text_if_any(KIND) {
        None => MapKind::SourceMap,
        Some(PROGUARD) => MapKind::ProGuard,
        Some(_) => MapKind::Unknown,
    }
}

fn encode(pk: &str, upload: &Upload) -> Result<Attributes> {
    let failed = |error: &dyn std::fmt::Display| StoreError::corrupt("packing a list of files", error);
    let files = serde_json::to_vec(&upload.files).map_err(|error| failed(&error))?;
    let files = zstd::bulk::compress(&files, 0).map_err(|error| failed(&error))?;
    let optional = [(FAILURE, &upload.failure), (RELEASE, &upload.release), (DIST, &upload.dist)];
    let item = with_kind(Writer::new(pk, upload_sk(&upload.id)), upload.kind)
        .with(UPLOADER, text(upload.uploader.as_str()))
        .with(IDS, bytes(upload.ids.iter().flat_map(|id| id.to_bytes()).collect()))
        .with(FILES, bytes(files))
        .with(FILE_COUNT, number(upload.file_count))
        .with(SIZE, number(upload.size))
        .expiring(upload.expires_at);
    let with = |item: Writer, (name, value): (&str, &Option<String>)| match value {
        Some(value) => item.with(name, text(value.as_str())),
        None => item,
    };
    Ok(optional.into_iter().fold(item, with).done())
}

fn decode(doing: &'static str, item: &Attributes) -> Result<Upload> {
    let read = Reader::new(doing, item)?;
    let optional = |name| read.text_if_any(name).map(str::to_owned);
    let (ids, rest) = read.bytes(IDS)?.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(StoreError::corrupt(doing, "the list of debug ids ends within one"));
    }
    let files = read.parsed_bytes(FILES, |packed| {
        let text = zstd::bulk::decompress(packed, MAX_FILES_TEXT).map_err(|error| error.to_string())?;
        serde_json::from_slice::<Vec<UploadedFile>>(&text).map_err(|error| error.to_string())
    })?;
    Ok(Upload {
        id: read.parsed(SK, |sk| UploadId::parse(sk.strip_prefix(UPLOAD).unwrap_or(sk)))?,
        kind: kind_of(&read),
        failure: optional(FAILURE),
        release: optional(RELEASE),
        dist: optional(DIST),
        uploader: read.text(UPLOADER)?.to_owned(),
        ids: ids.iter().copied().map(DebugId::from_bytes).collect(),
        files,
        file_count: read.number(FILE_COUNT)?,
        size: read.number(SIZE)?,
        expires_at: Timestamp::from_seconds(read.number(TTL)?),
    })
}

fn decode_map(doing: &'static str, item: &Attributes) -> Result<MapItem> {
    let read = Reader::new(doing, item)?;
    Ok(MapItem {
        id: read.parsed(SK, |sk| DebugId::parse(sk.strip_prefix("I#").unwrap_or(sk)))?,
        kind: kind_of(&read),
        upload: read.parsed(OF_UPLOAD, UploadId::parse)?,
        offset: read.number(OFFSET)?,
        length: read.number(LENGTH)?,
        expires_at: Timestamp::from_seconds(read.number(TTL)?),
    })
}
