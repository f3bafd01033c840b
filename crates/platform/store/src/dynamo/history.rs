use async_trait::async_trait;
use aws_sdk_dynamodb::types::{ConditionCheck, Delete, Put, TransactWriteItem};
use model::error::ErrorAggregate;
use model::error::history::{EntryId, HistoryEntry};
use model::id::{ErrorUid, ProjectId};

use super::Table;
use super::call::Range;
use super::error_item::error_key;
use super::item::{Attributes, Reader, Writer, key, text, time};
use super::schema::{HISTORY, PK, SK, error_pk, history_sk};
use crate::error::{Kind, Result, StoreError};
use crate::ports::{History, Page};

#[async_trait]
impl History for Table {
    async fn history(
        &self,
        project: ProjectId,
        uid: &ErrorUid,
        before: Option<&EntryId>,
        limit: usize,
    ) -> Result<Page<HistoryEntry, EntryId>> {
        let doing = "reading a history";
        let mut range = Range::of_prefix(error_pk(project, uid), HISTORY);
        range.after = before.map(history_sk);
        range.newest_first = true;
        range.limit = Some(limit);
        let (items, next) = self.query(doing, &range).await?;
        let entry = |item| {
            let entry = decode(doing, item);
            entry.inspect_err(|error| tracing::error!(error.message = %error, "failed to decode a history entry")).ok()
        };
        let items = items.iter().filter_map(entry).collect();
        let next =
            next.map(|sk| EntryId::parse(&sk[HISTORY.len()..]).map_err(|error| StoreError::corrupt(doing, error)));
        Ok(Page { items, next: next.transpose()? })
    }

    async fn entry(&self, project: ProjectId, uid: &ErrorUid, id: &EntryId) -> Result<Option<HistoryEntry>> {
        let doing = "reading an entry of a history";
        let item = self.get(doing, key(error_pk(project, uid), history_sk(id)), false).await?;
        item.map(|item| decode(doing, &item)).transpose()
    }

    async fn add_entry(&self, error: &ErrorAggregate, entry: &HistoryEntry) -> Result<bool> {
        let doing = "adding to a history";
        let put = self.put_entry(doing, error, entry)?;
        let actions = vec![self.is_there(doing, error)?, put];
        held(self.transact(doing, actions).await)
    }

    async fn replace_entry(&self, error: &ErrorAggregate, old: &EntryId, new: &HistoryEntry) -> Result<bool> {
        let doing = "replacing an entry of a history";
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(key(error_pk(error.project, &error.uid), history_sk(old))))
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", PK)
            .build()
            .map_err(|error| StoreError::corrupt(doing, error))?;
        let delete = TransactWriteItem::builder().delete(delete).build();
        let put = self.put_entry(doing, error, new)?;
        let actions = vec![self.is_there(doing, error)?, delete, put];
        held(self.transact(doing, actions).await)
    }

    async fn remove_history(&self, project: ProjectId, uid: &ErrorUid) -> Result<bool> {
        let doing = "removing a history";
        let pk = error_pk(project, uid);
        let mut range = Range::of_prefix(pk.as_str(), HISTORY);
        range.limit = Some(1_000);
        range.consistent = true;
        let (items, next) = self.query(doing, &range).await?;
        let keys = items.iter().map(|item| Ok(key(pk.as_str(), Reader::of_any_form(doing, item).text(SK)?)));
        self.remove_all(doing, keys.collect::<Result<_>>()?).await?;
        Ok(next.is_some())
    }
}

impl Table {
    /// The action that writes a history entry. It belongs in the same transaction as the change that the entry records.
    pub(super) fn put_entry(
        &self,
        doing: &'static str,
        error: &ErrorAggregate,
        entry: &HistoryEntry,
    ) -> Result<TransactWriteItem> {
        let corrupt = |error| StoreError::corrupt(doing, error);
        let by = serde_json::to_string(&entry.by).map_err(corrupt)?;
        let action = serde_json::to_string(&entry.action).map_err(corrupt)?;
        let item = Writer::new(error_pk(error.project, &error.uid), history_sk(&entry.id))
            .with("at", time(entry.at))
            .with("by", text(by))
            .with("action", text(action))
            // Keep it at least as long as the error.
            .expiring(entry.expires_at().max(error.expires_at))
            .done();
        let put = Put::builder().table_name(&self.name).set_item(Some(item)).build();
        let put = put.map_err(|error| StoreError::corrupt(doing, error))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// A check that this incarnation of the error exists: an entry written during its removal would be left behind.
    fn is_there(&self, doing: &'static str, error: &ErrorAggregate) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(error_key(error.project, &error.fingerprint)))
            .condition_expression("#uid = :uid")
            .expression_attribute_names("#uid", "uid")
            .expression_attribute_values(":uid", text(error.uid.to_string()))
            .build()
            .map_err(|error| StoreError::corrupt(doing, error))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}

/// Whether the conditions of the transaction held.
fn held(written: Result<()>) -> Result<bool> {
    match written {
        Err(error) if error.kind() == Kind::Conflict => Ok(false),
        written => written.map(|()| true),
    }
}

fn decode(doing: &'static str, item: &Attributes) -> Result<HistoryEntry> {
    let read = Reader::new(doing, item)?;
    Ok(HistoryEntry {
        id: read.parsed(SK, |sk| EntryId::parse(&sk[HISTORY.len()..]))?,
        at: read.time("at")?,
        by: read.parsed("by", |json| serde_json::from_str(json))?,
        action: read.parsed("action", |json| serde_json::from_str(json))?,
    })
}
