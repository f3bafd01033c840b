//! The operations: each turns the JSON of a request into the JSON of the answer.

mod batch;
mod get;
mod query;
pub(super) mod streams;
mod tables;
mod time_to_live;
mod transact;
mod write;

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::engine::Engine;
use super::refusal::{DynamoRefusal, RefusalKind};

pub(super) async fn call(engine: &Arc<Engine>, operation: &str, body: &[u8]) -> Result<String, DynamoRefusal> {
    match operation {
        "CreateTable" => tables::create(engine, parse(body)?).await,
        "DeleteTable" => tables::delete(engine, parse(body)?).await,
        "DescribeTable" => tables::describe(engine, parse(body)?).await,
        "ListTables" => tables::list(engine, parse(body)?),
        "UpdateTimeToLive" => time_to_live::update(engine, parse(body)?).await,
        "DescribeTimeToLive" => time_to_live::describe(engine, parse(body)?),
        "GetItem" => get::one(engine, parse(body)?).await,
        "BatchGetItem" => get::batch(engine, parse(body)?).await,
        "PutItem" => write::put(engine, parse(body)?).await,
        "UpdateItem" => write::update(engine, parse(body)?).await,
        "DeleteItem" => write::delete(engine, parse(body)?).await,
        "BatchWriteItem" => batch::write(engine, parse(body)?).await,
        "TransactWriteItems" => transact::write(engine, parse(body)?).await,
        "Query" => query::query(engine, parse(body)?).await,
        "Scan" => query::scan(engine, parse(body)?).await,
        "ListStreams" => streams::list(engine, parse(body)?),
        "DescribeStream" => streams::describe(engine, parse(body)?).await,
        "GetShardIterator" => streams::iterator(engine, parse(body)?).await,
        "GetRecords" => streams::records(engine, parse(body)?).await,
        _ => Err(DynamoRefusal::new(
            RefusalKind::UnknownOperation,
            format!("the embedded DynamoDB does not support {operation}"),
        )),
    }
}

/// Reads a request. Parameters that the engine does not know are refused, because it would ignore them.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynamoRefusal> {
    serde_json::from_slice(body).map_err(|error| {
        let message = error.to_string();
        match message.contains("unknown field") {
            true => DynamoRefusal::validation(format!("the embedded DynamoDB does not support a parameter: {message}")),
            // A value of a wrong form is a fault of serialization, but one that DynamoDB does not allow is invalid.
            false if error.is_data() && !message.starts_with("invalid type") && !message.starts_with("missing") => {
                DynamoRefusal::validation(format!("One or more parameter values were invalid: {message}"))
            }
            false => DynamoRefusal::new(RefusalKind::Serialization, message),
        }
    })
}
