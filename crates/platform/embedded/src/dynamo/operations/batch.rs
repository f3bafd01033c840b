use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use serde::Deserialize;

use super::super::engine::Engine;
use super::super::refusal::DynamoRefusal;
use super::super::value::Item;
use super::super::write::ItemWrite;

/// DynamoDB's limit of the writes in a batch.
const MAX_WRITES: usize = 25;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct BatchWriteItem {
    request_items: BTreeMap<String, Vec<WriteRequest>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
enum WriteRequest {
    #[serde(rename = "PutRequest")]
    Put {
        #[serde(rename = "Item")]
        item: Item,
    },
    #[serde(rename = "DeleteRequest")]
    Delete {
        #[serde(rename = "Key")]
        key: Item,
    },
}

pub(super) async fn write(engine: &Arc<Engine>, request: BatchWriteItem) -> Result<String, DynamoRefusal> {
    let requested: usize = request.request_items.values().map(Vec::len).sum();
    if requested == 0 || requested > MAX_WRITES {
        return Err(DynamoRefusal::validation(format!(
            "Too many items requested for the BatchWriteItem call, or none: {requested}, but there may be 1 to {MAX_WRITES}"
        )));
    }
    let mut writes = Vec::with_capacity(requested);
    for (name, requests) in request.request_items {
        let table = engine.table(&name)?;
        for request in requests {
            writes.push(match request {
                WriteRequest::Put { item } => ItemWrite::put(Arc::clone(&table), item)?,
                WriteRequest::Delete { key } => ItemWrite::delete(Arc::clone(&table), &key)?,
            });
        }
    }
    let distinct: HashSet<_> = writes.iter().map(|write| (write.table.id, &write.key)).collect();
    if distinct.len() < writes.len() {
        return Err(DynamoRefusal::validation("Provided list of item keys contains duplicates"));
    }
    let at = engine.clock.now_ms();
    let written = engine.database.write(move |c| {
        for write in &writes {
            write.apply(c, &write.plan(c)?, at)?;
        }
        Ok::<_, DynamoRefusal>(())
    });
    written.await?;
    Ok(r#"{"UnprocessedItems":{}}"#.to_owned())
}
