use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::super::engine::Engine;
use super::super::refusal::DynamoRefusal;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct UpdateTimeToLive {
    table_name: String,
    time_to_live_specification: Specification,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Specification {
    enabled: bool,
    attribute_name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct DescribeTimeToLive {
    table_name: String,
}

pub(super) async fn update(engine: &Arc<Engine>, request: UpdateTimeToLive) -> Result<String, DynamoRefusal> {
    let table = engine.table(&request.table_name)?;
    let Specification { enabled, attribute_name } = request.time_to_live_specification;
    if enabled == table.expiry.is_some() {
        let state = if enabled { "enabled" } else { "disabled" };
        return Err(DynamoRefusal::validation(format!("TimeToLive is already {state}")));
    }
    engine.set_expiry(&table, enabled.then(|| attribute_name.clone())).await?;
    let specification = json!({ "Enabled": enabled, "AttributeName": attribute_name });
    Ok(json!({ "TimeToLiveSpecification": specification }).to_string())
}

pub(super) fn describe(engine: &Engine, request: DescribeTimeToLive) -> Result<String, DynamoRefusal> {
    let table = engine.table(&request.table_name)?;
    let description = match &table.expiry {
        Some(name) => json!({ "TimeToLiveStatus": "ENABLED", "AttributeName": name }),
        None => json!({ "TimeToLiveStatus": "DISABLED" }),
    };
    Ok(json!({ "TimeToLiveDescription": description }).to_string())
}
