//! The operations that `s3s` calls. The longer ones have their own files.

use async_trait::async_trait;
use rusqlite::params;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, CreateBucketInput, CreateBucketOutput,
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag,
    GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput,
    ListObjectsV2Input, ListObjectsV2Output, PutObjectInput, PutObjectOutput, Timestamp,
};
use s3s::{S3, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

use super::failure::Failure;
use super::{get, list, put, rows};
use crate::Clock;
use crate::shared::clock::from_ms;
use crate::shared::sqlite::Sqlite;

pub(super) struct Objects {
    pub(super) database: Sqlite,
    pub(super) clock: Clock,
}

#[async_trait]
impl S3 for Objects {
    async fn create_bucket(&self, req: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        let (bucket, now) = (req.input.bucket, self.clock.now_ms());
        let location = format!("/{bucket}");
        self.database
            .write(move |c| -> Result<(), Failure> {
                let made = c.execute("INSERT OR IGNORE INTO bucket VALUES (?1, ?2)", params![bucket, now])?;
                if made == 0 { Err(S3ErrorCode::BucketAlreadyOwnedByYou.into()) } else { Ok(()) }
            })
            .await?;
        Ok(S3Response::new(CreateBucketOutput { location: Some(location) }))
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.database.read(move |c| rows::require_bucket(c, &req.input.bucket)).await?;
        Ok(S3Response::new(HeadBucketOutput::default()))
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        put::put(&self.database, &self.clock, req).await.map(S3Response::new)
    }

    /// Only onto the same key, with `MetadataDirective: REPLACE`: that renews the time of writing.
    async fn copy_object(&self, req: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let (input, now) = (req.input, self.clock.now_ms());
        let is_same = match &input.copy_source {
            CopySource::Bucket { bucket, key, version_id: None } => **bucket == *input.bucket && **key == *input.key,
            _ => false,
        };
        let replaces = input.metadata_directive.is_some_and(|directive| directive.as_str() == "REPLACE");
        if !is_same || !replaces {
            return Err(s3_error!(NotImplemented, "an object can be copied only onto itself, with new metadata"));
        }
        let etag = self
            .database
            .write(move |c| -> Result<_, Failure> {
                rows::require_bucket(c, &input.bucket)?;
                match rows::renew(c, &input.bucket, &input.key, now)? {
                    Some(etag) => Ok(etag),
                    None => Err(S3ErrorCode::NoSuchKey.into()),
                }
            })
            .await?;
        let copied = CopyObjectResult {
            e_tag: Some(ETag::Strong(etag)),
            last_modified: Some(Timestamp::from(from_ms(now))),
            ..Default::default()
        };
        Ok(S3Response::new(CopyObjectOutput { copy_object_result: Some(copied), ..Default::default() }))
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        Ok(S3Response::new(self.database.read(move |c| get::get(c, req.input)).await?))
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        Ok(S3Response::new(self.database.read(move |c| get::head(c, req.input)).await?))
    }

    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = req.input;
        self.database
            .write(move |c| -> Result<(), Failure> {
                rows::require_bucket(c, &input.bucket)?;
                Ok(rows::delete(c, &input.bucket, &input.key)?)
            })
            .await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(&self, req: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let input = req.input;
        let is_quiet = input.delete.quiet == Some(true);
        let deleted = self
            .database
            .write(move |c| -> Result<_, Failure> {
                rows::require_bucket(c, &input.bucket)?;
                let mut deleted = Vec::with_capacity(input.delete.objects.len());
                for object in input.delete.objects {
                    rows::delete(c, &input.bucket, &object.key)?;
                    deleted.push(DeletedObject { key: Some(object.key), ..Default::default() });
                }
                Ok(deleted)
            })
            .await?;
        let deleted = (!is_quiet).then_some(deleted);
        Ok(S3Response::new(DeleteObjectsOutput { deleted, ..Default::default() }))
    }

    async fn list_objects_v2(&self, req: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        Ok(S3Response::new(self.database.read(move |c| list::list(c, req.input)).await?))
    }
}
