use async_trait::async_trait;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use bytes::Bytes;
use formats::segment::FrameRange;
use model::id::{ProjectId, SegmentId};

use super::Bucket;
use crate::error::{Kind, Result, StoreError};
use crate::ports::{ETag, Segments};

#[async_trait]
impl Segments for Bucket {
    async fn put(&self, id: &SegmentId, segment: Vec<u8>) -> Result<()> {
        let call = self.client.put_object().bucket(&self.name).key(id.key()).body(segment.into());
        call.send().await.map(drop).map_err(|error| StoreError::of_call("writing a segment", &error))
    }

    async fn frame(&self, id: &SegmentId, frame: FrameRange) -> Result<Bytes> {
        let doing = "reading a frame";
        if frame.length == 0 {
            return Err(StoreError::corrupt(doing, format!("the frame in segment {id} has no bytes")));
        }
        let range = format!("bytes={}-{}", frame.offset, frame.offset + frame.length - 1);
        let call = self.client.get_object().bucket(&self.name).key(id.key()).range(range);
        let object = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        self.body(doing, object.body).await
    }

    async fn get(&self, id: &SegmentId) -> Result<(Vec<u8>, ETag)> {
        let doing = "reading a segment";
        let call = self.client.get_object().bucket(&self.name).key(id.key());
        let object = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        let version = object.e_tag.ok_or_else(|| StoreError::corrupt(doing, "the object has no ETag"))?;
        Ok((self.body(doing, object.body).await?.to_vec(), ETag(version)))
    }

    async fn replace(&self, id: &SegmentId, segment: Vec<u8>, version: &ETag) -> Result<()> {
        let call = self.client.put_object().bucket(&self.name).key(id.key()).if_match(&version.0).body(segment.into());
        call.send().await.map(drop).map_err(|error| StoreError::of_call("replacing a segment", &error))
    }

    async fn remove_some(&self, project: ProjectId) -> Result<bool> {
        for prefix in SegmentId::prefixes(project) {
            if self.remove_under("removing segments", &prefix).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Bucket {
    /// Removes at most 1,000 objects under `prefix`. Returns whether there were any.
    pub(super) async fn remove_under(&self, doing: &'static str, prefix: &str) -> Result<bool> {
        let list = self.client.list_objects_v2().bucket(&self.name).prefix(prefix);
        let list = list.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        let objects = list
            .contents()
            .iter()
            .filter_map(|object| ObjectIdentifier::builder().key(object.key()?).build().ok())
            .collect::<Vec<_>>();
        if objects.is_empty() {
            return Ok(false);
        }
        self.remove_objects(doing, objects).await.map(|()| true)
    }

    /// Removes at most 1,000 objects.
    pub(super) async fn remove_objects(&self, doing: &'static str, objects: Vec<ObjectIdentifier>) -> Result<()> {
        let delete = Delete::builder()
            .set_objects(Some(objects))
            .quiet(true)
            .build()
            .map_err(|error| StoreError::corrupt(doing, error))?;
        let removed = self.client.delete_objects().bucket(&self.name).delete(delete).send().await;
        let removed = removed.map_err(|error| StoreError::of_call(doing, &error))?;
        match removed.errors().first() {
            None => Ok(()),
            Some(error) => Err(StoreError::new(Kind::Unavailable, doing, error.message().unwrap_or_default())),
        }
    }

    pub(super) async fn body(&self, doing: &'static str, body: aws_sdk_s3::primitives::ByteStream) -> Result<Bytes> {
        let all = body.collect().await;
        all.map(|all| all.into_bytes()).map_err(|error| StoreError::new(Kind::Unavailable, doing, error.to_string()))
    }
}
