//! What DynamoDB calls read and write, determined from requests, answers, and the items before and after.

use std::collections::HashMap;

use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::capacity::{self, Consistency, Item, Manner};
use super::{Counted, Meter, kinds};

/// The attributes of the GSI's key.
const INDEX: [&str; 2] = ["ipk", "isk"];
/// DynamoDB's maximum number of items that one call reads.
const BATCH: usize = 100;

/// An item that a call writes.
struct Wanted {
    table: String,
    key: Item,
    /// The item, if the call contains all of it.
    put: Option<Item>,
}

type Images = HashMap<String, Item>;

impl Meter {
    /// Makes the call. If it writes, reads the items before and after.
    pub(super) async fn weigh(
        &self,
        to: &SharedHttpConnector,
        operation: &str,
        body: &[u8],
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let wanted = wanted(operation, body);
        if wanted.is_empty() {
            return to.call(request).await;
        }
        let before = images(to, &wanted).await?;
        let answer = to.call(request).await?;
        let is_done = answer.status().is_success();
        let after = if is_done { images(to, &wanted).await? } else { Images::new() };
        let answered = String::from_utf8_lossy(answer.body().bytes().unwrap_or_default());
        let is_refused = answered.contains("ConditionalCheckFailed") || answered.contains("TransactionCanceled");
        if is_done || is_refused {
            let manner = if operation.starts_with("Transact") { Manner::Transaction } else { Manner::Alone };
            self.counted.lock().unwrap().written_by(wanted, &before, &after, manner, is_refused);
        }
        Ok(answer)
    }
}

impl Counted {
    fn written_by(&mut self, wanted: Vec<Wanted>, before: &Images, after: &Images, manner: Manner, is_refused: bool) {
        for Wanted { key, put, .. } in wanted {
            let name = name(&key);
            let (old, new) = (before.get(&name), after.get(&name));
            let kind = kinds::of(&key);
            // A refused write is charged by the larger of the stored and the new item, as far as that is known.
            let units = capacity::write(old, if is_refused { put.as_ref() } else { new }, manner);
            let index_units = if is_refused { 0 } else { capacity::write_index(old, new, INDEX) };
            if !is_refused {
                let stored = |item| capacity::stored(item, INDEX) as i64;
                self.grown += stored(new) - stored(old);
            }
            let of_kind = self.writes.entry(kind).or_default();
            let of_error = (kind == kinds::ERROR).then(|| self.errors.entry(name).or_default());
            for written in std::iter::once(of_kind).chain(of_error) {
                written.items += 1;
                written.units += units;
                written.index_units += index_units;
                written.refused += u64::from(is_refused);
            }
        }
    }

    /// Counts what a call read, if it was a read.
    pub(super) fn read(&mut self, operation: &str, request: &[u8], answer: &[u8]) {
        if !matches!(operation, "GetItem" | "Query" | "BatchGetItem") {
            return;
        }
        let json = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap_or_default();
        let (request, body) = (json(request), json(answer));
        let consistency = |of: &Value| match of["ConsistentRead"].as_bool() {
            Some(true) => Consistency::Strong,
            _ => Consistency::Eventual,
        };
        let sizes = |items: &Value| -> Vec<usize> {
            items.as_array().into_iter().flatten().filter_map(Value::as_object).map(capacity::size).collect()
        };
        let (items, units) = match operation {
            "GetItem" => {
                let size = body["Item"].as_object().map(capacity::size);
                (usize::from(size.is_some()), capacity::read(size.unwrap_or_default(), consistency(&request)))
            }
            "Query" => {
                let sizes = sizes(&body["Items"]);
                (sizes.len(), capacity::read(sizes.iter().sum(), consistency(&request)))
            }
            _ => {
                let (mut items, mut units) = (0, 0.0);
                for (table, asked) in request["RequestItems"].as_object().into_iter().flatten() {
                    let found = sizes(&body["Responses"][table]);
                    let missing = asked["Keys"].as_array().map_or(0, Vec::len).saturating_sub(found.len());
                    items += found.len();
                    let each = found.into_iter().chain(std::iter::repeat_n(0, missing));
                    units += each.map(|size| capacity::read(size, consistency(asked))).sum::<f64>();
                }
                (items, units)
            }
        };
        self.read_units += units;
        self.reads.calls += 1;
        self.reads.items += items;
        self.reads.bytes += answer.len();
    }
}

/// Returns the items that a call writes; none if it does not write.
fn wanted(operation: &str, body: &[u8]) -> Vec<Wanted> {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let one = |table: &Value, action: &Value| {
        let put = action["Item"].as_object().cloned();
        let key = action["Key"].as_object().or(put.as_ref())?;
        let key = key.iter().filter(|(name, _)| ["pk", "sk"].contains(&name.as_str()));
        let key = key.map(|(name, value)| (name.clone(), value.clone())).collect();
        Some(Wanted { table: table.as_str()?.to_owned(), key, put })
    };
    match operation {
        "PutItem" | "UpdateItem" | "DeleteItem" => one(&request["TableName"], &request).into_iter().collect(),
        "BatchWriteItem" => {
            let tables = request["RequestItems"].as_object().into_iter().flatten();
            let actions = tables.flat_map(|(table, writes)| {
                let writes = writes.as_array().into_iter().flatten().filter_map(Value::as_object);
                writes.flat_map(|write| write.values()).map(move |action| (Value::from(table.as_str()), action))
            });
            actions.filter_map(|(table, action)| one(&table, action)).collect()
        }
        "TransactWriteItems" => {
            let actions = request["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object);
            actions.flat_map(|action| action.values()).filter_map(|action| one(&action["TableName"], action)).collect()
        }
        _ => Vec::new(),
    }
}

/// Returns a text that identifies an item.
fn name(key: &Item) -> String {
    format!("{} {}", kinds::part(key, "pk"), kinds::part(key, "sk"))
}

/// Reads the current items.
async fn images(to: &SharedHttpConnector, wanted: &[Wanted]) -> Result<Images, ConnectorError> {
    let mut images = Images::new();
    for wanted in wanted.chunks(BATCH) {
        let Some(Wanted { table, .. }) = wanted.first() else { break };
        let keys: Vec<_> = wanted.iter().map(|wanted| &wanted.key).collect();
        let body = json!({ "RequestItems": { table: { "Keys": keys, "ConsistentRead": true } } });
        let mut request = HttpRequest::new(SdkBody::from(body.to_string()));
        request.headers_mut().insert("x-amz-target", "DynamoDB_20120810.BatchGetItem");
        let answer = to.call(request).await?;
        let mut answer: Value = serde_json::from_slice(answer.body().bytes().unwrap_or_default()).unwrap_or_default();
        assert!(
            answer["UnprocessedKeys"].as_object().is_none_or(|left| left.is_empty()),
            "the engine reads all of them in one call"
        );
        let items: Vec<Item> = serde_json::from_value(answer["Responses"][table].take()).unwrap_or_default();
        images.extend(items.into_iter().map(|item| (name(&item), item)));
    }
    Ok(images)
}
