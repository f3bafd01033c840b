use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use serde::Deserialize;

use super::super::engine::{Engine, is_repeated};
use super::super::refusal::{CancellationReason, DynamoRefusal};
use super::super::value::{Item, Value};
use super::super::write::ItemWrite;
use super::write::OnFailure;

/// DynamoDB's limit of the actions in a transaction.
const MAX_ACTIONS: usize = 100;
/// DynamoDB's limit of the characters of a token.
const MAX_TOKEN: usize = 36;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct TransactWriteItems {
    transact_items: Vec<Action>,
    client_request_token: Option<String>,
}

#[derive(Hash, Deserialize)]
#[serde(deny_unknown_fields)]
enum Action {
    Put(Write),
    Update(Write),
    Delete(Write),
    ConditionCheck(Write),
}

#[derive(Hash, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Write {
    table_name: String,
    item: Option<Item>,
    key: Option<Item>,
    update_expression: Option<String>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    return_values_on_condition_check_failure: OnFailure,
}

pub(super) async fn write(engine: &Arc<Engine>, request: TransactWriteItems) -> Result<String, DynamoRefusal> {
    let actions = request.transact_items;
    if actions.is_empty() || actions.len() > MAX_ACTIONS {
        return Err(DynamoRefusal::validation(format!(
            "1 validation error detected: the transaction has {} actions, but there may be 1 to {MAX_ACTIONS}",
            actions.len()
        )));
    }
    let token = request.client_request_token;
    if token.as_ref().is_some_and(|token| token.is_empty() || token.len() > MAX_TOKEN) {
        return Err(DynamoRefusal::validation(format!("ClientRequestToken must have 1 to {MAX_TOKEN} characters")));
    }
    let token = token.map(|token| {
        let mut hasher = DefaultHasher::new();
        actions.hash(&mut hasher);
        (token, hasher.finish().cast_signed())
    });
    let writes = actions.into_iter().map(|action| action.into_write(engine)).collect::<Result<Vec<_>, _>>()?;
    let distinct: HashSet<_> = writes.iter().map(|write| (write.table.id, &write.key)).collect();
    if distinct.len() < writes.len() {
        return Err(DynamoRefusal::validation("Transaction request cannot include multiple operations on one item"));
    }
    let at = engine.clock.now_ms();
    let written = engine.database.write(move |c| {
        if let Some((token, hash)) = &token
            && is_repeated(c, token, *hash, at)?
        {
            return Ok(());
        }
        let mut plans = Vec::with_capacity(writes.len());
        let mut reasons = Vec::with_capacity(writes.len());
        for write in &writes {
            match write.plan(c) {
                Ok(plan) => {
                    plans.push(plan);
                    reasons.push(CancellationReason::none());
                }
                Err(refusal) if refusal.is_of_request() => reasons.push(refusal.into()),
                Err(failure) => return Err(failure),
            }
        }
        if plans.len() < writes.len() {
            return Err(DynamoRefusal::cancelled(reasons));
        }
        for (write, plan) in writes.iter().zip(&plans) {
            write.apply(c, plan, at)?;
        }
        Ok::<_, DynamoRefusal>(())
    });
    written.await?;
    Ok("{}".to_owned())
}

impl Action {
    fn into_write(self, engine: &Engine) -> Result<ItemWrite, DynamoRefusal> {
        let missing =
            |name: &str| DynamoRefusal::validation(format!("The parameter '{name}' is required but was missing"));
        let (mut write, request) = match self {
            Self::Put(mut request) => {
                let item = request.item.take().ok_or_else(|| missing("Item"))?;
                (ItemWrite::put(engine.table(&request.table_name)?, item)?, request)
            }
            Self::Update(request) => {
                if request.update_expression.is_none() {
                    return Err(missing("UpdateExpression"));
                }
                let key = request.key.as_ref().ok_or_else(|| missing("Key"))?;
                (ItemWrite::update(engine.table(&request.table_name)?, key)?, request)
            }
            Self::Delete(request) => {
                let key = request.key.as_ref().ok_or_else(|| missing("Key"))?;
                (ItemWrite::delete(engine.table(&request.table_name)?, key)?, request)
            }
            Self::ConditionCheck(request) => {
                if request.condition_expression.is_none() {
                    return Err(missing("ConditionExpression"));
                }
                let key = request.key.as_ref().ok_or_else(|| missing("Key"))?;
                (ItemWrite::check_only(engine.table(&request.table_name)?, key)?, request)
            }
        };
        write.shows_stored = request.return_values_on_condition_check_failure == OnFailure::AllOld;
        write.set_expressions(
            request.update_expression,
            request.condition_expression,
            request.expression_attribute_names,
            request.expression_attribute_values,
        )?;
        Ok(write)
    }
}
