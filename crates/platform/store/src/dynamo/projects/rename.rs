//! Renaming a project: its item moves to the new name, and an item under the former name leads to its number.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem, Update};
use model::id::ProjectName;

use super::decode;
use crate::dynamo::Directory;
use crate::dynamo::item::{Attributes, key, number, text};
use crate::dynamo::project_item::{FORMER_NAMES, former_name_key};
use crate::dynamo::schema::{PK, PROJECT_IDS, PROJECTS, SK};
use crate::error::{Kind, Result, StoreError};
use crate::ports::{MAX_FORMER_NAMES, Project};

const DOING: &str = "renaming a project";
/// How many attempts are made if the project's settings change at the same time.
const MAX_RENAME_ATTEMPTS: usize = 5;

pub(super) async fn rename(directory: &Directory, project: &Project, name: &ProjectName) -> Result<Project> {
    let mut now = project.clone();
    for _ in 0..MAX_RENAME_ATTEMPTS {
        let Some(item) = directory.table.get(DOING, key(PROJECTS, now.name.as_str()), true).await? else {
            return Err(gone(project));
        };
        now = decode(DOING, &item)?;
        if now.id != project.id || now.deleting {
            return Err(gone(project));
        }
        if now.name == *name {
            return Ok(now);
        }
        if let Some(other) = crate::ports::Projects::by_name(directory, name).await?.filter(|other| other.id != now.id)
        {
            return Err(StoreError::new(Kind::Conflict, DOING, format!("`{name}` is or was the name of {}", other.id)));
        }
        let mut former: Vec<_> = now.former_names.iter().filter(|former| *former != name).cloned().collect();
        former.push(now.name.clone());
        if former.len() > MAX_FORMER_NAMES {
            let detail = format!("the project already has {MAX_FORMER_NAMES} former names");
            return Err(StoreError::new(Kind::Rejected, DOING, detail));
        }
        match move_item(directory, &now, item, name, &former).await {
            Ok(()) => return Ok(Project { name: name.clone(), former_names: former, ..now }),
            Err(error) if error.kind() == Kind::Conflict => {}
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::new(Kind::Unavailable, DOING, "the project keeps changing"))
}

fn gone(project: &Project) -> StoreError {
    StoreError::new(Kind::NotFound, DOING, format!("the project `{}` does not exist any more", project.name))
}

/// Moves the item in one transaction, on condition that it is as it was read and that the name is free.
async fn move_item(
    directory: &Directory,
    project: &Project,
    item: Attributes,
    name: &ProjectName,
    former: &[ProjectName],
) -> Result<()> {
    let bad = |error| StoreError::corrupt(DOING, error);
    let id = || HashMap::from([(":id".to_owned(), number(project.id))]);
    let names = serde_json::to_string(former).map_err(|error| StoreError::corrupt(DOING, error))?;
    let mut moved = item.clone();
    moved.insert(SK.to_owned(), text(name.as_str()));
    moved.insert(FORMER_NAMES.to_owned(), text(names));
    let put = Put::builder()
        .table_name(&directory.table.name)
        .set_item(Some(moved))
        .condition_expression("attribute_not_exists(#pk)")
        .expression_attribute_names("#pk", PK)
        .build()
        .map_err(bad)?;
    let (condition, attributes, values) = unchanged(&item);
    let delete = Delete::builder()
        .table_name(&directory.table.name)
        .set_key(Some(key(PROJECTS, project.name.as_str())))
        .condition_expression(condition)
        .set_expression_attribute_names(Some(attributes))
        .set_expression_attribute_values(Some(values))
        .build()
        .map_err(bad)?;
    let by_id = Update::builder()
        .table_name(&directory.table.name)
        .set_key(Some(key(PROJECT_IDS, project.id.to_string())))
        .update_expression("SET #name = :new")
        .condition_expression("#name = :old")
        .expression_attribute_names("#name", "name")
        .expression_attribute_values(":new", text(name.as_str()))
        .expression_attribute_values(":old", text(project.name.as_str()))
        .build()
        .map_err(bad)?;
    let mut leads = former_name_key(&project.name);
    leads.insert("id".to_owned(), number(project.id));
    leads.insert(crate::dynamo::schema::FORM.to_owned(), number(1));
    let leads = Put::builder().table_name(&directory.table.name).set_item(Some(leads)).build().map_err(bad)?;
    // The new name may be a former name of this project.
    let leads_no_more = Delete::builder()
        .table_name(&directory.table.name)
        .set_key(Some(former_name_key(name)))
        .condition_expression("attribute_not_exists(id) OR id = :id")
        .set_expression_attribute_values(Some(id()))
        .build()
        .map_err(bad)?;
    let call = directory
        .table
        .client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(put).build())
        .transact_items(TransactWriteItem::builder().delete(delete).build())
        .transact_items(TransactWriteItem::builder().update(by_id).build())
        .transact_items(TransactWriteItem::builder().put(leads).build())
        .transact_items(TransactWriteItem::builder().delete(leads_no_more).build());
    call.send().await.map(drop).map_err(|error| {
        match error.as_service_error().is_some_and(|error| error.is_transaction_canceled_exception()) {
            true => StoreError::new(Kind::Conflict, DOING, "the project was changed at the same time"),
            false => StoreError::of_call(DOING, &error),
        }
    })
}

/// The condition that an item still has the attributes that were read, and no other settings of a project.
fn unchanged(item: &Attributes) -> (String, HashMap<String, String>, HashMap<String, AttributeValue>) {
    let (mut conditions, mut names, mut values) = (Vec::new(), HashMap::new(), HashMap::new());
    let missing = super::SETTINGS.iter().copied().filter(|name| !item.contains_key(*name));
    for (index, (name, value)) in item.iter().filter(|(name, _)| ![PK, SK].contains(&name.as_str())).enumerate() {
        conditions.push(format!("#{index} = :{index}"));
        names.insert(format!("#{index}"), name.clone());
        values.insert(format!(":{index}"), value.clone());
    }
    for (index, name) in missing.enumerate() {
        conditions.push(format!("attribute_not_exists(#m{index})"));
        names.insert(format!("#m{index}"), name.to_owned());
    }
    (conditions.join(" AND "), names, values)
}
