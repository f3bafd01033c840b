use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::engine::Engine;
use super::super::refusal::DynamoRefusal;
use super::super::rows::raw;
use super::super::value::Item;
use super::super::write::{ItemWrite, Plan};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct PutItem {
    table_name: String,
    item: Item,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<BTreeMap<String, super::super::value::Value>>,
    #[serde(default)]
    return_values: ReturnValues,
    #[serde(default)]
    return_values_on_condition_check_failure: OnFailure,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct UpdateItem {
    table_name: String,
    key: Item,
    update_expression: Option<String>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<BTreeMap<String, super::super::value::Value>>,
    #[serde(default)]
    return_values: ReturnValues,
    #[serde(default)]
    return_values_on_condition_check_failure: OnFailure,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct DeleteItem {
    table_name: String,
    key: Item,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<BTreeMap<String, super::super::value::Value>>,
    #[serde(default)]
    return_values: ReturnValues,
    #[serde(default)]
    return_values_on_condition_check_failure: OnFailure,
}

#[derive(Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ReturnValues {
    #[default]
    None,
    AllOld,
    UpdatedOld,
    AllNew,
    UpdatedNew,
}

/// How much of the stored item a failed condition shows.
#[derive(Clone, Copy, Default, PartialEq, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum OnFailure {
    #[default]
    None,
    AllOld,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Box<RawValue>>,
}

pub(super) async fn put(engine: &Arc<Engine>, request: PutItem) -> Result<String, DynamoRefusal> {
    let table = engine.table(&request.table_name)?;
    require_old_or_none(request.return_values)?;
    let mut write = ItemWrite::put(table, request.item)?;
    write.set_expressions(
        None,
        request.condition_expression,
        request.expression_attribute_names,
        request.expression_attribute_values,
    )?;
    write.shows_stored = request.return_values_on_condition_check_failure == OnFailure::AllOld;
    run(engine, write, request.return_values).await
}

pub(super) async fn update(engine: &Arc<Engine>, request: UpdateItem) -> Result<String, DynamoRefusal> {
    let table = engine.table(&request.table_name)?;
    let mut write = ItemWrite::update(table, &request.key)?;
    write.set_expressions(
        request.update_expression,
        request.condition_expression,
        request.expression_attribute_names,
        request.expression_attribute_values,
    )?;
    write.shows_stored = request.return_values_on_condition_check_failure == OnFailure::AllOld;
    run(engine, write, request.return_values).await
}

pub(super) async fn delete(engine: &Arc<Engine>, request: DeleteItem) -> Result<String, DynamoRefusal> {
    let table = engine.table(&request.table_name)?;
    require_old_or_none(request.return_values)?;
    let mut write = ItemWrite::delete(table, &request.key)?;
    write.set_expressions(
        None,
        request.condition_expression,
        request.expression_attribute_names,
        request.expression_attribute_values,
    )?;
    write.shows_stored = request.return_values_on_condition_check_failure == OnFailure::AllOld;
    run(engine, write, request.return_values).await
}

fn require_old_or_none(values: ReturnValues) -> Result<(), DynamoRefusal> {
    match values {
        ReturnValues::None | ReturnValues::AllOld => Ok(()),
        _ => Err(DynamoRefusal::validation("ReturnValues can only be ALL_OLD or NONE")),
    }
}

async fn run(engine: &Arc<Engine>, write: ItemWrite, values: ReturnValues) -> Result<String, DynamoRefusal> {
    let at = engine.clock.now_ms();
    let answered = engine.database.write(move |c| {
        let plan = write.plan(c)?;
        write.apply(c, &plan, at)?;
        // Of the attributes that an update changes, or of all.
        let only =
            matches!(values, ReturnValues::UpdatedOld | ReturnValues::UpdatedNew).then(|| write.updated_attributes());
        answer(plan, values, only)
    });
    Ok(serde_json::to_string(&answered.await?)?)
}

fn answer(plan: Plan, values: ReturnValues, only: Option<Vec<String>>) -> Result<Answer, DynamoRefusal> {
    let images = match values {
        ReturnValues::None => None,
        ReturnValues::AllOld | ReturnValues::UpdatedOld => plan.old,
        ReturnValues::AllNew | ReturnValues::UpdatedNew => plan.new,
    };
    let attributes = match (images, only) {
        (None, _) => None,
        (Some(images), None) => Some(raw(images.stored.json)?),
        (Some(mut images), Some(only)) => {
            images.item.retain(|name, _| only.contains(name));
            Some(raw(serde_json::to_vec(&images.item)?)?)
        }
    };
    Ok(Answer { attributes })
}
