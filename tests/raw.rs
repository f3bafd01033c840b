//! Access to the raw items of the tables.

use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use embedded::Engines;
use serde_json::{Value, json};

const TABLE: &str = "faultline";
const DIRECTORY: &str = "faultline-directory";
/// The kinds of items in the directory: their partitions up to the first `#`.
const IN_DIRECTORY: [&str; 9] =
    ["KEY", "PROJECT", "PROJECT_ID", "SESSION", "SIGNIN", "USER", "TOKEN", "INVITATION", "AUDIT"];

async fn call(engines: &Engines, operation: &str, body: &Value) -> Value {
    let mut request = HttpRequest::new(SdkBody::from(body.to_string()));
    request.headers_mut().insert("x-amz-target", format!("DynamoDB_20120810.{operation}"));
    let answer = engines.dynamo().call(request).await.unwrap();
    let body = serde_json::from_slice(answer.body().bytes().unwrap()).unwrap();
    assert!(answer.status().is_success(), "{operation}: {body}");
    body
}

/// Puts an item in DynamoDB's JSON form into the table that it belongs to.
pub async fn put_item(engines: &Engines, item: &str) {
    let item: Value = serde_json::from_str(item).unwrap();
    let kind = item["pk"]["S"].as_str().unwrap().split('#').next().unwrap();
    let table = if IN_DIRECTORY.contains(&kind) { DIRECTORY } else { TABLE };
    call(engines, "PutItem", &json!({ "TableName": table, "Item": item })).await;
}

/// Returns all items of both tables.
pub async fn items(engines: &Engines) -> Vec<Value> {
    let mut items = Vec::new();
    for table in [DIRECTORY, TABLE] {
        let mut answer = call(engines, "Scan", &json!({ "TableName": table })).await;
        assert!(answer["LastEvaluatedKey"].is_null(), "more than one page");
        items.extend(serde_json::from_value::<Vec<_>>(answer["Items"].take()).unwrap());
    }
    items
}

/// Returns all records of the table's stream, oldest first, in the form in which Lambda gets them.
pub async fn stream(engines: &Engines) -> Vec<Value> {
    let streams = call(engines, "ListStreams", &json!({ "TableName": TABLE })).await;
    let arn = &streams["Streams"][0]["StreamArn"];
    let stream = call(engines, "DescribeStream", &json!({ "StreamArn": arn })).await;
    let shard = &stream["StreamDescription"]["Shards"][0]["ShardId"];
    let from = json!({ "StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON" });
    let mut iterator = call(engines, "GetShardIterator", &from).await["ShardIterator"].take();
    let mut all = Vec::new();
    loop {
        let mut part = call(engines, "GetRecords", &json!({ "ShardIterator": iterator, "Limit": 1_000 })).await;
        let Value::Array(records) = part["Records"].take() else { panic!("no records in the answer") };
        if records.is_empty() {
            return all;
        }
        all.extend(records);
        iterator = part["NextShardIterator"].take();
    }
}
