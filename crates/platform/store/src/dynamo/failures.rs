use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use model::time::Timestamp;

use super::Table;
use super::item::{Attributes, Reader, Writer, key, text, time};
use super::schema::{FAILED, PK, WHY, failed_pk};
use crate::error::{Result, StoreError};
use crate::ports::{Failures, Noted};

const REASON: &str = "reason";
const AT: &str = "at";

#[async_trait]
impl Failures for Table {
    async fn note_failure(&self, message: &str, noted: &Noted, expires_at: Timestamp) -> Result<()> {
        let item = Writer::new(failed_pk(message), WHY)
            .with(REASON, text(noted.reason.as_str()))
            .with(AT, time(noted.at))
            .expiring(expires_at)
            .done();
        let call = self.client.put_item().table_name(&self.name).set_item(Some(item));
        call.send().await.map(drop).map_err(|error| StoreError::of_call("recording why a message failed", &error))
    }

    async fn failures(&self, messages: &[String]) -> Result<HashMap<String, Noted>> {
        let doing = "reading why messages failed";
        // DynamoDB refuses a call that names a key twice.
        let messages: HashSet<_> = messages.iter().collect();
        let keys = messages.into_iter().map(|message| key(failed_pk(message), WHY)).collect();
        let found = self.get_all(doing, keys, false).await?;
        // Ignore records that cannot be decoded: the dead letter itself is what matters.
        Ok(found.iter().filter_map(|item| decode(doing, item).ok()).collect())
    }
}

fn decode(doing: &'static str, item: &Attributes) -> Result<(String, Noted)> {
    let read = Reader::new(doing, item)?;
    let message = read.text(PK)?.trim_start_matches(FAILED).to_owned();
    Ok((message, Noted { reason: read.text(REASON)?.to_owned(), at: read.time(AT)? }))
}
