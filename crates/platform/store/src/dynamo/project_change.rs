//! Updates of a project's settings. Each setting is an attribute that is written separately, so that concurrent changes
//! of different settings both take effect.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;

use super::item::{Attributes, key, number, text};
use super::project_item::{
    ALLOWED_ORIGINS, ATTACHMENTS, LIMITED_BY, LIMITED_TO, LIMITED_UNTIL, OWNER, PER_MINUTE, PER_MONTH, POSTED_CONFIGS,
    REPOSITORY, RETENTION, TIER, TIME_UNIT,
};
use super::schema::{PK, PROJECT_IDS, PROJECTS};
use crate::error::{Result, StoreError};
use crate::ports::{Project, ProjectChange};

/// An attribute and its new value; `None` removes it.
type Assignment = (&'static str, Option<AttributeValue>);

/// The updates that a change needs. Limits, and what ingest must know to accept an event, are also stored in the item by
/// number, where ingest reads them with one request, without the other settings.
pub(crate) fn updates(project: &Project, change: &ProjectChange) -> Result<Vec<UpdateBuilder>> {
    let doing = "changing a project's settings";
    let json = |value: serde_json::Result<String>| value.map_err(|error| StoreError::corrupt(doing, error));
    let limits = [(PER_MINUTE, change.per_minute), (PER_MONTH, change.per_month)];
    let limits = limits.into_iter().filter_map(|(name, limit)| Some((name, limit?.map(number)))).collect::<Vec<_>>();
    let unmarked = if limits.is_empty() { &[][..] } else { &[LIMITED_BY, LIMITED_TO, LIMITED_UNTIL] };

    let mut settings = limits;
    if let Some(origins) = &change.allowed_origins {
        let origins = origins.as_ref().map(|origins| json(serde_json::to_string(origins)).map(text));
        settings.push((ALLOWED_ORIGINS, origins.transpose()?));
    }
    settings.extend(change.posted_configs.map(|which| (POSTED_CONFIGS, Some(text(which.as_str())))));
    settings.extend(change.attachments.map(|which| (ATTACHMENTS, Some(text(which.as_str())))));
    settings.extend(change.retention.map(|retention| (RETENTION, retention.map(number))));
    let beside = settings.clone();
    if let Some(rules) = &change.scrubbing {
        settings.push(("scrubbing", Some(text(json(serde_json::to_string(rules))?))));
    }
    if let Some(repository) = &change.repository {
        let repository = repository.as_ref().map(|it| json(serde_json::to_string(it)).map(text));
        settings.push((REPOSITORY, repository.transpose()?));
    }
    settings.extend(change.tier.map(|tier| (TIER, Some(text(tier.as_str())))));
    settings.extend(change.time_unit.map(|unit| (TIME_UNIT, Some(text(unit.as_str())))));
    settings.extend(change.owner.as_ref().map(|owner| (OWNER, owner.as_deref().map(text))));
    if settings.is_empty() {
        return Ok(Vec::new());
    }
    let named = update(key(PROJECTS, project.name.as_str()), settings)
        .condition_expression("#id = :id")
        .expression_attribute_names("#id", "id")
        .expression_attribute_values(":id", number(project.id));
    if beside.is_empty() {
        return Ok(vec![named]);
    }
    let unmarked = unmarked.iter().map(|&name| (name, None));
    let numbered = update(key(PROJECT_IDS, project.id.to_string()), beside.into_iter().chain(unmarked).collect())
        .condition_expression("attribute_exists(#pk)")
        .expression_attribute_names("#pk", PK);
    Ok(vec![named, numbered])
}

fn update(key: Attributes, assignments: Vec<Assignment>) -> UpdateBuilder {
    let mut update = aws_sdk_dynamodb::types::Update::builder().set_key(Some(key));
    let (mut set, mut remove) = (Vec::new(), Vec::new());
    for (index, (name, value)) in assignments.into_iter().enumerate() {
        update = update.expression_attribute_names(format!("#{index}"), name);
        match value {
            Some(value) => {
                set.push(format!("#{index} = :{index}"));
                update = update.expression_attribute_values(format!(":{index}"), value);
            }
            None => remove.push(format!("#{index}")),
        }
    }
    let clause = |word: &str, parts: Vec<String>| match parts.is_empty() {
        true => String::new(),
        false => format!("{word} {} ", parts.join(", ")),
    };
    update.update_expression(clause("SET", set) + &clause("REMOVE", remove))
}
