use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Delete, Put, ReturnValue, TransactWriteItem};
use domain::error::{ErrorAggregate, Mute, Status};
use domain::id::{ErrorUid, Fingerprint, ProjectId};
use domain::time::Timestamp;
use futures_util::future::try_join_all;

use super::Table;
use super::call::Range;
use super::error_item::{self, MERGED_INTO, MUTED_UNTIL, MUTED_UNTIL_COUNT, STATUS, STATUS_AT, VERSION, error_key};
use super::item::{Attributes, Reader, Writer, is_expired, key, number, text, time};
use super::schema::{BURIED, INDEX, INDEX_PK, INDEX_SK, PK, SK, buried_sk, error_sk, index_pk, project_pk};
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
        // One more of each than are shown: whether there is a next page.
        let lists = statuses.iter().map(|&status| self.index_entries(doing, project, status, after, limit + 1));
        let mut entries = try_join_all(lists).await?.concat();
        entries.sort_by(|(a, _), (b, _)| b.cmp(a));
        // While its status changes an error may stand in two lists of an index that follows a little later.
        let mut seen = HashSet::new();
        entries.retain(|(_, fingerprint)| seen.insert(*fingerprint));
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(|(entry, _)| ErrorCursor(entry.clone()));

        let keys = entries.iter().map(|(_, fingerprint)| error_key(project, fingerprint)).collect();
        let now = self.clock.now();
        let mut items = self
            .get_all(doing, keys, false)
            .await?
            .iter()
            .filter(|item| !is_expired(item, now))
            .map(|item| error_item::decode(doing, item))
            .collect::<Result<Vec<_>>>()?;
        // An index follows a little later: what was merged just now may stand in it still.
        items.retain(|error| error.merged_into.is_none());
        items.sort_by(|a, b| b.last_seen.cmp(&a.last_seen).then_with(|| a.fingerprint.cmp(&b.fingerprint)));
        Ok(Page { items, next })
    }

    async fn set_status(
        &self,
        project: ProjectId,
        fingerprint: &Fingerprint,
        status: Status,
        now: Timestamp,
    ) -> Result<Option<ErrorAggregate>> {
        self.write_status(project, fingerprint, status, Mute::default(), now).await
    }

    async fn mute(
        &self,
        project: ProjectId,
        fingerprint: &Fingerprint,
        mute: Mute,
        now: Timestamp,
    ) -> Result<Option<ErrorAggregate>> {
        self.write_status(project, fingerprint, Status::Muted, mute, now).await
    }

    async fn bury(&self, error: &ErrorAggregate) -> Result<()> {
        let doing = "removing an error";
        let delete = Delete::builder()
            .table_name(&self.name)
            .set_key(Some(error_key(error.project, &error.fingerprint)))
            .condition_expression("#version = :read AND #uid = :uid")
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_names("#uid", "uid")
            .expression_attribute_values(":read", number(error.version))
            .expression_attribute_values(":uid", text(error.uid.to_string()))
            .build()
            .map_err(|error| StoreError::corrupt(doing, error))?;
        let grave = Writer::new(project_pk(error.project), buried_sk(&error.uid)).done();
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(grave))
            .build()
            .map_err(|error| StoreError::corrupt(doing, error))?;
        let call = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().delete(delete).build())
            .transact_items(TransactWriteItem::builder().put(put).build());
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_transaction_canceled_exception()) => {
                Err(StoreError::new(Kind::Conflict, doing, "the error was written meanwhile"))
            }
            Err(error) => Err(StoreError::of_call(doing, &error)),
        }
    }

    async fn buried(&self, project: ProjectId, limit: usize) -> Result<Vec<ErrorUid>> {
        let doing = "looking for removed errors";
        let mut range = Range::of_prefix(project_pk(project), BURIED);
        range.limit = Some(limit);
        range.consistent = true;
        let (items, _) = self.query(doing, &range).await?;
        let uid = |item: &Attributes| Reader::new(doing, item)?.parsed(SK, |sk| ErrorUid::parse(&sk[BURIED.len()..]));
        items.iter().map(uid).collect()
    }

    async fn forget(&self, project: ProjectId, uid: &ErrorUid) -> Result<()> {
        self.remove("forgetting a removed error", key(project_pk(project), buried_sk(uid))).await
    }
}

impl Table {
    /// Unconditional but for existence: it cannot lose against a storm that writes the same error each second. The
    /// version goes up, so that a digest which read the error before will read it again.
    async fn write_status(
        &self,
        project: ProjectId,
        fingerprint: &Fingerprint,
        status: Status,
        mute: Mute,
        now: Timestamp,
    ) -> Result<Option<ErrorAggregate>> {
        let doing = "setting an error's status";
        let (mut set, mut remove) = ("SET #status = :status, #at = :at, #index = :index".to_owned(), Vec::new());
        let mut call = self.client.update_item();
        let limits = [
            ("#until", MUTED_UNTIL, mute.until.map(time)),
            ("#count", MUTED_UNTIL_COUNT, mute.until_count.map(number)),
        ];
        for (place, name, limit) in limits {
            call = call.expression_attribute_names(place, name);
            match limit {
                Some(limit) => {
                    let value = place.replace('#', ":");
                    set.push_str(&format!(", {place} = {value}"));
                    call = call.expression_attribute_values(value, limit);
                }
                None => remove.push(place),
            }
        }
        let remove = if remove.is_empty() { String::new() } else { format!(" REMOVE {}", remove.join(", ")) };
        let call = call
            .table_name(&self.name)
            .set_key(Some(error_key(project, fingerprint)))
            .update_expression(format!("{set}{remove} ADD #version :one"))
            // One that is merged into another is in no list: this would put it back into one.
            .condition_expression("attribute_exists(#pk) AND attribute_not_exists(#merged)")
            .expression_attribute_names("#merged", MERGED_INTO)
            .expression_attribute_names("#status", STATUS)
            .expression_attribute_names("#at", STATUS_AT)
            .expression_attribute_names("#index", INDEX_PK)
            .expression_attribute_names("#version", VERSION)
            .expression_attribute_names("#pk", PK)
            .expression_attribute_values(":status", text(status.as_str()))
            .expression_attribute_values(":at", time(now))
            .expression_attribute_values(":index", text(index_pk(project, status)))
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::AllNew);
        match call.send().await {
            Ok(updated) => updated.attributes.map(|item| error_item::decode(doing, &item)).transpose(),
            Err(error) => match StoreError::of_call(doing, &error) {
                error if error.kind() == Kind::Conflict => Ok(None),
                error => Err(error),
            },
        }
    }

    /// The newest `limit` entries of one status after a cursor.
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
