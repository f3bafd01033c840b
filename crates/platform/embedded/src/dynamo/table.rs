//! Tables: their definitions, and the keys of their items.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::refusal::DynamoRefusal;
use super::value::{Item, Value};
use crate::shared::{ACCOUNT, REGION};

/// DynamoDB's limits of the bytes of a key.
const MAX_PARTITION_KEY: usize = 2048;
const MAX_SORT_KEY: usize = 1024;

/// A table as its creator described it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Table {
    /// The number of the table in the database.
    #[serde(skip)]
    pub(super) id: i64,
    pub(super) name: String,
    /// The time, in milliseconds since 1970.
    pub(super) created: i64,
    pub(super) keys: KeyNames,
    pub(super) indexes: Vec<Index>,
    pub(super) stream: Option<Stream>,
    /// The attribute with the time at which an item expires.
    pub(super) expiry: Option<String>,
    /// Properties that DescribeTable repeats, and that the engine does not use.
    pub(super) described: Described,
}

/// The names of the key attributes of a table or index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct KeyNames {
    pub(super) partition: String,
    pub(super) sort: Option<String>,
}

/// A global secondary index.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Index {
    pub(super) name: String,
    pub(super) keys: KeyNames,
    pub(super) projected: Projected,
}

/// The attributes of an index's entries besides its own and the table's keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Projected {
    All,
    KeysOnly,
    Include(Vec<String>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Stream {
    /// The time at which it was switched on, which is a part of its ARN.
    pub(super) label: String,
    pub(super) view: StreamView,
}

/// Which images the records of a stream contain.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum StreamView {
    NewImage,
    OldImage,
    NewAndOldImages,
    KeysOnly,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Described {
    pub(super) attribute_definitions: Json,
    pub(super) billing_mode: Option<String>,
    pub(super) provisioned_throughput: Option<Json>,
    pub(super) deletion_protection: bool,
    pub(super) tags: Vec<Json>,
}

/// The primary key of an item. A table without a sort key has empty ones.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ItemKey {
    pub(super) partition: String,
    pub(super) sort: String,
}

impl KeyNames {
    pub(super) fn contains(&self, attribute: &str) -> bool {
        self.partition == attribute || self.sort.as_deref() == Some(attribute)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.partition.as_str()).chain(self.sort.as_deref())
    }

    /// The key in an item to be written.
    pub(super) fn of_item(&self, item: &Item) -> Result<ItemKey, DynamoRefusal> {
        let part = |name: &str, limit: usize| match item.get(name) {
            Some(Value::S(text)) if text.is_empty() => Err(DynamoRefusal::validation(format!(
                "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: {name}"
            ))),
            Some(Value::S(text)) if text.len() > limit => Err(DynamoRefusal::validation(format!(
                "One or more parameter values were invalid: Size of the key {name} has exceeded the maximum size limit of {limit} bytes"
            ))),
            Some(Value::S(text)) => Ok(text.clone()),
            Some(other) => Err(DynamoRefusal::validation(format!(
                "One or more parameter values were invalid: Type mismatch for key {name} expected: S actual: {}",
                other.type_name()
            ))),
            None => Err(DynamoRefusal::validation(format!(
                "One or more parameter values were invalid: Missing the key {name} in the item"
            ))),
        };
        Ok(ItemKey {
            partition: part(&self.partition, MAX_PARTITION_KEY)?,
            sort: self.sort.as_deref().map_or(Ok(String::new()), |name| part(name, MAX_SORT_KEY))?,
        })
    }

    /// The key that a request names, which must have nothing else.
    pub(super) fn of_key(&self, key: &Item) -> Result<ItemKey, DynamoRefusal> {
        let mismatch = || DynamoRefusal::validation("The provided key element does not match the schema");
        if key.len() != self.names().count() || !self.names().all(|name| matches!(key.get(name), Some(Value::S(_)))) {
            return Err(mismatch());
        }
        self.of_item(key)
    }

    /// The key as attributes.
    pub(super) fn attributes(&self, key: &ItemKey) -> Item {
        let sort = self.sort.iter().map(|name| (name.clone(), Value::S(key.sort.clone())));
        std::iter::once((self.partition.clone(), Value::S(key.partition.clone()))).chain(sort).collect()
    }
}

impl Index {
    /// The key of the item's entry; `None` if it has none, because it lacks one of the index's attributes.
    ///
    /// # Errors
    /// DynamoDB refuses items in which such an attribute has another type or is empty.
    pub(super) fn key_of(&self, item: &Item) -> Result<Option<ItemKey>, DynamoRefusal> {
        let mut parts = [String::new(), String::new()];
        for (part, name) in parts.iter_mut().zip(self.keys.names()) {
            match item.get(name) {
                None => return Ok(None),
                Some(Value::S(text)) if !text.is_empty() => part.clone_from(text),
                Some(value) => {
                    return Err(DynamoRefusal::validation(format!(
                        "One or more parameter values were invalid: Type mismatch for Index Key {name} Expected: S Actual: {}{} IndexName: {}",
                        value.type_name(),
                        if matches!(value, Value::S(_)) { ", empty" } else { "" },
                        self.name
                    )));
                }
            }
        }
        let [partition, sort] = parts;
        Ok(Some(ItemKey { partition, sort }))
    }
}

impl Table {
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{}", self.name)
    }

    pub(super) fn stream_arn(&self) -> Option<String> {
        let stream = self.stream.as_ref()?;
        Some(format!("{}/stream/{}", self.arn(), stream.label))
    }

    /// The indexes, each with its number in the database.
    pub(super) fn numbered_indexes(&self) -> impl Iterator<Item = (i64, &Index)> {
        // DynamoDB allows 20 indexes of a table by default.
        (0..).zip(&self.indexes).map(|(number, index)| (self.id * 100 + number, index))
    }

    /// The `TableDescription` of the API.
    pub(super) fn description(&self, status: &str, items: i64, bytes: i64) -> Json {
        let throughput = self.described.provisioned_throughput.clone();
        let throughput = throughput.unwrap_or_else(|| json!({ "ReadCapacityUnits": 0, "WriteCapacityUnits": 0 }));
        let indexes: Vec<_> = self.indexes.iter().map(|index| index.description(&self.arn(), &throughput)).collect();
        let mut description = json!({
            "TableName": self.name,
            "TableArn": self.arn(),
            "TableStatus": status,
            "CreationDateTime": self.created as f64 / 1000.0,
            "KeySchema": self.keys.schema(),
            "AttributeDefinitions": self.described.attribute_definitions,
            "ProvisionedThroughput": throughput,
            "DeletionProtectionEnabled": self.described.deletion_protection,
            "ItemCount": items,
            "TableSizeBytes": bytes,
        });
        if let Some(mode) = &self.described.billing_mode {
            description["BillingModeSummary"] = json!({ "BillingMode": mode });
        }
        if !indexes.is_empty() {
            description["GlobalSecondaryIndexes"] = indexes.into();
        }
        if let (Some(stream), Some(arn)) = (&self.stream, self.stream_arn()) {
            description["StreamSpecification"] = json!({ "StreamEnabled": true, "StreamViewType": stream.view });
            description["LatestStreamLabel"] = json!(stream.label);
            description["LatestStreamArn"] = json!(arn);
        }
        description
    }
}

impl KeyNames {
    /// The `KeySchema` of the API.
    pub(super) fn schema(&self) -> Json {
        let kinds = ["HASH", "RANGE"];
        self.names().zip(kinds).map(|(name, kind)| json!({ "AttributeName": name, "KeyType": kind })).collect()
    }
}

impl Index {
    fn description(&self, table_arn: &str, throughput: &Json) -> Json {
        let projection = match &self.projected {
            Projected::All => json!({ "ProjectionType": "ALL" }),
            Projected::KeysOnly => json!({ "ProjectionType": "KEYS_ONLY" }),
            Projected::Include(names) => json!({ "ProjectionType": "INCLUDE", "NonKeyAttributes": names }),
        };
        json!({
            "IndexName": self.name,
            "IndexArn": format!("{table_arn}/index/{}", self.name),
            "IndexStatus": "ACTIVE",
            "KeySchema": self.keys.schema(),
            "Projection": projection,
            "ProvisionedThroughput": throughput,
        })
    }
}
