use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::id::{KeyHash, ProjectId, ProjectName};

use super::Table;
use super::call::Range;
use super::item::{Attributes, Reader, Writer, key, number, text, time};
use super::schema::{KEYS, PK, SK};
use crate::error::{Result, StoreError};
use crate::ports::{KeyRecord, Keys, Page, Role, Scope};

#[async_trait]
impl Keys for Table {
    async fn find(&self, hash: &KeyHash) -> Result<Option<KeyRecord>> {
        let doing = "looking a key up";
        self.get(doing, key(KEYS, hash.to_string()), false).await?.map(|item| decode(doing, &item)).transpose()
    }

    async fn add(&self, hash: &KeyHash, record: &KeyRecord) -> Result<()> {
        let call = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(encode(hash, record)))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PK);
        call.send().await.map(drop).map_err(|error| StoreError::of_call("adding a key", &error))
    }

    async fn list(&self, after: Option<&KeyHash>, limit: usize) -> Result<Page<(KeyHash, KeyRecord), KeyHash>> {
        let doing = "listing keys";
        let mut range = Range::of_prefix(KEYS, "");
        range.after = after.map(ToString::to_string);
        range.limit = Some(limit);
        let (items, next) = self.query(doing, &range).await?;
        let hash = |item: &Attributes| Reader::new(doing, item)?.parsed(SK, KeyHash::parse);
        let next = next.map(|sk| KeyHash::parse(&sk).map_err(|error| StoreError::corrupt(doing, error))).transpose()?;
        let items = items.iter().map(|item| Ok((hash(item)?, decode(doing, item)?))).collect::<Result<_>>()?;
        Ok(Page { items, next })
    }

    async fn remove(&self, hash: &KeyHash) -> Result<()> {
        Table::remove(self, "removing a key", key(KEYS, hash.to_string())).await
    }
}

fn encode(hash: &KeyHash, record: &KeyRecord) -> Attributes {
    let item = Writer::new(KEYS, hash.to_string())
        .with("role", text(record.role.as_str()))
        .with("name", text(record.name.as_str()))
        .with("disabled", AttributeValue::Bool(record.disabled))
        .with("createdAt", time(record.created_at));
    match &record.scope {
        Scope::All => item.done(),
        Scope::Project(id, name) => item.with("project", number(id)).with("projectName", text(name.as_str())).done(),
    }
}

fn decode(doing: &'static str, item: &Attributes) -> Result<KeyRecord> {
    let read = Reader::new(doing, item)?;
    let scope = match item.contains_key("project") || item.contains_key("projectName") {
        false => Scope::All,
        true => {
            let id = ProjectId::new(read.number("project")?).ok_or_else(|| StoreError::corrupt(doing, "project 0"))?;
            Scope::Project(id, read.parsed("projectName", ProjectName::parse)?)
        }
    };
    Ok(KeyRecord {
        role: read.parsed("role", |word| Role::parse(word).ok_or("an unknown role"))?,
        scope,
        name: read.text("name")?.to_owned(),
        disabled: read.boolean("disabled"),
        created_at: read.time("createdAt")?,
    })
}
