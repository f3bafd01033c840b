use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, ReturnValue, TransactWriteItem};
use model::id::{ProjectId, ProjectName};
use model::project::{Attachments, Limits, PostedConfigs, Tier, TimeUnit};
use model::time::Timestamp;
use scrub::Rules;

use super::Directory;
use super::call::Range;
use super::item::{Attributes, Reader, Writer, key, number, text, time};
use super::project_change;
use super::project_item::{
    ALLOWED_ORIGINS, ATTACHMENTS, FORMER_NAMES, OWNER, PER_MINUTE, PER_MONTH, POSTED_CONFIGS, REPOSITORY, RETENTION,
    TIER, TIME_UNIT, allowed_origins, former_name_key, limits, retention, setting,
};
use super::schema::{LAST, PK, PROJECT_IDS, PROJECTS, SK};
use crate::error::{Kind, Result, StoreError};
use crate::ports::{Page, Project, ProjectChange, Projects};

mod rename;

/// The settings in a project's item. Each attribute exists only once it is set.
const SETTINGS: [&str; 11] = [
    "scrubbing",
    PER_MINUTE,
    PER_MONTH,
    TIER,
    TIME_UNIT,
    OWNER,
    RETENTION,
    ALLOWED_ORIGINS,
    POSTED_CONFIGS,
    ATTACHMENTS,
    REPOSITORY,
];

#[async_trait]
impl Projects for Directory {
    async fn create(&self, name: &ProjectName, now: Timestamp) -> Result<Project> {
        let doing = "creating a project";
        if self.by_name(name).await?.is_some() {
            return Err(StoreError::new(Kind::Conflict, doing, format!("a project named `{name}` exists")));
        }
        // If creation fails after this, the number stays unused. That is harmless; using one twice would not be.
        let id = self.next_project_id().await?;
        let project = Project { limits: self.first_limits, ..Project::new(id, name.clone(), now) };
        let new = |item: Attributes| {
            Put::builder()
                .table_name(&self.table.name)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(#pk)")
                .expression_attribute_names("#pk", PK)
                .build()
                .map(|put| TransactWriteItem::builder().put(put).build())
                .map_err(|error| StoreError::corrupt(doing, error))
        };
        let by_id = Writer::new(PROJECT_IDS, id.to_string()).with("name", text(name.as_str()));
        let by_id = with_limits(by_id, project.limits).done();
        let call =
            self.table.client.transact_write_items().transact_items(new(encode(&project))?).transact_items(new(by_id)?);
        match call.send().await {
            Ok(_) => Ok(project),
            Err(error) => {
                let cancelled = error.as_service_error().is_some_and(|error| error.is_transaction_canceled_exception());
                Err(match cancelled {
                    true => StoreError::new(Kind::Conflict, doing, format!("a project named `{name}` exists")),
                    false => StoreError::of_call(doing, &error),
                })
            }
        }
    }

    async fn by_name(&self, name: &ProjectName) -> Result<Option<Project>> {
        let doing = "looking a project up";
        if let Some(item) = self.table.get(doing, key(PROJECTS, name.as_str()), true).await? {
            return decode(doing, &item).map(Some);
        }
        // It may be a former name.
        let Some(item) = self.table.get(doing, former_name_key(name), true).await? else { return Ok(None) };
        self.by_id(id_of(doing, &item)?).await
    }

    async fn by_id(&self, id: ProjectId) -> Result<Option<Project>> {
        let doing = "looking a project up by its number";
        let Some(item) = self.table.get(doing, key(PROJECT_IDS, id.to_string()), true).await? else { return Ok(None) };
        let name = Reader::new(doing, &item)?.parsed("name", ProjectName::parse)?;
        let item = self.table.get(doing, key(PROJECTS, name.as_str()), true).await?;
        let project = item.map(|item| decode(doing, &item)).transpose()?;
        // The name may have been taken by another project since.
        Ok(project.filter(|project| project.id == id))
    }

    async fn list(&self, after: Option<&ProjectName>, limit: usize) -> Result<Page<Project, ProjectName>> {
        let doing = "listing projects";
        let mut range = Range::of_prefix(PROJECTS, "");
        range.after = after.map(ToString::to_string);
        range.limit = Some(limit);
        let (items, next) = self.table.query(doing, &range).await?;
        let next = next.map(|sk| ProjectName::parse(&sk).map_err(|error| StoreError::corrupt(doing, error)));
        let items = items.iter().map(|item| decode(doing, item)).collect::<Result<_>>()?;
        Ok(Page { items, next: next.transpose()? })
    }

    async fn update(&self, project: &Project, change: &ProjectChange) -> Result<()> {
        let doing = "changing a project's settings";
        let updates = project_change::updates(project, change)?;
        if updates.is_empty() {
            return Ok(());
        }
        let updates = updates.into_iter().map(|update| {
            let update = update.table_name(&self.table.name).build();
            let action = |update| TransactWriteItem::builder().update(update).build();
            update.map(action).map_err(|error| StoreError::corrupt(doing, error))
        });
        let call = self.table.client.transact_write_items().set_transact_items(Some(updates.collect::<Result<_>>()?));
        call.send().await.map(drop).map_err(|error| {
            match error.as_service_error().is_some_and(|error| error.is_transaction_canceled_exception()) {
                true => StoreError::new(
                    Kind::Conflict,
                    doing,
                    format!("the project `{}` does not exist any more", project.name),
                ),
                false => StoreError::of_call(doing, &error),
            }
        })
    }

    async fn rename(&self, project: &Project, name: &ProjectName) -> Result<Project> {
        rename::rename(self, project, name).await
    }

    async fn mark_deleting(&self, project: &Project) -> Result<()> {
        self.set("marking a project as being deleted", project, "deleting", AttributeValue::Bool(true)).await
    }

    async fn remove(&self, project: &Project) -> Result<()> {
        let doing = "removing a project";
        let gone = |key: Attributes, condition: Option<&str>| {
            // Another project may have the name already.
            let id = |_: &str| HashMap::from([(":id".to_owned(), number(project.id))]);
            Delete::builder()
                .table_name(&self.table.name)
                .set_key(Some(key))
                .set_condition_expression(condition.map(str::to_owned))
                .set_expression_attribute_values(condition.map(id))
                .build()
                .map(|delete| TransactWriteItem::builder().delete(delete).build())
                .map_err(|error| StoreError::corrupt(doing, error))
        };
        let mut call = self
            .table
            .client
            .transact_write_items()
            .transact_items(gone(key(PROJECTS, project.name.as_str()), Some("id = :id"))?)
            .transact_items(gone(key(PROJECT_IDS, project.id.to_string()), None)?);
        for name in &project.former_names {
            call = call.transact_items(gone(former_name_key(name), None)?);
        }
        match call.send().await {
            Err(error) if error.as_service_error().is_some_and(|error| error.is_transaction_canceled_exception()) => {
                Ok(())
            }
            removed => removed.map(drop).map_err(|error| StoreError::of_call(doing, &error)),
        }
    }
}

impl Directory {
    /// Sets an attribute of a project, unless another project has taken its name.
    async fn set(&self, doing: &'static str, project: &Project, name: &str, value: AttributeValue) -> Result<()> {
        let call = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key(PROJECTS, project.name.as_str())))
            .update_expression("SET #name = :value")
            .condition_expression("#id = :id")
            .expression_attribute_names("#name", name)
            .expression_attribute_names("#id", "id")
            .expression_attribute_values(":value", value)
            .expression_attribute_values(":id", number(project.id));
        call.send().await.map(drop).map_err(|error| StoreError::of_call(doing, &error))
    }

    async fn next_project_id(&self) -> Result<ProjectId> {
        let doing = "reserving a project number";
        let call = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key(PROJECT_IDS, LAST)))
            .update_expression("ADD #last :one")
            .expression_attribute_names("#last", "last")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew);
        let updated = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        let last = updated.attributes.as_ref().and_then(|item| item.get("last")?.as_n().ok()?.parse().ok());
        last.and_then(ProjectId::new).ok_or_else(|| StoreError::corrupt(doing, "the answer has no number"))
    }
}

fn id_of(doing: &'static str, item: &Attributes) -> Result<ProjectId> {
    ProjectId::new(Reader::new(doing, item)?.number("id")?)
        .ok_or_else(|| StoreError::corrupt(doing, "0 is not a project number"))
}

fn encode(project: &Project) -> Attributes {
    let item = Writer::new(PROJECTS, project.name.as_str())
        .with("id", number(project.id))
        .with("createdAt", time(project.created_at))
        .with("deleting", AttributeValue::Bool(project.deleting));
    with_limits(item, project.limits).done()
}

fn with_limits(item: Writer, limits: Limits) -> Writer {
    let limits = [(PER_MINUTE, limits.per_minute), (PER_MONTH, limits.per_month)];
    let set = limits.into_iter().filter_map(|(name, limit)| Some((name, number(limit?))));
    set.fold(item, |item, (name, limit)| item.with(name, limit))
}

pub(super) fn decode(doing: &'static str, item: &Attributes) -> Result<Project> {
    let read = Reader::new(doing, item)?;
    Ok(Project {
        id: id_of(doing, item)?,
        name: read.parsed(SK, ProjectName::parse)?,
        former_names: match read.text_if_any(FORMER_NAMES) {
            None => Vec::new(),
            Some(_) => read.parsed(FORMER_NAMES, |names| serde_json::from_str(names))?,
        },
        created_at: read.time("createdAt")?,
        deleting: read.boolean("deleting"),
        scrubbing: match read.text_if_any("scrubbing") {
            None => Rules::default(),
            Some(_) => read.parsed("scrubbing", |rules| serde_json::from_str(rules))?,
        },
        limits: limits(&read)?,
        tier: setting(&read, TIER, Tier::parse)?,
        time_unit: setting(&read, TIME_UNIT, TimeUnit::parse)?,
        owner: read.text_if_any(OWNER).map(str::to_owned),
        retention: retention(doing, &read)?,
        allowed_origins: allowed_origins(&read)?,
        posted_configs: setting(&read, POSTED_CONFIGS, PostedConfigs::parse)?,
        attachments: setting(&read, ATTACHMENTS, Attachments::parse)?,
        repository: match read.text_if_any(REPOSITORY) {
            None => None,
            Some(_) => Some(read.parsed(REPOSITORY, |repository| serde_json::from_str(repository))?),
        },
    })
}
