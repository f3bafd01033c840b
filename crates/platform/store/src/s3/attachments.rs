use async_trait::async_trait;
use aws_sdk_s3::types::ObjectIdentifier;
use bytes::Bytes;
use model::id::{AttachmentFolder, ProjectId};
use model::occurrence::Attachment;

use super::Bucket;
use crate::error::{Kind, Result, StoreError};
use crate::ports::Attachments;

/// The most objects that S3 deletes in one request.
const MAX_DELETED: usize = 1_000;

#[async_trait]
impl Attachments for Bucket {
    async fn put_attachment(&self, folder: &AttachmentFolder, number: usize, content: Bytes) -> Result<()> {
        let call = self.client.put_object().bucket(&self.name).key(folder.key(number)).body(content.into());
        match call.if_none_match("*").send().await {
            Err(error) => match StoreError::of_call("writing an attachment", &error) {
                // It is there.
                error if error.kind() == Kind::Conflict => Ok(()),
                error => Err(error),
            },
            Ok(_) => Ok(()),
        }
    }

    async fn attachment(
        &self,
        folder: &AttachmentFolder,
        number: usize,
        length: Option<usize>,
    ) -> Result<Option<Bytes>> {
        let doing = "reading an attachment";
        let range = length.map(|length| format!("bytes=0-{}", length.max(1) - 1));
        let call = self.client.get_object().bucket(&self.name).key(folder.key(number)).set_range(range);
        match call.send().await.map_err(|error| StoreError::of_call(doing, &error)) {
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            object => self.body(doing, object?.body).await.map(Some),
        }
    }

    async fn remove_attachments(&self, folders: &[AttachmentFolder]) -> Result<()> {
        // By number, without a list: deleting what does not exist costs nothing.
        for some in folders.chunks(MAX_DELETED / Attachment::MAX_STORED) {
            let keys = some.iter().flat_map(|folder| (0..Attachment::MAX_STORED).map(|number| folder.key(number)));
            let objects = keys.filter_map(|key| ObjectIdentifier::builder().key(key).build().ok()).collect();
            self.remove_objects("removing attachments", objects).await?;
        }
        Ok(())
    }

    async fn remove_some_attachments(&self, project: ProjectId) -> Result<bool> {
        for prefix in AttachmentFolder::prefixes(project) {
            if self.remove_under("removing attachments", &prefix).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
