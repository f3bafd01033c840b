use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use futures_util::future::try_join_all;
use model::error::history::HistoryEntry;
use model::error::{ErrorAggregate, ErrorChange, Status};
use model::id::{ErrorUid, Fingerprint, ProjectId};
use model::time::Timestamp;

use super::Table;
use super::call::Range;
use super::error_item::{self, VERSION, error_key};
use super::item::{Attributes, Reader, Writer, is_expired, key, number, text};
use super::schema::{
    ERROR, INDEX, INDEX_PK, INDEX_SK, PENDING_PURGE, PK, SK, error_sk, index_pk, pending_purge_sk, project_pk,
};
use crate::error::{Kind, Result, StoreError};
use crate::ports::{ErrorCursor, Errors, Page};

#[async_trait]
impl Errors for Table {
    async fn get(&self, project: ProjectId, fingerprint: &Fingerprint) -> Result<Option<ErrorAggregate>> {
        let doing = "reading an error";
        let item = Table::get(self, doing, error_key(project, fingerprint), false).await?;
        let item = item.filter(|item| !is_expired(item, self.clock.now()));
        item.map(|item| error_item::decode(doing, &item)).transpose()
    }

    async fn page(
        &self,
        project: ProjectId,
        statuses: &[Status],
        after: Option<&ErrorCursor>,
        limit: usize,
    ) -> Result<Page<ErrorAggregate, ErrorCursor>> {
        let doing = "listing errors";
        let Page { items: places, next } = self.places(project, statuses, after, limit).await?;
        let keys = places.iter().filter_map(ErrorCursor::fingerprint).map(|print| error_key(project, &print)).collect();
        let now = self.clock.now();
        let mut items = self
            .get_all(doing, keys, false)
            .await?
            .iter()
            .filter(|item| !is_expired(item, now))
            .map(|item| error_item::decode(doing, item))
            .collect::<Result<Vec<_>>>()?;
        // The index is eventually consistent, so it may still list an error that was merged a moment ago.
        items.retain(|error| error.merged_into.is_none());
        items.sort_by(|a, b| b.last_seen.cmp(&a.last_seen).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
        Ok(Page { items, next })
    }

    async fn places(
        &self,
        project: ProjectId,
        statuses: &[Status],
        after: Option<&ErrorCursor>,
        limit: usize,
    ) -> Result<Page<ErrorCursor, ErrorCursor>> {
        let doing = "listing errors";
        // Read one entry more than the page shows, to know whether there is a next page.
        let lists = statuses.iter().map(|&status| self.index_entries(doing, project, status, after, limit + 1));
        let mut entries = try_join_all(lists).await?.concat();
        entries.sort_by(|(a, _), (b, _)| b.cmp(a));
        // While its status changes, an error may be in two lists of the eventually consistent index.
        let mut seen = HashSet::new();
        entries.retain(|(_, fingerprint)| seen.insert(*fingerprint));
        let more = entries.len() > limit;
        entries.truncate(limit);
        let items: Vec<_> = entries.into_iter().map(|(entry, _)| ErrorCursor(entry)).collect();
        let next = items.last().filter(|_| more).cloned();
        Ok(Page { items, next })
    }

    async fn get_many(&self, project: ProjectId, fingerprints: &[Fingerprint]) -> Result<Vec<ErrorAggregate>> {
        let doing = "reading errors";
        // DynamoDB refuses a call that names a key twice.
        let fingerprints: HashSet<_> = fingerprints.iter().collect();
        let keys = fingerprints.into_iter().map(|fingerprint| error_key(project, fingerprint)).collect();
        let now = self.clock.now();
        let items = self.get_all(doing, keys, false).await?;
        let live = items.iter().filter(|item| !is_expired(item, now));
        let errors = live.filter_map(|item| match error_item::decode(doing, item) {
            Ok(error) => Some(error),
            Err(error) => {
                tracing::error!(project.id = %project, error.message = %error, "failed to decode an error");
                None
            }
        });
        Ok(errors.collect())
    }

    async fn change(
        &self,
        error: &ErrorAggregate,
        change: &ErrorChange,
        entries: &[HistoryEntry],
        now: Timestamp,
    ) -> Result<Option<ErrorAggregate>> {
        let doing = "changing an error";
        let update = error_item::change(error, change, now).table_name(&self.name).build();
        let update = update.map_err(|error| StoreError::corrupt(doing, error))?;
        let mut actions = vec![TransactWriteItem::builder().update(update).build()];
        for entry in entries {
            actions.push(self.put_entry(doing, error, entry)?);
        }
        match self.transact(doing, actions).await {
            Err(gone) if gone.kind() == Kind::Conflict => return Ok(None),
            written => written?,
        }
        let item = Table::get(self, doing, error_key(error.project, &error.fingerprint), true).await?;
        item.map(|item| error_item::decode(doing, &item)).transpose()
    }

    async fn start_purge(&self, error: &ErrorAggregate) -> Result<()> {
        let doing = "removing an error";
        let corrupt = |error| StoreError::corrupt(doing, error);
        let delete = |error: &ErrorAggregate| {
            Delete::builder()
                .table_name(&self.name)
                .set_key(Some(error_key(error.project, &error.fingerprint)))
                .condition_expression("#version = :read AND #uid = :uid")
                .expression_attribute_names("#version", VERSION)
                .expression_attribute_names("#uid", "uid")
                .expression_attribute_values(":read", number(error.version))
                .expression_attribute_values(":uid", text(error.uid.to_string()))
                .build()
                .map(|delete| TransactWriteItem::builder().delete(delete).build())
                .map_err(corrupt)
        };
        let mut actions = vec![delete(error)?];
        for item in self.merged_items(doing, error).await? {
            let part = error_item::decode(doing, &item)?;
            if error.has_merged(&part) {
                actions.push(delete(&part)?);
            }
        }
        for uid in error.uids() {
            let pending_purge = Writer::new(project_pk(error.project), pending_purge_sk(&uid)).done();
            let put = Put::builder().table_name(&self.name).set_item(Some(pending_purge)).build().map_err(corrupt)?;
            actions.push(TransactWriteItem::builder().put(put).build());
        }
        self.transact(doing, actions).await
    }

    async fn stored(&self, project: ProjectId, limit: usize) -> Result<Vec<ErrorAggregate>> {
        let doing = "reading all errors";
        let mut range = Range::of_prefix(project_pk(project), ERROR);
        range.limit = Some(limit);
        range.consistent = true;
        let (items, _) = self.query(doing, &range).await?;
        items.iter().map(|item| error_item::decode(doing, item)).collect()
    }

    async fn pending_purges(&self, project: ProjectId, limit: usize) -> Result<Vec<ErrorUid>> {
        let doing = "looking for removed errors";
        let mut range = Range::of_prefix(project_pk(project), PENDING_PURGE);
        range.limit = Some(limit);
        range.consistent = true;
        let (items, _) = self.query(doing, &range).await?;
        let uid =
            |item: &Attributes| Reader::new(doing, item)?.parsed(SK, |sk| ErrorUid::parse(&sk[PENDING_PURGE.len()..]));
        items.iter().map(uid).collect()
    }

    async fn forget(&self, project: ProjectId, uid: &ErrorUid) -> Result<()> {
        self.remove("finishing the removal of an error", key(project_pk(project), pending_purge_sk(uid))).await
    }
}

impl Table {
    /// Returns the newest `limit` index entries with one status that follow a cursor.
    async fn index_entries(
        &self,
        doing: &'static str,
        project: ProjectId,
        status: Status,
        after: Option<&ErrorCursor>,
        limit: usize,
    ) -> Result<Vec<(String, Fingerprint)>> {
        let pk = index_pk(project, status);
        let start = after.and_then(|cursor| {
            let fingerprint = Fingerprint::parse(cursor.0.split_once('-')?.1).ok()?;
            Some(HashMap::from([
                (PK.to_owned(), text(project_pk(project))),
                (SK.to_owned(), text(error_sk(&fingerprint))),
                (INDEX_PK.to_owned(), text(pk.as_str())),
                (INDEX_SK.to_owned(), text(cursor.0.as_str())),
            ]))
        });
        let call = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(INDEX)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", INDEX_PK)
            .expression_attribute_values(":pk", text(pk))
            .set_exclusive_start_key(start)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .scan_index_forward(false);
        let page = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        page.items.unwrap_or_default().iter().map(|item| error_item::index_entry(doing, item)).collect()
    }
}
