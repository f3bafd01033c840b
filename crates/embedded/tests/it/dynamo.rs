//! DynamoDB and its streams.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::types::AttributeValue::{N, S};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, ConditionCheck, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, Put, ReturnValuesOnConditionCheckFailure, ScalarAttributeType, StreamSpecification, StreamViewType,
    TimeToLiveSpecification, TransactWriteItem,
};
use embedded::Engines;

use crate::clients;

/// A table as faultline's: string keys, an index of keys only, a stream of both images.
pub(crate) async fn create_table(client: &Client, name: &str) {
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let text = |name: &str| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let index = GlobalSecondaryIndex::builder()
        .index_name("recent")
        .key_schema(key("status", KeyType::Hash))
        .key_schema(key("seen", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()
        .unwrap();
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewAndOldImages)
        .build()
        .unwrap();
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .attribute_definitions(text("pk"))
        .attribute_definitions(text("sk"))
        .attribute_definitions(text("status"))
        .attribute_definitions(text("seen"))
        .global_secondary_indexes(index)
        .stream_specification(stream)
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn an_item_is_put_and_got() {
    let engines = Engines::memory().unwrap();
    let client = clients::dynamo(&engines);
    create_table(&client, "table").await;
    let put = client.put_item().table_name("table").item("pk", S("a".into())).item("sk", S("b".into()));
    put.item("count", N("7".into())).send().await.unwrap();
    let got = client.get_item().table_name("table").key("pk", S("a".into())).key("sk", S("b".into()));
    assert_eq!(got.send().await.unwrap().item.unwrap()["count"], N("7".into()));
}
