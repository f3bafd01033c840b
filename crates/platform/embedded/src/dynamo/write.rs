//! A write of one item: its condition, and what it changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::Connection;

use super::expression::{Condition, Placeholders, Update};
use super::refusal::DynamoRefusal;
use super::rows::{Change, Images, raw};
use super::table::{ItemKey, Table};
use super::value::{Item, Value};

/// A write of one item.
pub(super) struct ItemWrite {
    pub(super) table: Arc<Table>,
    pub(super) key: ItemKey,
    effect: Effect,
    condition: Option<Condition>,
    /// Whether a failed condition shows the stored item.
    pub(super) shows_stored: bool,
}

enum Effect {
    Put(Images),
    /// Without an expression, the item is created if it does not exist.
    Update(Option<Update>),
    Delete,
    /// Checks only the condition.
    Check,
}

/// The stored item, and its updated form.
pub(super) struct Plan {
    pub(super) old: Option<Images>,
    /// The updated item. `None` unless the write is an update.
    pub(super) new: Option<Images>,
}

impl ItemWrite {
    pub(super) fn put(table: Arc<Table>, item: Item) -> Result<Self, DynamoRefusal> {
        let key = table.keys.of_item(&item)?;
        for index in &table.indexes {
            index.key_of(&item)?;
        }
        let effect = Effect::Put(Images::of(&table, item)?);
        Ok(Self { table, key, effect, condition: None, shows_stored: false })
    }

    pub(super) fn update(table: Arc<Table>, key: &Item) -> Result<Self, DynamoRefusal> {
        Self::of_key(table, key, Effect::Update(None))
    }

    pub(super) fn delete(table: Arc<Table>, key: &Item) -> Result<Self, DynamoRefusal> {
        Self::of_key(table, key, Effect::Delete)
    }

    pub(super) fn check_only(table: Arc<Table>, key: &Item) -> Result<Self, DynamoRefusal> {
        Self::of_key(table, key, Effect::Check)
    }

    fn of_key(table: Arc<Table>, key: &Item, effect: Effect) -> Result<Self, DynamoRefusal> {
        Ok(Self { key: table.keys.of_key(key)?, table, effect, condition: None, shows_stored: false })
    }

    /// Sets the expressions of the request.
    pub(super) fn set_expressions(
        &mut self,
        update: Option<String>,
        condition: Option<String>,
        names: Option<BTreeMap<String, String>>,
        values: Option<BTreeMap<String, Value>>,
    ) -> Result<(), DynamoRefusal> {
        let mut placeholders = Placeholders::new(names, values)?;
        if let Some(text) = update {
            let update = Update::parse(&text, &mut placeholders)?;
            if let Some(name) = update.attributes().find(|name| self.table.keys.contains(name)) {
                return Err(DynamoRefusal::validation(format!(
                    "One or more parameter values were invalid: Cannot update attribute {name}. This attribute is part of the key"
                )));
            }
            self.effect = Effect::Update(Some(update));
        }
        let condition = condition.map(|text| Condition::parse("ConditionExpression", &text, &mut placeholders));
        self.condition = condition.transpose()?;
        placeholders.require_all_used()
    }

    /// The names of the attributes that an update changes.
    pub(super) fn updated_attributes(&self) -> Vec<String> {
        match &self.effect {
            Effect::Update(Some(update)) => update.attributes().map(str::to_owned).collect(),
            _ => Vec::new(),
        }
    }

    /// Reads the stored item, checks the condition, and works out the update. Writes nothing.
    pub(super) fn plan(&self, c: &Connection) -> Result<Plan, DynamoRefusal> {
        let old = Images::get(c, &self.table, &self.key)?;
        let nothing = Item::new();
        let item = old.as_ref().map_or(&nothing, |old| &old.item);
        if let Some(condition) = &self.condition
            && !condition.holds(item)
        {
            let shown = old.filter(|_| self.shows_stored);
            return Err(DynamoRefusal::condition(shown.map(|old| raw(old.stored.json)).transpose()?));
        }
        let new = match &self.effect {
            Effect::Update(update) => Some(self.updated(old.as_ref(), update.as_ref())?),
            Effect::Put(_) | Effect::Delete | Effect::Check => None,
        };
        Ok(Plan { old, new })
    }

    /// Writes what was planned.
    pub(super) fn apply(&self, c: &Connection, plan: &Plan, at: i64) -> Result<(), DynamoRefusal> {
        let new = match &self.effect {
            Effect::Check => return Ok(()),
            Effect::Put(images) => Some(images),
            Effect::Update(_) | Effect::Delete => plan.new.as_ref(),
        };
        let old = plan.old.as_ref();
        Change { table: &self.table, key: &self.key, old, new, at, is_expiry: false }.write(c)
    }

    fn updated(&self, old: Option<&Images>, update: Option<&Update>) -> Result<Images, DynamoRefusal> {
        let mut item = old.map_or_else(|| self.table.keys.attributes(&self.key), |old| old.item.clone());
        if let Some(update) = update {
            update.apply(&mut item)?;
        }
        for index in &self.table.indexes {
            index.key_of(&item)?;
        }
        Images::of(&self.table, item)
    }
}
