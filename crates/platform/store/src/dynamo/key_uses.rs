use std::collections::HashMap;

use async_trait::async_trait;
use model::id::KeyId;
use model::project::TimeUnit;
use model::time::Timestamp;

use super::Table;
use super::item::{Reader, key, number, time};
use super::schema::{FORM, KEY_USES, SK, TTL};
use crate::error::{Kind, Result, StoreError};
use crate::ports::KeyUse;

const LAST_USED: &str = "lastUsed";

/// How long the last use of a key is kept, in seconds: 400 days.
const USE_KEPT_SECONDS: i64 = 400 * 86_400;

#[async_trait]
impl KeyUse for Table {
    async fn note_use(&self, id: KeyId, at: Timestamp) -> Result<()> {
        let call = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(KEY_USES, id.to_string())))
            .update_expression("SET #form = :form, #used = :at, #ttl = :ttl")
            .condition_expression("attribute_not_exists(#used) OR #used < :day")
            .expression_attribute_names("#form", FORM)
            .expression_attribute_names("#used", LAST_USED)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":form", number(1))
            .expression_attribute_values(":at", time(at))
            .expression_attribute_values(":ttl", number(at.plus_seconds(USE_KEPT_SECONDS).seconds()))
            .expression_attribute_values(":day", time(TimeUnit::Day.start(at)));
        match call.send().await.map_err(|error| StoreError::of_call("recording the use of a key", &error)) {
            // This day or a later one is noted already.
            Err(error) if error.kind() == Kind::Conflict => Ok(()),
            noted => noted.map(drop),
        }
    }

    async fn last_uses(&self, ids: &[KeyId]) -> Result<HashMap<KeyId, Timestamp>> {
        let doing = "reading when keys were last used";
        let keys = ids.iter().map(|id| key(KEY_USES, id.to_string())).collect();
        let items = self.get_all(doing, keys, false).await?;
        let entry = |item| {
            let read = Reader::new(doing, item)?;
            Ok((read.parsed(SK, KeyId::parse)?, read.time(LAST_USED)?))
        };
        items.iter().map(entry).collect()
    }

    async fn forget_use(&self, id: KeyId) -> Result<()> {
        self.remove("forgetting when a key was used", key(KEY_USES, id.to_string())).await
    }
}
