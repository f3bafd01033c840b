use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck, Put, ReturnValue, TransactWriteItem, Update};
use model::id::{KeyHash, KeyId, ProjectId, ProjectName};
use model::time::Timestamp;

use super::Directory;
use super::call::{Cancelled, Range};
use super::item::{Attributes, Reader, Writer, key, number, text, time};
use super::schema::{DIRECTORY_INDEX, INDEX_PK, INDEX_SK, KEYS, PK, SK, TTL, keys_after, keys_end, project_keys_pk};
use crate::error::{Kind, Result, StoreError};
use crate::ports::{KeyChange, KeyRecord, KeyRing, Keys, Maker, MakerName, Page, Role, Scope};

const NAME: &str = "name";
const PROJECT_NAME: &str = "projectName";
const DISABLED: &str = "disabled";
const EXPIRES_AT: &str = "expiresAt";

#[async_trait]
impl Keys for Directory {
    async fn find(&self, hash: &KeyHash) -> Result<Option<KeyRecord>> {
        let doing = "looking a key up";
        self.table.get(doing, key(KEYS, hash.to_string()), false).await?.map(|item| decode(doing, &item)).transpose()
    }

    async fn find_consistently(&self, hash: &KeyHash) -> Result<Option<KeyRecord>> {
        let doing = "looking a key up";
        self.table.get(doing, key(KEYS, hash.to_string()), true).await?.map(|item| decode(doing, &item)).transpose()
    }
}

#[async_trait]
impl KeyRing for Directory {
    async fn add(&self, hash: &KeyHash, record: &KeyRecord) -> Result<()> {
        let call = self
            .table
            .client
            .put_item()
            .table_name(&self.table.name)
            .set_item(Some(encode(hash, record)))
            .condition_expression("attribute_not_exists(#pk)")
            .expression_attribute_names("#pk", PK);
        call.send().await.map(drop).map_err(|error| StoreError::of_call("adding a key", &error))
    }

    async fn add_by(&self, maker: &Maker, hash: &KeyHash, record: &KeyRecord) -> Result<()> {
        let doing = "adding a key";
        self.write_with_maker(doing, Some(maker), put(&self.table.name, doing, hash, record)?, None).await
    }

    async fn with_id(&self, id: KeyId) -> Result<Option<(KeyHash, KeyRecord)>> {
        self.key_of("looking a key up by its id", id, true).await
    }

    async fn list(
        &self,
        of: Option<ProjectId>,
        after: Option<KeyId>,
        limit: usize,
    ) -> Result<Page<(KeyHash, KeyRecord), KeyId>> {
        let doing = "listing keys";
        let mut listed = match of {
            None => {
                let mut range = Range::between(KEYS, keys_after(after), keys_end());
                range.limit = Some(limit + 1);
                self.table.query(doing, &range).await?.0
            }
            Some(project) => self.keys_of_project(doing, project, after, limit + 1).await?,
        };
        // The query returned one more than the page shows if there is a next page.
        let more = listed.len() > limit;
        listed.truncate(limit);
        let hash = |item: &Attributes| Reader::of_any_form(doing, item).parsed(SK, KeyHash::parse);
        let next = listed.last().filter(|_| more).map(|item| hash(item).map(|hash| hash.id())).transpose()?;
        if of.is_some() {
            // The index may still list a key that was removed: the table then has no item for it.
            let keys = listed.iter().map(|item| Ok(key(KEYS, hash(item)?.to_string()))).collect::<Result<_>>()?;
            listed = self.table.get_all(doing, keys, false).await?;
        }
        let mut items = listed.iter().map(|item| with_hash(doing, item)).collect::<Result<Vec<_>>>()?;
        items.sort_by_key(|(hash, _)| *hash);
        Ok(Page { items, next })
    }

    async fn change(&self, hash: &KeyHash, change: &KeyChange) -> Result<Option<KeyRecord>> {
        let doing = "changing a key";
        let KeyChange { disabled, name, project } = change;
        let Some(record) = Keys::find(self, hash).await? else { return Ok(None) };
        let mut set = Set::default();
        if let Some(disabled) = disabled {
            set = set.and(DISABLED, AttributeValue::Bool(*disabled));
        }
        if let Some(name) = name {
            set = set.and(NAME, text(name.as_str()));
        }
        if let (Some(project), Scope::Project(..)) = (project, &record.scope) {
            set = set.and(PROJECT_NAME, text(project.as_str()));
        }
        if set.names.is_empty() {
            return Ok(Some(record));
        }
        let call = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key(KEYS, hash.to_string())))
            .update_expression(set.expression)
            .condition_expression("attribute_exists(#pk)")
            .set_expression_attribute_names(Some(set.names))
            .set_expression_attribute_values(Some(set.values))
            .expression_attribute_names("#pk", PK)
            .return_values(ReturnValue::AllNew);
        match call.send().await.map_err(|error| StoreError::of_call(doing, &error)) {
            Ok(updated) => updated.attributes.map(|item| decode(doing, &item)).transpose(),
            Err(error) if error.kind() == Kind::Conflict => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn rotate(
        &self,
        maker: Option<&Maker>,
        old: &KeyHash,
        until: Timestamp,
        hash: &KeyHash,
        new: &KeyRecord,
    ) -> Result<()> {
        let doing = "rotating a key";
        let set = Set::default().and(EXPIRES_AT, time(until)).and(TTL, number(until.seconds()));
        // If a key rotates itself, it is one item, which a transaction may name only once.
        let is_own = maker.is_some_and(|maker| maker.by == MakerName::Key(*old));
        let good = if is_own { " AND #disabled = :false" } else { "" };
        let mut update = Update::builder()
            .table_name(&self.table.name)
            .set_key(Some(key(KEYS, old.to_string())))
            .update_expression(set.expression)
            .condition_expression(format!("attribute_exists(#pk) AND attribute_not_exists(#expires){good}"))
            .set_expression_attribute_names(Some(set.names))
            .set_expression_attribute_values(Some(set.values))
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#expires", EXPIRES_AT);
        if is_own {
            update = update
                .expression_attribute_names("#disabled", DISABLED)
                .expression_attribute_values(":false", AttributeValue::Bool(false));
        }
        let update = update.build().map_err(|error| StoreError::corrupt(doing, error))?;
        let maker = maker.filter(|_| !is_own);
        self.write_with_maker(doing, maker, put(&self.table.name, doing, hash, new)?, Some(update)).await
    }

    async fn remove(&self, hash: &KeyHash) -> Result<()> {
        self.table.remove("removing a key", key(KEYS, hash.to_string())).await
    }
}

/// Writes a key that must not exist yet.
fn put(table: &str, doing: &'static str, hash: &KeyHash, record: &KeyRecord) -> Result<Put> {
    Put::builder()
        .table_name(table)
        .set_item(Some(encode(hash, record)))
        .condition_expression("attribute_not_exists(#pk)")
        .expression_attribute_names("#pk", PK)
        .build()
        .map_err(|error| StoreError::corrupt(doing, error))
}

impl Directory {
    /// The checks that whoever creates a key or an invitation is still valid.
    pub(super) fn maker_checks(&self, doing: &'static str, maker: &Maker) -> Result<Vec<TransactWriteItem>> {
        match &maker.by {
            MakerName::Key(hash) => Ok(vec![self.good_key(doing, hash, maker.at)?]),
            MakerName::User { id, revision, token } => {
                let token = token.as_ref().map(|token| self.token_exists(doing, token)).transpose()?;
                Ok([Some(self.unchanged(doing, *id, *revision)?), token].into_iter().flatten().collect())
            }
        }
    }

    /// The check that a key is neither disabled nor expired at `at`.
    fn good_key(&self, doing: &'static str, hash: &KeyHash, at: Timestamp) -> Result<TransactWriteItem> {
        let check = ConditionCheck::builder()
            .table_name(&self.table.name)
            .set_key(Some(key(KEYS, hash.to_string())))
            .condition_expression(
                "attribute_exists(#pk) AND #disabled = :false \
                 AND (attribute_not_exists(#expires) OR #expires > :now)",
            )
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#disabled", DISABLED)
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":false", AttributeValue::Bool(false))
            .expression_attribute_values(":now", time(at))
            .build()
            .map_err(|error| StoreError::corrupt(doing, error))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// Writes a key and optionally updates another, on condition that the creator is valid.
    async fn write_with_maker(
        &self,
        doing: &'static str,
        maker: Option<&Maker>,
        put: Put,
        update: Option<Update>,
    ) -> Result<()> {
        let item = TransactWriteItem::builder;
        let mut call = self.table.client.transact_write_items().transact_items(item().put(put).build());
        if let Some(update) = update {
            call = call.transact_items(item().update(update).build());
        }
        if let Some(maker) = maker {
            let checks = self.maker_checks(doing, maker)?;
            call = checks.into_iter().fold(call, |call, check| call.transact_items(check));
        }
        call.send().await.map(drop).map_err(|error| {
            let refused =
                error.reasons().iter().filter_map(|reason| reason.code.as_deref()).find(|code| *code != "None");
            match refused {
                Some(code) => StoreError::new(Kind::of_code(Some(code), 400), doing, code),
                None => StoreError::of_call(doing, &error),
            }
        })
    }

    async fn key_of(&self, doing: &'static str, id: KeyId, consistent: bool) -> Result<Option<(KeyHash, KeyRecord)>> {
        let range = Range { limit: Some(1), consistent, ..Range::of_prefix(KEYS, &id.to_string()) };
        self.table.query(doing, &range).await?.0.first().map(|item| with_hash(doing, item)).transpose()
    }

    /// Returns the index entries of a project's keys, with the primary keys of their items.
    async fn keys_of_project(
        &self,
        doing: &'static str,
        project: ProjectId,
        after: Option<KeyId>,
        limit: usize,
    ) -> Result<Vec<Attributes>> {
        let call = self
            .table
            .client
            .query()
            .table_name(&self.table.name)
            .index_name(DIRECTORY_INDEX)
            .key_condition_expression("#pk = :pk AND #sk > :after")
            .expression_attribute_names("#pk", INDEX_PK)
            .expression_attribute_names("#sk", INDEX_SK)
            .expression_attribute_values(":pk", text(project_keys_pk(project)))
            .expression_attribute_values(":after", text(keys_after(after)))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let page = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        Ok(page.items.unwrap_or_default())
    }
}

/// The assignments of an update.
#[derive(Default)]
struct Set {
    expression: String,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
}

impl Set {
    fn and(mut self, name: &str, value: AttributeValue) -> Self {
        let place = self.names.len();
        self.expression.push_str(if place == 0 { "SET " } else { ", " });
        self.expression.push_str(&format!("#{place} = :{place}"));
        self.names.insert(format!("#{place}"), name.to_owned());
        self.values.insert(format!(":{place}"), value);
        self
    }
}

/// The index attributes by which a project's keys are found.
fn index(hash: &KeyHash, scope: &Scope) -> Vec<(&'static str, AttributeValue)> {
    match scope {
        Scope::All => Vec::new(),
        Scope::Project(id, _) => vec![(INDEX_PK, text(project_keys_pk(*id))), (INDEX_SK, text(hash.to_string()))],
    }
}

fn encode(hash: &KeyHash, record: &KeyRecord) -> Attributes {
    let KeyRecord { role, scope, name, hint, disabled, created_at, expires_at } = record;
    let mut item = Writer::new(KEYS, hash.to_string())
        .with("role", text(role.as_str()))
        .with(NAME, text(name.as_str()))
        .with(DISABLED, AttributeValue::Bool(*disabled))
        .with("createdAt", time(*created_at));
    if let Scope::Project(id, name) = scope {
        item = item.with("project", number(id)).with(PROJECT_NAME, text(name.as_str()));
    }
    if let Some(hint) = hint {
        item = item.with("hint", text(hint.as_str()));
    }
    if let Some(expires_at) = expires_at {
        item = item.with(EXPIRES_AT, time(*expires_at)).expiring(*expires_at);
    }
    index(hash, scope).into_iter().fold(item, |item, (name, value)| item.with(name, value)).done()
}

fn with_hash(doing: &'static str, item: &Attributes) -> Result<(KeyHash, KeyRecord)> {
    Ok((Reader::new(doing, item)?.parsed(SK, KeyHash::parse)?, decode(doing, item)?))
}

fn decode(doing: &'static str, item: &Attributes) -> Result<KeyRecord> {
    let read = Reader::new(doing, item)?;
    let scope = match item.contains_key("project") || item.contains_key(PROJECT_NAME) {
        false => Scope::All,
        true => {
            let id = ProjectId::new(read.number("project")?)
                .ok_or_else(|| StoreError::corrupt(doing, "0 is not a project number"))?;
            Scope::Project(id, read.parsed(PROJECT_NAME, ProjectName::parse)?)
        }
    };
    Ok(KeyRecord {
        role: read.parsed("role", |word| Role::parse(word).ok_or("unknown role"))?,
        scope,
        name: read.text(NAME)?.to_owned(),
        hint: read.text_if_any("hint").map(str::to_owned),
        disabled: read.boolean(DISABLED),
        created_at: read.time("createdAt")?,
        expires_at: read.if_any(EXPIRES_AT, Reader::time)?,
    })
}
