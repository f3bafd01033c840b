//! Checks a table that was restored from a backup, and sets what a restore loses.
//!
//! A restored table has the items and the index, but no stream, no time to live, no backups, no protection against
//! deletion, and no limits of capacity. (Autoscaling is part of the stack that uses the table.)

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeValue, BillingMode, ContinuousBackupsDescription, GlobalSecondaryIndexUpdate, IndexStatus, KeyType,
    OnDemandThroughput, PointInTimeRecoverySpecification, PointInTimeRecoveryStatus, StreamSpecification,
    StreamViewType, TableDescription, TableStatus, TimeToLiveSpecification, TimeToLiveStatus,
    UpdateGlobalSecondaryIndexAction,
};
use tokio::time::{Instant, sleep};

use super::item::text;
use super::schema::{DIRECTORY_INDEX, DUE, INDEX, INDEX_PK, INDEX_SK, PK, SK, TTL};
use crate::error::{Kind, Result, StoreError};

/// How long a change of a table may take, and how often to look.
const WAIT: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_secs(2);
const READING: &str = "reading the settings of the table";
const SETTING: &str = "changing the table";

/// The result of checking one setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub setting: Setting,
    /// The setting as the table has it.
    pub found: String,
    pub verdict: Verdict,
}

/// The settings that are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Keys,
    Index,
    /// Notifications that waited when the backup was taken. They would be sent again.
    WaitingNotifications,
    Ceiling,
    TimeToLive,
    Backups,
    DeletionProtection,
    /// The last one: a table with a stream counts as in use.
    Stream,
}

/// The meaning of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// [`RestoredTable::fix`] sets it.
    Fixable,
    /// The table cannot be used as it is.
    Wrong,
}

/// Which of the two tables a table is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Keys, users, projects and sessions.
    Directory,
    /// Errors. With on-demand capacity it may use this maximum of request units per second.
    Errors { maximum: i64 },
}

impl Purpose {
    fn index(self) -> &'static str {
        match self {
            Self::Directory => DIRECTORY_INDEX,
            Self::Errors { .. } => INDEX,
        }
    }
}

/// A table to check.
#[derive(Clone, Debug)]
pub struct RestoredTable {
    client: Client,
    name: String,
    purpose: Purpose,
}

/// The descriptions of a table that AWS gives.
#[derive(Clone, Debug)]
struct State {
    table: TableDescription,
    ttl: Option<String>,
    has_backups: bool,
    waiting: usize,
}

impl RestoredTable {
    pub fn new(client: Client, name: impl Into<String>, purpose: Purpose) -> Self {
        Self { client, name: name.into(), purpose }
    }

    /// Compares the table with what faultline needs.
    pub async fn check(&self) -> Result<Vec<Finding>> {
        let state = self.read().await?;
        Ok(findings(&state, self.purpose))
    }

    /// The ARN of the table's stream, if it has one.
    pub async fn stream_arn(&self) -> Result<Option<String>> {
        Ok(self.describe().await?.latest_stream_arn)
    }

    /// Sets what was found to be [`Verdict::Fixable`], and waits until the table has it.
    pub async fn fix(&self, finding: &Finding) -> Result<()> {
        let update = self.client.update_table().table_name(&self.name);
        match finding.setting {
            Setting::Keys | Setting::Index => return Ok(()),
            Setting::WaitingNotifications => return self.discard_waiting().await.map(drop),
            Setting::TimeToLive => {
                let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name(TTL).build();
                let ttl = ttl.map_err(|error| StoreError::corrupt(SETTING, error))?;
                let call = self.client.update_time_to_live().table_name(&self.name).time_to_live_specification(ttl);
                return call.send().await.map(drop).map_err(|error| StoreError::of_call(SETTING, &error));
            }
            Setting::Backups => {
                let on = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(true).build();
                let on = on.map_err(|error| StoreError::corrupt(SETTING, error))?;
                let call = self.client.update_continuous_backups().table_name(&self.name);
                let call = call.point_in_time_recovery_specification(on);
                return call.send().await.map(drop).map_err(|error| StoreError::of_call(SETTING, &error));
            }
            Setting::DeletionProtection => update.deletion_protection_enabled(true),
            Setting::Ceiling => {
                let Purpose::Errors { maximum } = self.purpose else { return Ok(()) };
                let ceiling = ceiling(maximum);
                let index = UpdateGlobalSecondaryIndexAction::builder().index_name(INDEX);
                let index = index.on_demand_throughput(ceiling.clone()).build();
                let index = index.map_err(|error| StoreError::corrupt(SETTING, error))?;
                let index = GlobalSecondaryIndexUpdate::builder().update(index).build();
                update.on_demand_throughput(ceiling).global_secondary_index_updates(index)
            }
            Setting::Stream => {
                let images = StreamViewType::NewAndOldImages;
                let stream = StreamSpecification::builder().stream_enabled(true).stream_view_type(images).build();
                update.stream_specification(stream.map_err(|error| StoreError::corrupt(SETTING, error))?)
            }
        }
        .send()
        .await
        .map_err(|error| StoreError::of_call(SETTING, &error))?;
        self.wait().await
    }

    async fn describe(&self) -> Result<TableDescription> {
        let call = self.client.describe_table().table_name(&self.name);
        let answer = call.send().await.map_err(|error| StoreError::of_call(READING, &error))?;
        answer.table.ok_or_else(|| StoreError::corrupt(READING, "the answer has no table"))
    }

    async fn read(&self) -> Result<State> {
        let failed = |error| StoreError::corrupt(READING, error);
        let table = self.describe().await?;
        let ttl = self.client.describe_time_to_live().table_name(&self.name).send().await;
        let ttl = ttl.map_err(|error| StoreError::of_call(READING, &error))?.time_to_live_description;
        let is_on =
            |status: &TimeToLiveStatus| matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling);
        let ttl = ttl.filter(|ttl| ttl.time_to_live_status().is_some_and(is_on)).and_then(|ttl| ttl.attribute_name);
        let backups = self.client.describe_continuous_backups().table_name(&self.name).send().await;
        let backups = backups.map_err(|error| StoreError::of_call(READING, &error))?.continuous_backups_description;
        let backups: ContinuousBackupsDescription = backups.ok_or_else(|| failed("the answer has no backups"))?;
        let recovery = backups.point_in_time_recovery_description();
        let recovery = recovery.and_then(|recovery| recovery.point_in_time_recovery_status());
        let has_outbox = self.purpose != Purpose::Directory && has_index(&table, INDEX);
        let waiting = if has_outbox { self.waiting().await?.len() } else { 0 };
        let has_backups = recovery == Some(&PointInTimeRecoveryStatus::Enabled);
        Ok(State { table, ttl, has_backups, waiting })
    }

    /// The keys of the outbox's lanes in which something waits.
    async fn waiting(&self) -> Result<Vec<[String; 2]>> {
        let doing = "looking for waiting notifications";
        let mut pages = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(INDEX)
            .key_condition_expression("#pk = :pk")
            .expression_attribute_names("#pk", INDEX_PK)
            .expression_attribute_values(":pk", text(DUE))
            .into_paginator()
            .items()
            .send();
        let mut keys = Vec::new();
        while let Some(item) = pages.next().await {
            let item = item.map_err(|error| StoreError::of_call(doing, &error))?;
            let key = [PK, SK].map(|name| match item.get(name) {
                Some(AttributeValue::S(key)) => key.clone(),
                _ => String::new(),
            });
            keys.push(key);
        }
        Ok(keys)
    }

    /// Discards notifications that wait in the outbox. Returns from how many lanes.
    ///
    /// # Errors
    /// Returns the error of the table; what was discarded before stays discarded.
    pub async fn discard_waiting(&self) -> Result<usize> {
        let waiting = self.waiting().await?;
        for [pk, sk] in &waiting {
            let call = self.client.delete_item().table_name(&self.name).key(PK, text(pk)).key(SK, text(sk));
            call.send().await.map_err(|error| StoreError::of_call("discarding waiting notifications", &error))?;
        }
        Ok(waiting.len())
    }

    /// Waits until a change is done: a table takes one at a time.
    async fn wait(&self) -> Result<()> {
        let until = Instant::now() + WAIT;
        loop {
            let table = self.describe().await?;
            let indexes = table.global_secondary_indexes();
            let is_done = table.table_status() == Some(&TableStatus::Active)
                && indexes.iter().all(|index| index.index_status().is_none_or(|status| *status == IndexStatus::Active));
            if is_done {
                return Ok(());
            }
            if Instant::now() >= until {
                return Err(StoreError::new(Kind::Unavailable, SETTING, "the table is still being changed"));
            }
            sleep(PAUSE).await;
        }
    }
}

fn ceiling(maximum: i64) -> OnDemandThroughput {
    OnDemandThroughput::builder().max_read_request_units(maximum).max_write_request_units(maximum).build()
}

fn has_index(table: &TableDescription, name: &str) -> bool {
    table.global_secondary_indexes().iter().any(|index| index.index_name() == Some(name))
}

fn findings(state: &State, purpose: Purpose) -> Vec<Finding> {
    let table = &state.table;
    let finding = |setting, found: String, verdict| Finding { setting, found, verdict };
    let good_if = |is_good, otherwise| if is_good { Verdict::Good } else { otherwise };
    let on = |is_on| if is_on { "on" } else { "off" }.to_owned();

    let is_active = table.table_status() == Some(&TableStatus::Active);
    let keys = keys_of(table.key_schema());
    let has_keys = keys == [(PK, &KeyType::Hash), (SK, &KeyType::Range)];
    let named = keys.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let status = table.table_status().map_or("unknown", TableStatus::as_str).to_lowercase();
    let mut all = vec![finding(
        Setting::Keys,
        format!("{named}; the table is {status}"),
        good_if(has_keys && is_active, Verdict::Wrong),
    )];

    let index = table.global_secondary_indexes().iter().find(|index| index.index_name() == Some(purpose.index()));
    let has_good_index = index
        .is_some_and(|index| keys_of(index.key_schema()) == [(INDEX_PK, &KeyType::Hash), (INDEX_SK, &KeyType::Range)]);
    let found = if index.is_some() { purpose.index() } else { "none" }.to_owned();
    all.push(finding(Setting::Index, found, good_if(has_good_index, Verdict::Wrong)));

    let stream = table.stream_specification().filter(|stream| stream.stream_enabled());
    // A stack may use a table that has a stream, and then its notifications are not old.
    if stream.is_none() && purpose != Purpose::Directory {
        let none_waits = good_if(state.waiting == 0, Verdict::Fixable);
        all.push(finding(Setting::WaitingNotifications, state.waiting.to_string(), none_waits));
    }
    let mode = table.billing_mode_summary().and_then(|mode| mode.billing_mode());
    if let Purpose::Errors { maximum } = purpose
        && mode == Some(&BillingMode::PayPerRequest)
    {
        let of_index = index.and_then(|index| index.on_demand_throughput());
        let limits = [table.on_demand_throughput(), of_index].map(|limit| {
            let write = limit.and_then(OnDemandThroughput::max_write_request_units);
            let read = limit.and_then(OnDemandThroughput::max_read_request_units);
            // -1 removes a limit.
            [write, read].map(|units| units.filter(|units| *units > 0))
        });
        let is_limited = limits.iter().flatten().all(|units| units.is_some_and(|units| units <= maximum));
        let lowest = limits.iter().flatten().map(|units| units.map_or("none".to_owned(), |units| units.to_string()));
        let found = lowest.collect::<Vec<_>>().join(", ");
        all.push(finding(Setting::Ceiling, found, good_if(is_limited, Verdict::Fixable)));
    }
    let ttl = state.ttl.clone().unwrap_or("off".to_owned());
    // Another attribute must be switched off first, and DynamoDB refuses that for an hour after a change.
    let without = if state.ttl.is_none() { Verdict::Fixable } else { Verdict::Wrong };
    all.push(finding(Setting::TimeToLive, ttl, good_if(state.ttl.as_deref() == Some(TTL), without)));
    all.push(finding(Setting::Backups, on(state.has_backups), good_if(state.has_backups, Verdict::Fixable)));
    let is_protected = table.deletion_protection_enabled() == Some(true);
    all.push(finding(Setting::DeletionProtection, on(is_protected), good_if(is_protected, Verdict::Fixable)));
    if purpose == Purpose::Directory {
        return all;
    }
    let images = stream.and_then(|stream| stream.stream_view_type());
    let found = images.map_or("off", StreamViewType::as_str).to_owned();
    let without = if stream.is_none() { Verdict::Fixable } else { Verdict::Wrong };
    all.push(finding(Setting::Stream, found, good_if(images == Some(&StreamViewType::NewAndOldImages), without)));
    all
}

fn keys_of(schema: &[aws_sdk_dynamodb::types::KeySchemaElement]) -> Vec<(&str, &KeyType)> {
    schema.iter().map(|element| (element.attribute_name(), element.key_type())).collect()
}

#[cfg(test)]
mod tests;
