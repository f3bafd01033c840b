use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::engine::Engine;
use super::super::expression::{Placeholders, Projection};
use super::super::refusal::DynamoRefusal;
use super::super::rows::{self, StoredItem, raw};
use super::super::table::{ItemKey, Table};
use super::super::value::Item;

/// DynamoDB's limits of a batch: its items, and the bytes of its answer.
const MAX_ITEMS: usize = 100;
const MAX_BYTES: usize = 16 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct GetItem {
    table_name: String,
    key: Item,
    projection_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    /// Reads are always consistent.
    #[serde(rename = "ConsistentRead")]
    _consistent_read: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GotItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<Box<RawValue>>,
}

pub(super) async fn one(engine: &Arc<Engine>, request: GetItem) -> Result<String, DynamoRefusal> {
    let table = engine.table(&request.table_name)?;
    let key = table.keys.of_key(&request.key)?;
    let projection = projection(request.projection_expression, request.expression_attribute_names)?;
    let stored = engine.database.read(move |c| rows::get(c, &table, &key)).await?;
    let item = stored.map(|stored| project(stored, projection.as_ref())).transpose()?;
    Ok(serde_json::to_string(&GotItem { item })?)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct BatchGetItem {
    request_items: BTreeMap<String, KeysAndAttributes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct KeysAndAttributes {
    keys: Vec<Item>,
    projection_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    #[serde(rename = "ConsistentRead")]
    _consistent_read: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct GotItems {
    responses: BTreeMap<String, Vec<Box<RawValue>>>,
    unprocessed_keys: BTreeMap<String, UnprocessedKeys>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct UnprocessedKeys {
    keys: Vec<Item>,
}

pub(super) async fn batch(engine: &Arc<Engine>, request: BatchGetItem) -> Result<String, DynamoRefusal> {
    let requested: usize = request.request_items.values().map(|keys| keys.keys.len()).sum();
    if requested == 0 || requested > MAX_ITEMS {
        return Err(DynamoRefusal::validation(format!(
            "Too many items requested for the BatchGetItem call, or none: {requested}, but there may be 1 to {MAX_ITEMS}"
        )));
    }
    let mut reads = Vec::new();
    for (name, wanted) in request.request_items {
        let table = engine.table(&name)?;
        let keys = wanted.keys.iter().map(|key| table.keys.of_key(key)).collect::<Result<Vec<_>, _>>()?;
        if keys.iter().collect::<HashSet<_>>().len() < keys.len() {
            return Err(DynamoRefusal::validation("Provided list of item keys contains duplicates"));
        }
        let projection = projection(wanted.projection_expression, wanted.expression_attribute_names)?;
        reads.push((table, keys, projection));
    }
    let answer = engine.database.read(move |c| {
        let mut answer = GotItems { responses: BTreeMap::new(), unprocessed_keys: BTreeMap::new() };
        let mut bytes = 0;
        for (table, keys, projection) in reads {
            let found: &mut Vec<_> = answer.responses.entry(table.name.clone()).or_default();
            for key in keys {
                if bytes > MAX_BYTES {
                    leave(&mut answer.unprocessed_keys, &table, &key);
                } else if let Some(stored) = rows::get(c, &table, &key)? {
                    bytes += stored.size;
                    found.push(project(stored, projection.as_ref())?);
                }
            }
        }
        Ok::<_, DynamoRefusal>(answer)
    });
    Ok(serde_json::to_string(&answer.await?)?)
}

fn leave(unprocessed: &mut BTreeMap<String, UnprocessedKeys>, table: &Table, key: &ItemKey) {
    let of_table = unprocessed.entry(table.name.clone()).or_insert_with(|| UnprocessedKeys { keys: Vec::new() });
    of_table.keys.push(table.keys.attributes(key));
}

fn projection(
    expression: Option<String>,
    names: Option<BTreeMap<String, String>>,
) -> Result<Option<Projection>, DynamoRefusal> {
    let mut placeholders = Placeholders::new(names, None)?;
    let projection = expression.map(|text| Projection::parse(&text, &mut placeholders)).transpose()?;
    placeholders.require_all_used()?;
    Ok(projection)
}

/// The wanted parts of an item.
fn project(stored: StoredItem, projection: Option<&Projection>) -> Result<Box<RawValue>, DynamoRefusal> {
    match projection {
        None => raw(stored.json),
        Some(projection) => raw(serde_json::to_vec(&projection.of(&stored.read()?))?),
    }
}
