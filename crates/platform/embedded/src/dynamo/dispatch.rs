//! Maps the name of an operation to dynoxide's method.

use dynoxide::{Database, DynoxideError};

/// Returns the status and the JSON body of the answer.
pub(super) fn answer(database: &Database, operation: &str, body: &[u8]) -> (u16, String) {
    match call(database, operation, body) {
        Ok(body) => (200, body),
        Err(error) => {
            if error.status_code() >= 500 {
                tracing::error!(operation, %error, "failed to run a DynamoDB operation");
            }
            (error.status_code(), error.to_json())
        }
    }
}

fn call(database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    macro_rules! operations {
        ($($name:literal => $method:ident,)*) => {
            match operation {
                $($name => {
                    let request = serde_json::from_slice(body)
                        .map_err(|e| DynoxideError::SerializationException(e.to_string()))?;
                    let answer = database.$method(request)?;
                    serde_json::to_string(&answer).map_err(|e| DynoxideError::InternalServerError(e.to_string()))
                })*
                _ => Err(DynoxideError::UnsupportedCapability(operation.to_owned())),
            }
        };
    }
    operations! {
        "CreateTable" => create_table,
        "DeleteTable" => delete_table,
        "DescribeTable" => describe_table,
        "ListTables" => list_tables,
        "UpdateTable" => update_table,
        "PutItem" => put_item,
        "GetItem" => get_item,
        "DeleteItem" => delete_item,
        "UpdateItem" => update_item,
        "Query" => query,
        "Scan" => scan,
        "BatchGetItem" => batch_get_item,
        "BatchWriteItem" => batch_write_item,
        "TransactWriteItems" => transact_write_items,
        "TransactGetItems" => transact_get_items,
        "UpdateTimeToLive" => update_time_to_live,
        "DescribeTimeToLive" => describe_time_to_live,
        "TagResource" => tag_resource,
        "UntagResource" => untag_resource,
        "ListTagsOfResource" => list_tags_of_resource,
        "ListStreams" => list_streams,
        "DescribeStream" => describe_stream,
        "GetShardIterator" => get_shard_iterator,
        "GetRecords" => get_records,
    }
}
