use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::super::engine::Engine;
use super::super::refusal::DynamoRefusal;
use super::super::table::{Described, Index, KeyNames, Projected, Stream, StreamView, Table};

/// DynamoDB's limit of the indexes of a table.
const MAX_INDEXES: usize = 20;
/// How many names ListTables returns at once.
const MAX_NAMES: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct CreateTable {
    table_name: String,
    key_schema: Vec<KeyElement>,
    attribute_definitions: Vec<AttributeDefinition>,
    #[serde(default)]
    global_secondary_indexes: Vec<CreateIndex>,
    stream_specification: Option<StreamSpecification>,
    billing_mode: Option<String>,
    provisioned_throughput: Option<Json>,
    deletion_protection_enabled: Option<bool>,
    #[serde(default)]
    tags: Vec<Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct KeyElement {
    attribute_name: String,
    key_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AttributeDefinition {
    attribute_name: String,
    attribute_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CreateIndex {
    index_name: String,
    key_schema: Vec<KeyElement>,
    projection: Projection,
    #[serde(rename = "ProvisionedThroughput")]
    _provisioned_throughput: Option<Json>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Projection {
    projection_type: String,
    #[serde(default)]
    non_key_attributes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct StreamSpecification {
    stream_enabled: bool,
    stream_view_type: Option<StreamView>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct OfTable {
    table_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct ListTables {
    exclusive_start_table_name: Option<String>,
    limit: Option<usize>,
}

pub(super) async fn create(engine: &Arc<Engine>, request: CreateTable) -> Result<String, DynamoRefusal> {
    check_name("TableName", &request.table_name)?;
    if request.global_secondary_indexes.len() > MAX_INDEXES {
        return Err(DynamoRefusal::validation(format!("A table may have {MAX_INDEXES} global secondary indexes")));
    }
    let definitions = &request.attribute_definitions;
    let keys = key_names(&request.key_schema, definitions)?;
    let mut indexes = Vec::new();
    for index in &request.global_secondary_indexes {
        check_name("IndexName", &index.index_name)?;
        indexes.push(Index {
            name: index.index_name.clone(),
            keys: key_names(&index.key_schema, definitions)?,
            projected: match index.projection.projection_type.as_str() {
                "ALL" => Projected::All,
                "KEYS_ONLY" => Projected::KeysOnly,
                "INCLUDE" => Projected::Include(index.projection.non_key_attributes.clone()),
                other => return Err(DynamoRefusal::validation(format!("Unknown ProjectionType: {other}"))),
            },
        });
    }
    let is_key = |name: &str| keys.contains(name) || indexes.iter().any(|index| index.keys.contains(name));
    if let Some(unused) = definitions.iter().find(|definition| !is_key(&definition.attribute_name)) {
        return Err(DynamoRefusal::validation(format!(
            "One or more parameter values were invalid: Some AttributeDefinitions are not used: {}",
            unused.attribute_name
        )));
    }
    let created = engine.clock.now_ms();
    let stream = match request.stream_specification {
        Some(StreamSpecification { stream_enabled: true, stream_view_type: Some(view) }) => {
            Some(Stream { label: created.to_string(), view })
        }
        Some(StreamSpecification { stream_enabled: true, stream_view_type: None }) => {
            return Err(DynamoRefusal::validation("StreamViewType is required when StreamEnabled is true"));
        }
        _ => None,
    };
    let attribute_definitions = definitions
        .iter()
        .map(|definition| {
            json!({ "AttributeName": definition.attribute_name, "AttributeType": definition.attribute_type })
        })
        .collect();
    let described = Described {
        attribute_definitions,
        billing_mode: request.billing_mode,
        provisioned_throughput: request.provisioned_throughput,
        deletion_protection: request.deletion_protection_enabled == Some(true),
        tags: request.tags,
    };
    let table = Table { id: 0, name: request.table_name, created, keys, indexes, stream, expiry: None, described };
    let table = engine.create(table).await?;
    Ok(json!({ "TableDescription": table.description("ACTIVE", 0, 0) }).to_string())
}

fn check_name(parameter: &str, name: &str) -> Result<(), DynamoRefusal> {
    let is_valid = (3..=255).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    match is_valid {
        true => Ok(()),
        false => Err(DynamoRefusal::validation(format!(
            "{parameter} must have 3 to 255 characters of a-z, A-Z, 0-9, '_', '-' and '.': {name}"
        ))),
    }
}

fn key_names(schema: &[KeyElement], definitions: &[AttributeDefinition]) -> Result<KeyNames, DynamoRefusal> {
    let invalid = |reason: &str| Err(DynamoRefusal::validation(format!("Invalid KeySchema: {reason}")));
    for element in schema {
        let of_element = |definition: &&AttributeDefinition| definition.attribute_name == element.attribute_name;
        match definitions.iter().find(of_element).map(|definition| definition.attribute_type.as_str()) {
            Some("S") => {}
            None => return invalid("Some index key attribute have no definition"),
            Some(other) => {
                return Err(DynamoRefusal::validation(format!(
                    "the embedded DynamoDB supports only string keys, but {} has type {other}",
                    element.attribute_name
                )));
            }
        }
    }
    match schema {
        [hash] if hash.key_type == "HASH" => Ok(KeyNames { partition: hash.attribute_name.clone(), sort: None }),
        [hash, range]
            if hash.key_type == "HASH" && range.key_type == "RANGE" && hash.attribute_name != range.attribute_name =>
        {
            Ok(KeyNames { partition: hash.attribute_name.clone(), sort: Some(range.attribute_name.clone()) })
        }
        _ => invalid("expected a HASH key, and at most one other, RANGE key"),
    }
}

pub(super) async fn describe(engine: &Arc<Engine>, request: OfTable) -> Result<String, DynamoRefusal> {
    let table = engine.table(&request.table_name)?;
    let id = table.id;
    let counted = engine.database.read(move |c| {
        let count = "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM items WHERE table_id = ?1";
        Ok::<_, DynamoRefusal>(c.query_row(count, [id], |row| Ok((row.get(0)?, row.get(1)?)))?)
    });
    let (items, bytes) = counted.await?;
    Ok(json!({ "Table": table.description("ACTIVE", items, bytes) }).to_string())
}

pub(super) async fn delete(engine: &Arc<Engine>, request: OfTable) -> Result<String, DynamoRefusal> {
    let table = engine.table(&request.table_name)?;
    if table.described.deletion_protection {
        return Err(DynamoRefusal::validation(format!(
            "Resource cannot be deleted as it is currently protected against deletion: {}",
            table.name
        )));
    }
    let description = table.description("DELETING", 0, 0);
    engine.drop_table(table).await?;
    Ok(json!({ "TableDescription": description }).to_string())
}

pub(super) fn list(engine: &Engine, request: ListTables) -> Result<String, DynamoRefusal> {
    let limit = request.limit.unwrap_or(MAX_NAMES).min(MAX_NAMES);
    let mut names: Vec<_> = engine.tables().iter().map(|table| table.name.clone()).collect();
    if let Some(after) = request.exclusive_start_table_name {
        names.retain(|name| *name > after);
    }
    let has_more = names.len() > limit;
    names.truncate(limit);
    let mut answer = json!({ "TableNames": names });
    if has_more {
        answer["LastEvaluatedTableName"] = json!(names.last());
    }
    Ok(answer.to_string())
}
