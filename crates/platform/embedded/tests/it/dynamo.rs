//! Tests of DynamoDB and its streams.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::AttributeValue::{self, N, S};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType, Put,
    ReturnValuesOnConditionCheckFailure, ScalarAttributeType, StreamSpecification, StreamViewType,
    TimeToLiveSpecification, TransactWriteItem, Update,
};
use aws_sdk_dynamodbstreams::types as stream;
use embedded::Engines;

use crate::clients;

/// A table like faultline's: string keys, an index with keys only, and a stream with both images.
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
async fn a_cancelled_transaction_says_why_and_shows_what_is_stored() {
    let engines = Engines::memory().unwrap();
    let client = table(&engines).await;
    put(&client, "a", &[("version", N("3".into()))]).send().await.unwrap();
    let check = Put::builder()
        .table_name("table")
        .item("pk", S("a".into()))
        .item("sk", S("x".into()))
        .condition_expression("version = :read")
        .expression_attribute_values(":read", N("2".into()))
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .build()
        .unwrap();
    let fine = Put::builder().table_name("table").item("pk", S("b".into())).item("sk", S("x".into())).build().unwrap();
    let write = client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().put(fine).build())
        .transact_items(TransactWriteItem::builder().put(check).build());
    let cancelled = write.send().await.unwrap_err().into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = cancelled else {
        panic!("{cancelled:?}");
    };
    let reasons = cancelled.cancellation_reasons();
    assert_eq!(
        reasons.iter().map(|reason| reason.code().unwrap()).collect::<Vec<_>>(),
        ["None", "ConditionalCheckFailed"]
    );
    assert_eq!(reasons[1].item().unwrap()["version"], N("3".into()));
    assert!(get(&client, "b").await.is_none(), "a part of a cancelled transaction was stored");
}

#[tokio::test]
async fn a_transaction_sent_again_with_its_token_is_applied_once() {
    let engines = Engines::memory().unwrap();
    let client = table(&engines).await;
    let write = || {
        let add = Update::builder().table_name("table").key("pk", S("a".into())).key("sk", S("x".into()));
        let add = add.update_expression("ADD hits :one").expression_attribute_values(":one", N("1".into()));
        let item = TransactWriteItem::builder().update(add.build().unwrap()).build();
        client.transact_write_items().client_request_token("token").transact_items(item).send()
    };
    write().await.unwrap();
    write().await.unwrap();
    assert_eq!(get(&client, "a").await.unwrap()["hits"], N("1".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_updates_of_one_item_are_all_counted() {
    let dir = tempfile::tempdir().unwrap();
    let engines = Engines::open(dir.path()).unwrap();
    let client = table(&engines).await;
    let updates: Vec<_> = (0..200)
        .map(|_| {
            let update = client.update_item().table_name("table").key("pk", S("a".into())).key("sk", S("x".into()));
            let update = update.update_expression("ADD hits :one");
            tokio::spawn(update.expression_attribute_values(":one", N("1".into())).send())
        })
        .collect();
    for update in updates {
        update.await.unwrap().unwrap();
    }
    assert_eq!(get(&client, "a").await.unwrap()["hits"], N("200".into()));
}

#[tokio::test]
async fn an_index_of_keys_holds_keys_in_order_and_follows_the_item() {
    let engines = Engines::memory().unwrap();
    let client = table(&engines).await;
    for (pk, seen) in [("a", "2"), ("b", "3"), ("c", "1")] {
        let attributes = [("status", S("open".into())), ("seen", S(seen.into())), ("count", N("1".into()))];
        put(&client, pk, &attributes).send().await.unwrap();
    }
    put(&client, "b", &[("status", S("closed".into())), ("seen", S("3".into()))]).send().await.unwrap();
    let query = client.query().table_name("table").index_name("recent").key_condition_expression("#status = :open");
    let query = query.expression_attribute_names("#status", "status").scan_index_forward(false);
    let found = query.expression_attribute_values(":open", S("open".into())).send().await.unwrap().items.unwrap();
    assert_eq!(found.iter().map(|item| item["pk"].as_s().unwrap()).collect::<Vec<_>>(), ["a", "c"]);
    assert!(!found[0].contains_key("count"), "the index has keys only");
}

#[tokio::test]
async fn the_stream_shows_both_images_until_it_is_trimmed() {
    let engines = Engines::memory().unwrap();
    let client = table(&engines).await;
    put(&client, "a", &[("count", N("1".into()))]).send().await.unwrap();
    put(&client, "a", &[("count", N("2".into()))]).send().await.unwrap();
    let records = records(&engines).await;
    assert_eq!(records.len(), 2);
    let change = records[1].dynamodb().unwrap();
    assert_eq!(change.old_image().unwrap()["count"], stream::AttributeValue::N("1".into()));
    assert_eq!(change.new_image().unwrap()["count"], stream::AttributeValue::N("2".into()));

    let now = SystemTime::now();
    assert_eq!(engines.dynamo().trim_streams(now - Duration::from_secs(3600)).await.unwrap(), 0);
    assert_eq!(self::records(&engines).await.len(), 2);
    assert_eq!(engines.dynamo().trim_streams(now + Duration::from_secs(3600)).await.unwrap(), 1);
    let number = |record: &stream::Record| record.dynamodb().unwrap().sequence_number().unwrap().to_owned();
    assert_eq!(self::records(&engines).await.iter().map(number).collect::<Vec<_>>(), [number(&records[1])]);
    put(&client, "a", &[("count", N("3".into()))]).send().await.unwrap();
    let after = self::records(&engines).await;
    assert!(number(&after[1]) > number(&records[1]), "numbering continues, however much is trimmed");
}

/// dynoxide asks for the last sequence number at each write. Without an index that is a scan of all records.
#[tokio::test]
async fn a_write_to_a_table_with_a_stream_does_not_scan_the_records() {
    let dir = tempfile::tempdir().unwrap();
    let engines = Engines::open(dir.path()).unwrap();
    table(&engines).await;
    let file = rusqlite::Connection::open(dir.path().join("dynamo.db")).unwrap();
    let plan: String = file
        .query_row(
            "EXPLAIN QUERY PLAN SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1
             FROM _stream_records WHERE table_name = ?1",
            ["table"],
            |row| row.get(3),
        )
        .unwrap();
    assert!(plan.contains("USING COVERING INDEX faultline_stream_sequence"), "{plan}");
}

#[tokio::test]
async fn items_whose_time_is_over_are_swept() {
    let engines = Engines::memory().unwrap();
    let client = table(&engines).await;
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl").build().unwrap();
    client.update_time_to_live().table_name("table").time_to_live_specification(ttl).send().await.unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    put(&client, "old", &[("ttl", N((now - 60).to_string()))]).send().await.unwrap();
    put(&client, "new", &[("ttl", N((now + 3600).to_string()))]).send().await.unwrap();
    put(&client, "none", &[]).send().await.unwrap();
    assert_eq!(engines.dynamo().sweep_ttl().await.unwrap(), 1);
    assert!(get(&client, "old").await.is_none());
    assert!(get(&client, "new").await.is_some());
    assert!(get(&client, "none").await.is_some());
}

#[tokio::test]
async fn operations_that_are_not_covered_are_refused_by_name() {
    let engines = Engines::memory().unwrap();
    let client = table(&engines).await;
    let backups = client.describe_continuous_backups().table_name("table").send().await.unwrap_err();
    assert!(backups.into_service_error().message().unwrap().contains("DescribeContinuousBackups"));
    let missing = client.get_item().table_name("nothing").key("pk", S("a".into())).key("sk", S("x".into()));
    assert!(missing.send().await.unwrap_err().into_service_error().is_resource_not_found_exception());
}

async fn table(engines: &Engines) -> Client {
    let client = clients::dynamo(engines);
    create_table(&client, "table").await;
    client
}

/// An item with this partition key and the sort key `x`.
fn put(client: &Client, pk: &str, attributes: &[(&str, AttributeValue)]) -> PutItemFluentBuilder {
    let put = client.put_item().table_name("table").item("pk", S(pk.to_owned())).item("sk", S("x".into()));
    attributes.iter().fold(put, |put, (name, value)| put.item(*name, value.clone()))
}

async fn get(client: &Client, pk: &str) -> Option<HashMap<String, AttributeValue>> {
    let get = client.get_item().table_name("table").key("pk", S(pk.to_owned())).key("sk", S("x".into()));
    get.send().await.unwrap().item
}

/// All records of the table's stream, oldest first.
async fn records(engines: &Engines) -> Vec<stream::Record> {
    let client = clients::dynamo_streams(engines);
    let streams = client.list_streams().table_name("table").send().await.unwrap();
    let arn = streams.streams()[0].stream_arn().unwrap();
    let described = client.describe_stream().stream_arn(arn).send().await.unwrap().stream_description.unwrap();
    let iterator = client.get_shard_iterator().stream_arn(arn).shard_id(described.shards()[0].shard_id().unwrap());
    let iterator = iterator.shard_iterator_type(stream::ShardIteratorType::TrimHorizon).send().await.unwrap();
    let records = client.get_records().shard_iterator(iterator.shard_iterator.unwrap()).send().await.unwrap();
    records.records.unwrap_or_default()
}
