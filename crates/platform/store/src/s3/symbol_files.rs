use async_trait::async_trait;
use aws_sdk_s3::types::MetadataDirective;
use bytes::Bytes;
use model::id::{Checksum, ProjectId, UploadId};

use super::Bucket;
use crate::error::{Kind, Result, StoreError};
use crate::ports::{CHUNK_PREFIX, MAP_PREFIX, SymbolFiles};

fn chunks(project: ProjectId) -> String {
    format!("{CHUNK_PREFIX}v=1/project={project}/")
}

fn chunk_key(project: ProjectId, sha1: Checksum) -> String {
    format!("{}{sha1}", chunks(project))
}

fn maps(project: ProjectId) -> String {
    format!("{MAP_PREFIX}v=1/project={project}/")
}

fn maps_key(project: ProjectId, upload: &UploadId) -> String {
    format!("{}{upload}", maps(project))
}

#[async_trait]
impl SymbolFiles for Bucket {
    async fn put_chunk(&self, project: ProjectId, sha1: Checksum, chunk: Bytes) -> Result<()> {
        let call = self.client.put_object().bucket(&self.name).key(chunk_key(project, sha1)).body(chunk.into());
        call.send().await.map(drop).map_err(|error| StoreError::of_call("writing a chunk", &error))
    }

    async fn has_chunk(&self, project: ProjectId, sha1: Checksum) -> Result<bool> {
        let call = self.client.head_object().bucket(&self.name).key(chunk_key(project, sha1));
        match call.send().await.map_err(|error| StoreError::of_call("looking for a chunk", &error)) {
            Err(error) if error.kind() == Kind::NotFound => Ok(false),
            found => found.map(|_| true),
        }
    }

    async fn chunk(&self, project: ProjectId, sha1: Checksum) -> Result<Option<Bytes>> {
        let doing = "reading a chunk";
        let call = self.client.get_object().bucket(&self.name).key(chunk_key(project, sha1));
        match call.send().await.map_err(|error| StoreError::of_call(doing, &error)) {
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            object => self.body(doing, object?.body).await.map(Some),
        }
    }

    async fn put_maps(&self, project: ProjectId, upload: &UploadId, maps: Vec<u8>) -> Result<()> {
        let call = self.client.put_object().bucket(&self.name).key(maps_key(project, upload)).body(maps.into());
        call.send().await.map(drop).map_err(|error| StoreError::of_call("writing source maps", &error))
    }

    async fn maps_part(
        &self,
        project: ProjectId,
        upload: &UploadId,
        offset: u64,
        length: u64,
    ) -> Result<Option<Bytes>> {
        let doing = "reading a part of a source map";
        let Some(last) = length.checked_sub(1).and_then(|length| offset.checked_add(length)) else {
            return Ok(Some(Bytes::new()));
        };
        let call = self.client.get_object().bucket(&self.name).key(maps_key(project, upload));
        match call.range(format!("bytes={offset}-{last}")).send().await {
            Err(error) => match StoreError::of_call(doing, &error) {
                error if error.kind() == Kind::NotFound => Ok(None),
                error => Err(error),
            },
            Ok(object) => self.body(doing, object.body).await.map(Some),
        }
    }

    async fn keep_maps(&self, project: ProjectId, upload: &UploadId) -> Result<()> {
        // S3 allows a copy onto the same key only if it changes something. The time of writing is what matters.
        let key = maps_key(project, upload);
        let call = self.client.copy_object().bucket(&self.name).key(&key).copy_source(format!("{}/{key}", self.name));
        let call = call.metadata_directive(MetadataDirective::Replace);
        call.send().await.map(drop).map_err(|error| StoreError::of_call("keeping source maps", &error))
    }

    async fn remove_maps(&self, project: ProjectId, upload: &UploadId) -> Result<()> {
        let call = self.client.delete_object().bucket(&self.name).key(maps_key(project, upload));
        call.send().await.map(drop).map_err(|error| StoreError::of_call("removing source maps", &error))
    }

    async fn remove_some_symbol_files(&self, project: ProjectId) -> Result<bool> {
        let doing = "removing source maps";
        Ok(self.remove_under(doing, &maps(project)).await? || self.remove_under(doing, &chunks(project)).await?)
    }
}
