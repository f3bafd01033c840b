use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::types::ToSql;
use rusqlite::{Connection, Row};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::engine::Engine;
use super::super::expression::{Condition, KeyCondition, Placeholders, Projection, SortRange};
use super::super::refusal::DynamoRefusal;
use super::super::rows::{raw, text};
use super::super::table::{Index, ItemKey, KeyNames, Projected, Table};
use super::super::value::{Item, Value};

/// DynamoDB's limit of the bytes that are read for a page.
const MAX_PAGE: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Query {
    table_name: String,
    index_name: Option<String>,
    key_condition_expression: String,
    filter_expression: Option<String>,
    projection_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<BTreeMap<String, Value>>,
    exclusive_start_key: Option<Item>,
    limit: Option<usize>,
    scan_index_forward: Option<bool>,
    select: Option<Select>,
    #[serde(rename = "ConsistentRead")]
    _consistent_read: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Scan {
    table_name: String,
    index_name: Option<String>,
    filter_expression: Option<String>,
    projection_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<BTreeMap<String, Value>>,
    exclusive_start_key: Option<Item>,
    limit: Option<usize>,
    select: Option<Select>,
    #[serde(rename = "ConsistentRead")]
    _consistent_read: Option<bool>,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Select {
    AllAttributes,
    AllProjectedAttributes,
    SpecificAttributes,
    Count,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct FoundPage {
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<Box<RawValue>>>,
    count: usize,
    scanned_count: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_evaluated_key: Option<Item>,
}

/// A page to read of a table or of one of its indexes.
struct Reading {
    table: Arc<Table>,
    /// The number of the index among those of the table.
    index: Option<usize>,
    /// All partitions if there is no condition.
    condition: Option<KeyCondition>,
    after: Option<Position>,
    is_backward: bool,
    limit: Option<usize>,
    filter: Option<Condition>,
    projection: Option<Projection>,
    counts_only: bool,
}

/// A place in the order of a table or an index.
struct Position {
    /// The key of the index's entry.
    entry: Option<ItemKey>,
    key: ItemKey,
}

pub(super) async fn query(engine: &Arc<Engine>, request: Query) -> Result<String, DynamoRefusal> {
    let table = engine.table(&request.table_name)?;
    let index = index_number(&table, request.index_name.as_deref())?;
    let keys = index.map_or(&table.keys, |index| &table.indexes[index].keys);
    let mut placeholders = Placeholders::new(request.expression_attribute_names, request.expression_attribute_values)?;
    let condition = KeyCondition::parse(&request.key_condition_expression, keys, &mut placeholders)?;
    let filter = request.filter_expression.map(|text| Condition::parse("FilterExpression", &text, &mut placeholders));
    let projection = request.projection_expression.map(|text| Projection::parse(&text, &mut placeholders));
    let (filter, projection) = (filter.transpose()?, projection.transpose()?);
    placeholders.require_all_used()?;
    let after = request.exclusive_start_key.map(|key| Position::parse(&table, index, &key)).transpose()?;
    if after.as_ref().is_some_and(|after| !condition.contains(after.entry.as_ref().unwrap_or(&after.key))) {
        return Err(DynamoRefusal::validation(
            "The provided starting key is outside query boundaries based on provided conditions",
        ));
    }
    let reading = Reading {
        index,
        condition: Some(condition),
        after,
        is_backward: request.scan_index_forward == Some(false),
        limit: limit(request.limit)?,
        filter,
        projection,
        counts_only: request.select == Some(Select::Count),
        table,
    };
    reading.run(engine).await
}

pub(super) async fn scan(engine: &Arc<Engine>, request: Scan) -> Result<String, DynamoRefusal> {
    let table = engine.table(&request.table_name)?;
    let index = index_number(&table, request.index_name.as_deref())?;
    let mut placeholders = Placeholders::new(request.expression_attribute_names, request.expression_attribute_values)?;
    let filter = request.filter_expression.map(|text| Condition::parse("FilterExpression", &text, &mut placeholders));
    let projection = request.projection_expression.map(|text| Projection::parse(&text, &mut placeholders));
    let (filter, projection) = (filter.transpose()?, projection.transpose()?);
    placeholders.require_all_used()?;
    let after = request.exclusive_start_key.map(|key| Position::parse(&table, index, &key)).transpose()?;
    let reading = Reading {
        index,
        condition: None,
        after,
        is_backward: false,
        limit: limit(request.limit)?,
        filter,
        projection,
        counts_only: request.select == Some(Select::Count),
        table,
    };
    reading.run(engine).await
}

fn index_number(table: &Table, name: Option<&str>) -> Result<Option<usize>, DynamoRefusal> {
    let Some(name) = name else { return Ok(None) };
    let position = table.indexes.iter().position(|index| index.name == name);
    position
        .map(Some)
        .ok_or_else(|| DynamoRefusal::validation(format!("The table does not have the specified index: {name}")))
}

fn limit(limit: Option<usize>) -> Result<Option<usize>, DynamoRefusal> {
    match limit {
        Some(0) => Err(DynamoRefusal::validation("Limit must be at least 1")),
        limit => Ok(limit),
    }
}

impl Position {
    fn parse(table: &Table, index: Option<usize>, key: &Item) -> Result<Self, DynamoRefusal> {
        let invalid = |_| DynamoRefusal::validation("The provided starting key is invalid");
        let part = |names: &KeyNames| names.of_item(key).map_err(invalid);
        let entry = index.map(|index| part(&table.indexes[index].keys)).transpose()?;
        Ok(Self { entry, key: part(&table.keys)? })
    }

    fn attributes(&self, table: &Table, index: Option<&Index>) -> Item {
        let mut attributes = table.keys.attributes(&self.key);
        if let (Some(index), Some(entry)) = (index, &self.entry) {
            attributes.extend(index.keys.attributes(entry));
        }
        attributes
    }
}

impl Reading {
    async fn run(self, engine: &Arc<Engine>) -> Result<String, DynamoRefusal> {
        let page = engine.database.read(move |c| self.page(c)).await?;
        Ok(serde_json::to_string(&page)?)
    }

    fn index(&self) -> Option<&Index> {
        self.index.map(|index| &self.table.indexes[index])
    }

    fn page(&self, c: &Connection) -> Result<FoundPage, DynamoRefusal> {
        let (sql, parameters) = self.statement();
        let mut select = c.prepare_cached(&sql)?;
        let parameters: Vec<&dyn ToSql> = parameters.iter().map(AsRef::as_ref).collect();
        let mut rows = select.query(parameters.as_slice())?;
        let mut page = FoundPage { items: None, count: 0, scanned_count: 0, last_evaluated_key: None };
        let (mut items, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let found = self.found(row)?;
            page.scanned_count += 1;
            bytes += found.size;
            let position = found.position();
            if let Some(item) = self.select(found)? {
                page.count += 1;
                items.extend(item);
            }
            if bytes >= MAX_PAGE || self.limit.is_some_and(|limit| page.scanned_count >= limit) {
                page.last_evaluated_key = Some(position?.attributes(&self.table, self.index()));
                break;
            }
        }
        page.items = (!self.counts_only).then_some(items);
        Ok(page)
    }

    /// The SQL of the page, and its parameters.
    fn statement(&self) -> (String, Vec<Box<dyn ToSql>>) {
        let mut parameters: Vec<Box<dyn ToSql>> = Vec::new();
        let mut parameter = |value: Box<dyn ToSql>| {
            parameters.push(value);
            format!("?{}", parameters.len())
        };
        let blob = |text: &str| Box::new(text.as_bytes().to_vec());
        let (mut sql, columns) = match self.index {
            None => {
                let id = parameter(Box::new(self.table.id));
                (format!("SELECT pk, sk, size, item FROM items WHERE table_id = {id}"), ["pk", "sk"].as_slice())
            }
            Some(index) => {
                let id = parameter(Box::new(self.table.id * 100 + index as i64));
                let table = parameter(Box::new(self.table.id));
                // Only entries of items are there, so the join leaves out none.
                let item = match self.reads_items() {
                    true => format!(
                        "items.size, items.item, ipk, isk FROM entries JOIN items
                         ON items.table_id = {table} AND items.pk = entries.pk AND items.sk = entries.sk"
                    ),
                    false => format!("0, NULL, ipk, isk FROM entries JOIN (SELECT {table})"),
                };
                let columns = ["ipk", "isk", "entries.pk", "entries.sk"].as_slice();
                (format!("SELECT entries.pk, entries.sk, {item} WHERE index_id = {id}"), columns)
            }
        };
        if let Some(KeyCondition { partition, sort: SortRange { low, high } }) = &self.condition {
            sql += &format!(" AND {} = {}", columns[0], parameter(blob(partition)));
            for (bound, signs) in [(low, [">", ">="]), (high, ["<", "<="])] {
                if let Some((bound, is_inclusive)) = bound {
                    let sign = signs[usize::from(*is_inclusive)];
                    sql += &format!(" AND {} {sign} {}", columns[1], parameter(Box::new(bound.clone())));
                }
            }
        }
        if let Some(after) = &self.after {
            let parts = after.entry.iter().chain([&after.key]);
            let values: Vec<_> =
                parts.flat_map(|key| [&key.partition, &key.sort]).map(|part| parameter(blob(part))).collect();
            let sign = if self.is_backward { "<" } else { ">" };
            sql += &format!(" AND ({}) {sign} ({})", columns.join(", "), values.join(", "));
        }
        let direction = if self.is_backward { " DESC" } else { "" };
        let order: Vec<_> = columns.iter().map(|column| format!("{column}{direction}")).collect();
        sql += &format!(" ORDER BY {}", order.join(", "));
        (sql, parameters)
    }

    /// Whether the items are needed, and not only their keys.
    fn reads_items(&self) -> bool {
        self.index().is_none_or(|index| index.projected != Projected::KeysOnly)
    }

    fn found(&self, row: &Row<'_>) -> Result<Found, DynamoRefusal> {
        let entry = match self.index {
            Some(_) => Some((row.get(4)?, row.get(5)?)),
            None => None,
        };
        let mut found =
            Found { key: (row.get(0)?, row.get(1)?), entry, size: row.get::<_, i64>(2)? as usize, json: row.get(3)? };
        let Some(index) = self.index() else { return Ok(found) };
        let mut item = found.position()?.attributes(&self.table, Some(index));
        match (&index.projected, &found.json) {
            (Projected::Include(names), Some(json)) => {
                let stored: Item = serde_json::from_slice(json)?;
                item.extend(stored.into_iter().filter(|(name, _)| names.contains(name)));
            }
            (Projected::All, _) => return Ok(found),
            _ => {}
        }
        found.size = super::super::value::item_size(&item);
        found.json = Some(serde_json::to_vec(&item)?);
        Ok(found)
    }

    /// The item as the answer shows it: `None` if the filter leaves it out, and an inner `None` if items are only counted.
    fn select(&self, found: Found) -> Result<Option<Option<Box<RawValue>>>, DynamoRefusal> {
        let json = found.json.unwrap_or_default();
        if self.filter.is_none() && self.projection.is_none() {
            return Ok(Some(if self.counts_only { None } else { Some(raw(json)?) }));
        }
        let item: Item = serde_json::from_slice(&json)?;
        if self.filter.as_ref().is_some_and(|filter| !filter.holds(&item)) {
            return Ok(None);
        }
        Ok(Some(match &self.projection {
            _ if self.counts_only => None,
            Some(projection) => Some(raw(serde_json::to_vec(&projection.of(&item))?)?),
            None => Some(raw(json)?),
        }))
    }
}

/// A row of a page.
struct Found {
    key: (Vec<u8>, Vec<u8>),
    entry: Option<(Vec<u8>, Vec<u8>)>,
    size: usize,
    json: Option<Vec<u8>>,
}

impl Found {
    fn position(&self) -> Result<Position, DynamoRefusal> {
        let key = |(partition, sort): &(Vec<u8>, Vec<u8>)| {
            Ok::<_, DynamoRefusal>(ItemKey { partition: text(partition.clone())?, sort: text(sort.clone())? })
        };
        Ok(Position { entry: self.entry.as_ref().map(key).transpose()?, key: key(&self.key)? })
    }
}
