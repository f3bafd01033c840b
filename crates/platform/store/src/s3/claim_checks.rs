use async_trait::async_trait;
use bytes::Bytes;
use formats::inbox::{Addressee, ClaimCheck};

use super::Bucket;
use crate::error::{Result, StoreError};
use crate::ports::ClaimChecks;

#[async_trait]
impl ClaimChecks for Bucket {
    async fn put_claim_check(&self, key: &str, packed: Vec<u8>) -> Result<()> {
        let call = self.client.put_object().bucket(&self.name).key(key).body(packed.into());
        call.send().await.map(drop).map_err(|error| StoreError::of_call("writing a large message", &error))
    }

    async fn get_claim_check(&self, key: &str) -> Result<Bytes> {
        let doing = "reading a large message";
        let object = self.client.get_object().bucket(&self.name).key(key).send().await;
        self.body(doing, object.map_err(|error| StoreError::of_call(doing, &error))?.body).await
    }

    async fn remove_claim_check(&self, key: &str) -> Result<()> {
        let call = self.client.delete_object().bucket(&self.name).key(key);
        call.send().await.map(drop).map_err(|error| StoreError::of_call("removing a large message", &error))
    }

    async fn remove_some_claim_checks(&self, project: &Addressee) -> Result<bool> {
        self.remove_under("removing large messages", &ClaimCheck::prefix(project)).await
    }
}
