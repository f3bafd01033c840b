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
    assert_eq!(engines.dynamo().trim_streams(now + Duration::from_secs(3600)).await.unwrap(), 2);
    assert!(self::records(&engines).await.is_empty());
    let number = |record: &stream::Record| record.dynamodb().unwrap().sequence_number().unwrap().to_owned();
    put(&client, "a", &[("count", N("3".into()))]).send().await.unwrap();
    let after = self::records(&engines).await;
    assert!(number(&after[0]) > number(&records[1]), "numbering continues, however much is trimmed");
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
async fn items_of_before_expire_once_the_table_has_a_time_to_live() {
    let (_, engines) = clients::with_clock();
    let client = table(&engines).await;
    let now = clients::start().duration_since(UNIX_EPOCH).unwrap().as_secs();
    // More than one step of the sweep, and some that end only within this hour.
    for at in 0..150 {
        put(&client, &format!("old{at}"), &[("ttl", N((now - 1 - at).to_string()))]).send().await.unwrap();
        put(&client, &format!("soon{at}"), &[("ttl", N((now + at).to_string()))]).send().await.unwrap();
    }
    put(&client, "text", &[("ttl", S("1".into()))]).send().await.unwrap();
    assert_eq!(engines.dynamo().sweep_ttl().await.unwrap(), 0, "the table has no time to live yet");
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl").build().unwrap();
    client.update_time_to_live().table_name("table").time_to_live_specification(ttl).send().await.unwrap();
    assert_eq!(engines.dynamo().sweep_ttl().await.unwrap(), 150);
    assert!(get(&client, "soon0").await.is_some() && get(&client, "text").await.is_some());
    let last = records(&engines).await.pop().unwrap();
    assert_eq!(last.user_identity().unwrap().principal_id().unwrap(), "dynamodb.amazonaws.com");
}

#[tokio::test]
async fn a_page_ends_at_the_limit_or_at_a_megabyte_and_the_next_continues() {
    let engines = Engines::memory().unwrap();
    let client = table(&engines).await;
    for at in 0..9 {
        let large = client.put_item().table_name("table").item("pk", S("p".into())).item("sk", S(format!("{at}")));
        large.item("text", S("x".repeat(300_000))).send().await.unwrap();
    }
    let page = |limit: Option<i32>, after: Option<HashMap<String, AttributeValue>>, forward: bool| {
        let query = client.query().table_name("table").key_condition_expression("pk = :p");
        let query = query.expression_attribute_values(":p", S("p".into())).set_exclusive_start_key(after);
        query.set_limit(limit).scan_index_forward(forward).send()
    };
    for forward in [true, false] {
        for (limit, pages) in [(None, vec![4, 4, 1]), (Some(3), vec![3, 3, 3, 0]), (Some(5), vec![4, 4, 1])] {
            let (mut found, mut lens, mut after) = (Vec::new(), Vec::new(), None);
            loop {
                let page = page(limit, after, forward).await.unwrap();
                lens.push(page.items().len());
                found.extend(page.items().iter().map(|item| item["sk"].as_s().unwrap().clone()));
                after = page.last_evaluated_key;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(lens, pages, "limit {limit:?}");
            let mut expected: Vec<_> = (0..9).map(|at| at.to_string()).collect();
            if !forward {
                expected.reverse();
            }
            assert_eq!(found, expected);
        }
    }
}

#[tokio::test]
async fn a_transaction_is_remembered_by_its_token_over_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let send = async |value: &str| {
        let engines = Engines::open(dir.path()).unwrap();
        let client = clients::dynamo(&engines);
        if client.describe_table().table_name("table").send().await.is_err() {
            create_table(&client, "table").await;
        }
        let add = Update::builder().table_name("table").key("pk", S("a".into())).key("sk", S("x".into()));
        let add = add.update_expression("ADD hits :n").expression_attribute_values(":n", N(value.into()));
        let item = TransactWriteItem::builder().update(add.build().unwrap()).build();
        let sent = client.transact_write_items().client_request_token("token").transact_items(item).send().await;
        (sent.map_err(|error| error.into_service_error()), get(&client, "a").await.unwrap()["hits"].clone())
    };
    send("1").await.0.unwrap();
    let (again, hits) = send("1").await;
    again.unwrap();
    assert_eq!(hits, N("1".into()));
    let (other, hits) = send("2").await;
    assert!(other.unwrap_err().is_idempotent_parameter_mismatch_exception());
    assert_eq!(hits, N("1".into()));
}

#[tokio::test]
async fn what_dynamodb_would_refuse_is_refused() {
    let engines = Engines::memory().unwrap();
    let client = table(&engines).await;
    let refusal = async |put: PutItemFluentBuilder| {
        let error = put.send().await.unwrap_err().into_service_error();
        format!("{} {}", error.code().unwrap_or_default(), error.message().unwrap_or_default())
    };
    let new = || put(&client, "a", &[]);
    for (wrong, reason) in [
        (
            new().condition_expression("status = :s").expression_attribute_values(":s", S("1".into())),
            "reserved keyword: status",
        ),
        (new().expression_attribute_names("#a", "a"), "ExpressionAttributeNames unused in expressions: keys: {#a}"),
        (
            new().condition_expression("#a = :b").expression_attribute_names("#a", "a"),
            "is not defined; attribute value: :b",
        ),
        (new().condition_expression("aa = "), "Syntax error; token: \"<EOF>\""),
        (new().condition_expression("nothing(aa)"), "Invalid function name; function: nothing"),
        (new().item("text", S("x".repeat(410_000))), "Item size has exceeded the maximum allowed size"),
        (new().item("sk", S(String::new())), "cannot contain an empty string value. Key: sk"),
        (new().item("pk", N("1".into())), "Type mismatch for key pk expected: S actual: N"),
        (new().item("status", N("1".into())).item("seen", S("1".into())), "Type mismatch for Index Key status"),
        (new().item("number", N("1e200".into())), "Number overflow"),
        (new().item("set", AttributeValue::Ss(Vec::new())), "a set may not be empty"),
        (put(&client, &"a".repeat(2049), &[]), "exceeded the maximum size limit of 2048 bytes"),
    ] {
        let refusal = refusal(wrong).await;
        assert!(refusal.starts_with("ValidationException") && refusal.contains(reason), "{refusal}");
    }
    let update = client.update_item().table_name("table").key("pk", S("a".into())).key("sk", S("x".into()));
    for (expression, reason) in [
        ("SET pk = :v", "This attribute is part of the key"),
        ("SET aa = :v, aa.bb = :v", "Two document paths overlap"),
        ("ADD aa :v", "operator: ADD, operand type: S"),
        ("SET aa = :v SET bb = :v", "can only be used once"),
        ("SET aa.bb = :v", "document path provided in the update expression is invalid"),
        ("SET aa = bb, cc = :v", "refers to an attribute that does not exist"),
    ] {
        let call = update.clone().update_expression(expression).expression_attribute_values(":v", S("1".into()));
        let error = call.send().await.unwrap_err().into_service_error();
        assert!(error.message().unwrap().contains(reason), "{expression}: {error:?}");
    }
    let writes = (0..101).map(|at| {
        let item = Put::builder().table_name("table").item("pk", S(at.to_string())).item("sk", S("x".into()));
        TransactWriteItem::builder().put(item.build().unwrap()).build()
    });
    let large = client.transact_write_items().set_transact_items(Some(writes.collect())).send().await.unwrap_err();
    assert!(large.into_service_error().message().unwrap().contains("has 101 actions"));
}

#[tokio::test]
async fn deleted_data_is_overwritten_in_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let engines = Engines::open(dir.path()).unwrap();
    let client = table(&engines).await;
    put(&client, "a", &[("text", S("something private".repeat(1_000)))]).send().await.unwrap();
    put(&client, "b", &[("text", S("something else".into()))]).send().await.unwrap();
    let holds = async |text: &str| {
        engines.reclaim().await.unwrap();
        let files = std::fs::read_dir(dir.path()).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
        files.into_iter().any(|bytes| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    };
    assert!(holds("something private").await);
    client.delete_item().table_name("table").key("pk", S("a".into())).key("sk", S("x".into())).send().await.unwrap();
    engines.dynamo().trim_streams(SystemTime::now() + Duration::from_secs(60)).await.unwrap();
    assert!(!holds("something private").await);
    assert!(holds("something else").await);
}

#[tokio::test]
async fn operations_that_are_not_covered_are_refused_by_name() {
    let engines = Engines::memory().unwrap();
    let client = table(&engines).await;
    let backups = client.describe_continuous_backups().table_name("table").send().await.unwrap_err();
    assert!(backups.into_service_error().message().unwrap().contains("DescribeContinuousBackups"));
    let parallel = client.scan().table_name("table").segment(0).total_segments(2).send().await.unwrap_err();
    assert!(parallel.into_service_error().message().unwrap().contains("Segment"));
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
