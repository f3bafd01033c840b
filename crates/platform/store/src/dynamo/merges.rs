use std::collections::HashSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::TransactWriteItem;
use futures_util::{StreamExt, TryStreamExt};
use model::error::history::HistoryEntry;
use model::error::{ErrorAggregate, MergeFamily, MergedError};
use model::id::{Fingerprint, ProjectId};
use model::time::Timestamp;

use super::Table;
use super::error_item::{self, error_key};
use super::item::{Attributes, number, text};
use super::schema::TTL;
use crate::error::{Kind, Result, StoreError};
use crate::ports::Merges;

/// How many merged errors are updated at once.
const CONCURRENT_UPDATES: usize = 8;

#[async_trait]
impl Merges for Table {
    async fn family(&self, project: ProjectId, fingerprint: &Fingerprint) -> Result<Option<MergeFamily>> {
        let doing = "reading a merged error";
        let Some(item) = self.get(doing, error_key(project, fingerprint), true).await? else { return Ok(None) };
        let target = error_item::decode(doing, &item)?;
        let merged_errors = self.merged_items(doing, &target).await?;
        let merged_errors = merged_errors.iter().map(|item| error_item::decode(doing, item)).collect::<Result<_>>()?;
        Ok(Some(MergeFamily::new(target, merged_errors)))
    }

    async fn rewrite(&self, errors: &[ErrorAggregate], entries: &[HistoryEntry]) -> Result<()> {
        let doing = "writing merged errors";
        let different: HashSet<_> = errors.iter().map(|error| error.fingerprint).collect();
        if different.len() < errors.len() {
            // An error moved from one family to another between two reads.
            return Err(StoreError::new(Kind::Conflict, doing, "the same error was read twice"));
        }
        let action = |error: &ErrorAggregate| {
            let update = error_item::update(error, error.expires_at).table_name(&self.name).build();
            let update = update.map_err(|error| StoreError::corrupt(doing, error))?;
            Ok(TransactWriteItem::builder().update(update).build())
        };
        let mut actions = errors.iter().map(action).collect::<Result<Vec<_>>>()?;
        for (error, entry) in
            errors.first().into_iter().flat_map(|first| entries.iter().map(move |entry| (first, entry)))
        {
            actions.push(self.put_entry(doing, error, entry)?);
        }
        self.transact(doing, actions).await
    }
}

impl Table {
    /// The items of the errors that are merged into `target`, of any incarnation.
    pub(super) async fn merged_items(&self, doing: &'static str, target: &ErrorAggregate) -> Result<Vec<Attributes>> {
        let keys: Vec<_> = target
            .merged_errors()
            .iter()
            .map(|merged_error| error_key(target.project, &merged_error.fingerprint))
            .collect();
        match keys.is_empty() {
            true => Ok(Vec::new()),
            false => self.get_all(doing, keys, true).await,
        }
    }

    /// Extends the expiry of an error's merged errors to at least `expires_at`.
    pub(super) async fn keep_alive(&self, target: &ErrorAggregate, expires_at: Timestamp) -> Result<()> {
        let merged_errors = target.merged_errors().to_vec().into_iter();
        let kept = merged_errors.map(|merged_error| self.keep_one_merged(target.project, merged_error, expires_at));
        futures_util::stream::iter(kept).buffer_unordered(CONCURRENT_UPDATES).try_collect().await
    }

    /// Changes only the expiry, not the version: nobody has to read the merged error again because of it.
    async fn keep_one_merged(
        &self,
        project: ProjectId,
        merged_error: MergedError,
        expires_at: Timestamp,
    ) -> Result<()> {
        let call = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(error_key(project, &merged_error.fingerprint)))
            .update_expression("SET #ttl = :ttl")
            .condition_expression("#uid = :uid AND #ttl < :ttl")
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_names("#uid", "uid")
            .expression_attribute_values(":ttl", number(expires_at.seconds()))
            .expression_attribute_values(":uid", text(merged_error.uid.to_string()));
        match call.send().await.map_err(|error| StoreError::of_call("extending the expiry of a merged error", &error)) {
            // It is already kept for longer, or is gone.
            Err(error) if error.kind() == Kind::Conflict => Ok(()),
            kept => kept.map(drop),
        }
    }
}
