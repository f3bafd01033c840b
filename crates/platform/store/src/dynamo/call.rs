//! DynamoDB calls that several ports make.

use std::time::Duration;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, PutRequest, TransactWriteItem, WriteRequest};
use futures_util::{StreamExt, TryStreamExt};

use super::Table;
use super::item::{Attributes, key};
use super::schema::{PK, SK};
use crate::clock::{Clock, SystemClock};
use crate::error::{Kind, Result, StoreError};

/// DynamoDB's limit of items in one batch write.
const MAX_BATCH_ITEMS: usize = 25;
/// How many batch writes run at once.
const CONCURRENT_BATCHES: usize = 4;

/// A range of items in one partition.
pub(crate) struct Range {
    pub(crate) pk: String,
    /// The smallest and the largest sort key, both inclusive.
    pub(crate) between: (String, String),
    /// Continue after this sort key.
    pub(crate) after: Option<String>,
    pub(crate) newest_first: bool,
    pub(crate) limit: Option<usize>,
    pub(crate) consistent: bool,
}

impl Range {
    /// All items whose sort keys begin with `prefix`, in order.
    pub(crate) fn of_prefix(pk: impl Into<String>, prefix: &str) -> Self {
        // The table has no sort key that is empty or begins with a space, and U+10FFFF sorts after every character in
        // them. DynamoDB does not allow an empty string in a condition.
        let first = if prefix.is_empty() { " " } else { prefix };
        Self::between(pk, first.to_owned(), format!("{prefix}\u{10FFFF}"))
    }

    /// All items with sort keys from `first` to `last`, both inclusive, in order.
    pub(crate) fn between(pk: impl Into<String>, first: String, last: String) -> Self {
        let (after, limit) = (None, None);
        Self { pk: pk.into(), between: (first, last), after, newest_first: false, limit, consistent: false }
    }
}

/// Pauses between calls that DynamoDB completed only in part because it throttles. Each pause is random and may be up
/// to twice as long as the one before, so that callers who were throttled together do not return together.
#[derive(Default)]
struct Pauses(u32);

impl Pauses {
    const MAX_RETRIES: u32 = 6;
    const FIRST_PAUSE: Duration = Duration::from_millis(25);

    /// Pauses if `items` were left undone. Returns an error after too many pauses in a row.
    async fn undone(&mut self, doing: &'static str, items: usize) -> Result<()> {
        if items == 0 {
            self.0 = 0;
            return Ok(());
        }
        if self.0 == Self::MAX_RETRIES {
            return Err(StoreError::new(Kind::Throttled, doing, format!("{items} items were not written or read")));
        }
        let part = (SystemClock.random() % 1_000) as u32;
        tokio::time::sleep(Self::FIRST_PAUSE * 2u32.pow(self.0 + 1) * part / 1_000).await;
        self.0 += 1;
        Ok(())
    }
}

impl Table {
    pub(crate) async fn get(
        &self,
        doing: &'static str,
        key: Attributes,
        consistent: bool,
    ) -> Result<Option<Attributes>> {
        let call = self.client.get_item().table_name(&self.name).set_key(Some(key)).consistent_read(consistent);
        let got = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        Ok(got.item)
    }

    pub(crate) async fn remove(&self, doing: &'static str, key: Attributes) -> Result<()> {
        let call = self.client.delete_item().table_name(&self.name).set_key(Some(key));
        call.send().await.map(drop).map_err(|error| StoreError::of_call(doing, &error))
    }

    /// Writes all of these actions or none. Waits for other transactions that hold one of the items. A condition that
    /// does not hold is a [`Kind::Conflict`].
    pub(crate) async fn transact(&self, doing: &'static str, actions: Vec<TransactWriteItem>) -> Result<()> {
        let mut pauses = Pauses::default();
        loop {
            let call = self.client.transact_write_items().set_transact_items(Some(actions.clone()));
            let Err(error) = call.send().await else { return Ok(()) };
            let kinds: Vec<_> = error
                .reasons()
                .iter()
                .filter_map(|reason| reason.code.as_deref().filter(|code| *code != "None"))
                .map(|code| Kind::of_code(Some(code), 400))
                .collect();
            if kinds.contains(&Kind::Conflict) {
                return Err(StoreError::new(
                    Kind::Conflict,
                    doing,
                    "an item of the transaction has changed in the meantime",
                ));
            }
            if kinds.is_empty() || kinds.iter().any(|kind| *kind != Kind::Throttled) {
                return Err(StoreError::of_call(doing, &error));
            }
            pauses.undone(doing, actions.len()).await?;
        }
    }

    /// Returns one page of a range, and the sort key after which to continue.
    pub(crate) async fn query(&self, doing: &'static str, range: &Range) -> Result<(Vec<Attributes>, Option<String>)> {
        let (first, last) = &range.between;
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let call = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :first AND :last")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#sk", SK)
            .expression_attribute_values(":pk", text(&range.pk))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last))
            .set_exclusive_start_key(range.after.as_deref().map(|after| key(range.pk.as_str(), after)))
            .set_limit(range.limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX)))
            .scan_index_forward(!range.newest_first)
            .consistent_read(range.consistent);
        let page = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        let next = page.last_evaluated_key.as_ref().and_then(|key| key.get(SK)?.as_s().ok().cloned());
        Ok((page.items.unwrap_or_default(), next))
    }

    pub(crate) async fn query_all(&self, doing: &'static str, mut range: Range) -> Result<Vec<Attributes>> {
        let mut all = Vec::new();
        loop {
            let (items, next) = self.query(doing, &range).await?;
            all.extend(items);
            match next {
                Some(next) => range.after = Some(next),
                None => return Ok(all),
            }
        }
    }

    pub(crate) async fn remove_all(&self, doing: &'static str, keys: Vec<Attributes>) -> Result<()> {
        let request = |key| DeleteRequest::builder().set_key(Some(key)).build();
        let requests = keys.into_iter().filter_map(|key| request(key).ok());
        let requests = requests.map(|request| WriteRequest::builder().delete_request(request).build());
        self.write_all(doing, requests.collect()).await
    }

    /// Writes items, each independently of the others: some may be written when it fails.
    pub(crate) async fn put_all(&self, doing: &'static str, items: Vec<Attributes>) -> Result<()> {
        let request = |item| PutRequest::builder().set_item(Some(item)).build();
        let requests = items.into_iter().filter_map(|item| request(item).ok());
        let requests = requests.map(|request| WriteRequest::builder().put_request(request).build());
        self.write_all(doing, requests.collect()).await
    }

    /// Writes 25 items in a call, a few calls at once, and repeats what DynamoDB leaves undone.
    async fn write_all(&self, doing: &'static str, requests: Vec<WriteRequest>) -> Result<()> {
        let calls: Vec<_> = requests.chunks(MAX_BATCH_ITEMS).map(<[_]>::to_vec).collect();
        let calls = calls.into_iter().map(|requests| self.write_batch(doing, requests));
        futures_util::stream::iter(calls).buffer_unordered(CONCURRENT_BATCHES).try_collect::<()>().await
    }

    async fn write_batch(&self, doing: &'static str, mut left: Vec<WriteRequest>) -> Result<()> {
        let mut pauses = Pauses::default();
        while !left.is_empty() {
            let call = self.client.batch_write_item().request_items(&self.name, left);
            let done = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
            left = done.unprocessed_items.and_then(|mut items| items.remove(&self.name)).unwrap_or_default();
            pauses.undone(doing, left.len()).await?;
        }
        Ok(())
    }

    /// Reads items by key, 100 in a call, and repeats what DynamoDB leaves out. Items that do not exist are missing
    /// from the result. The order is unspecified.
    pub(crate) async fn get_all(
        &self,
        doing: &'static str,
        keys: Vec<Attributes>,
        consistent: bool,
    ) -> Result<Vec<Attributes>> {
        use aws_sdk_dynamodb::types::KeysAndAttributes;
        let (mut left, mut found, mut pauses) = (keys, Vec::new(), Pauses::default());
        while !left.is_empty() {
            let rest = left.split_off(left.len().min(100));
            let wanted = KeysAndAttributes::builder()
                .set_keys(Some(left))
                .consistent_read(consistent)
                .build()
                .map_err(|error| StoreError::corrupt(doing, error))?;
            let call = self.client.batch_get_item().request_items(&self.name, wanted);
            let got = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
            found.extend(got.responses.and_then(|mut tables| tables.remove(&self.name)).unwrap_or_default());
            let undone = got.unprocessed_keys.and_then(|mut tables| tables.remove(&self.name));
            left = undone.map(|undone| undone.keys).unwrap_or_default();
            pauses.undone(doing, left.len()).await?;
            left.extend(rest);
        }
        Ok(found)
    }
}

/// An error that may contain the reasons why a transaction was cancelled, one for each action.
pub(crate) trait Cancelled {
    fn reasons(&self) -> &[aws_sdk_dynamodb::types::CancellationReason];
}

impl<R> Cancelled for SdkError<aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError, R> {
    fn reasons(&self) -> &[aws_sdk_dynamodb::types::CancellationReason] {
        use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError as Error;
        match self.as_service_error() {
            Some(Error::TransactionCanceledException(cancelled)) => cancelled.cancellation_reasons(),
            _ => &[],
        }
    }
}
