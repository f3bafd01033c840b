//! Tests of the SQS API through the SDK client. Times come from a clock that the tests move.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::ProvideErrorMetadata;
use aws_sdk_sqs::operation::receive_message::builders::ReceiveMessageFluentBuilder;
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, Message, MessageAttributeValue, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry,
};
use tokio::time::timeout;

use crate::clients;

/// Longer than anything here takes: a task that waits this long was not woken.
const PATIENCE: Duration = Duration::from_secs(20);

async fn create(client: &Client, name: &str, attributes: &[(QueueAttributeName, &str)]) -> String {
    let attributes: HashMap<_, _> =
        attributes.iter().map(|(name, value)| (name.clone(), (*value).to_owned())).collect();
    let created = client.create_queue().queue_name(name).set_attributes(Some(attributes)).send().await.unwrap();
    created.queue_url.unwrap()
}

async fn send(client: &Client, url: &str, body: &str) -> String {
    client.send_message().queue_url(url).message_body(body).send().await.unwrap().message_id.unwrap()
}

fn receive(client: &Client, url: &str) -> ReceiveMessageFluentBuilder {
    let receive = client.receive_message().queue_url(url).max_number_of_messages(10);
    receive.message_system_attribute_names(MessageSystemAttributeName::All)
}

async fn messages(receive: ReceiveMessageFluentBuilder) -> Vec<Message> {
    receive.send().await.unwrap().messages.unwrap_or_default()
}

fn system<'a>(message: &'a Message, name: &MessageSystemAttributeName) -> &'a str {
    &message.attributes.as_ref().unwrap()[name]
}

fn entry(id: &str, body: &str) -> SendMessageBatchRequestEntry {
    SendMessageBatchRequestEntry::builder().id(id).message_body(body).build().unwrap()
}

async fn counts(client: &Client, url: &str) -> (String, String) {
    let attributes = client.get_queue_attributes().queue_url(url).attribute_names(QueueAttributeName::All);
    let attributes = attributes.send().await.unwrap().attributes.unwrap();
    let count = |name: QueueAttributeName| attributes[&name].clone();
    (
        count(QueueAttributeName::ApproximateNumberOfMessages),
        count(QueueAttributeName::ApproximateNumberOfMessagesNotVisible),
    )
}

#[tokio::test]
async fn a_received_message_is_hidden_until_its_time_out_and_then_comes_again() {
    let (clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let url = create(&client, "inbox", &[(QueueAttributeName::VisibilityTimeout, "30")]).await;
    let sent = client.send_message().queue_url(&url).message_body("hello").send().await.unwrap();
    assert_eq!(sent.md5_of_message_body.as_deref(), Some("5d41402abc4b2a76b9719d911017c592"));

    clock.advance(Duration::from_secs(1));
    let first = messages(receive(&client, &url)).await.remove(0);
    assert_eq!((first.message_id(), first.body()), (sent.message_id(), Some("hello")));
    assert_eq!(first.md5_of_body(), sent.md5_of_message_body());
    assert_eq!(system(&first, &MessageSystemAttributeName::ApproximateReceiveCount), "1");
    assert_eq!(system(&first, &MessageSystemAttributeName::SentTimestamp), "1800000000000");

    clock.advance(Duration::from_secs(29));
    assert!(messages(receive(&client, &url)).await.is_empty());
    assert_eq!(counts(&client, &url).await, ("0".to_owned(), "1".to_owned()));

    clock.advance(Duration::from_secs(1));
    let second = messages(receive(&client, &url)).await.remove(0);
    assert_eq!(second.message_id(), sent.message_id());
    assert_eq!(system(&second, &MessageSystemAttributeName::ApproximateReceiveCount), "2");
    let first_received = &MessageSystemAttributeName::ApproximateFirstReceiveTimestamp;
    assert_eq!(system(&second, first_received), "1800000001000");
}

#[tokio::test]
async fn only_the_receipt_of_the_latest_receive_deletes() {
    let (clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let url = create(&client, "inbox", &[]).await;
    send(&client, &url, "hello").await;
    let delete = async |message: &Message| {
        let delete = client.delete_message().queue_url(&url).receipt_handle(message.receipt_handle().unwrap());
        delete.send().await.unwrap();
    };

    let late = messages(receive(&client, &url)).await.remove(0);
    clock.advance(Duration::from_secs(30));
    let latest = messages(receive(&client, &url)).await.remove(0);
    delete(&late).await;
    assert_eq!(counts(&client, &url).await.1, "1");
    delete(&latest).await;
    assert_eq!(counts(&client, &url).await.1, "0");
    // Deleting a message that is gone succeeds, and a new message does not match the old receipt.
    send(&client, &url, "another").await;
    messages(receive(&client, &url)).await;
    delete(&latest).await;
    assert_eq!(counts(&client, &url).await.1, "1");

    let broken = client.delete_message().queue_url(&url).receipt_handle("what").send().await.unwrap_err();
    assert!(broken.into_service_error().is_receipt_handle_is_invalid());
}

#[tokio::test]
async fn message_attributes_come_back_as_they_were_sent() {
    let (_clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let url = create(&client, "inbox", &[]).await;
    let text = MessageAttributeValue::builder().data_type("String").string_value("zstd").build().unwrap();
    let bytes = MessageAttributeValue::builder().data_type("Binary").binary_value(Blob::new([0, 255, 7]));
    let bytes = bytes.build().unwrap();
    let sent = client.send_message().queue_url(&url).message_body("x");
    let sent = sent.message_attributes("encoding", text.clone()).message_attributes("trace.id", bytes.clone());
    let sent = sent.send().await.unwrap();
    // Computed independently of this code, following the steps in the SQS manual.
    assert_eq!(sent.md5_of_message_attributes.as_deref(), Some("b22d0fb2ad78476696efa20c5a1cd5b9"));

    let all = messages(receive(&client, &url).message_attribute_names("All").visibility_timeout(0)).await.remove(0);
    assert_eq!(all.md5_of_message_attributes, sent.md5_of_message_attributes);
    let attributes = all.message_attributes.unwrap();
    assert_eq!((&attributes["encoding"], &attributes["trace.id"]), (&text, &bytes));

    let some = messages(receive(&client, &url).message_attribute_names("trace.*").visibility_timeout(0)).await;
    assert_eq!(some[0].message_attributes.as_ref().unwrap().keys().collect::<Vec<_>>(), ["trace.id"]);
    let none = messages(receive(&client, &url)).await;
    assert!(none[0].message_attributes.is_none());
}

#[tokio::test]
async fn a_bad_entry_of_a_batch_does_not_harm_its_neighbours() {
    let (_clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let url = create(&client, "inbox", &[(QueueAttributeName::MaximumMessageSize, "1024")]).await;
    let long = "x".repeat(1025);
    let batch = client.send_message_batch().queue_url(&url);
    let batch = batch.entries(entry("a", "one")).entries(entry("b", "bell\u{7}")).entries(entry("c", &long));
    let answer = batch.entries(entry("d", "two")).send().await.unwrap();

    let successful: Vec<_> = answer.successful.iter().map(|entry| entry.id()).collect();
    let failed: Vec<_> = answer.failed.iter().map(|entry| (entry.id(), entry.code(), entry.sender_fault())).collect();
    assert_eq!(successful, ["a", "d"]);
    assert_eq!(failed, [("b", "InvalidMessageContents", true), ("c", "InvalidParameterValue", true)]);
    let bodies: Vec<_> = messages(receive(&client, &url)).await.into_iter().map(|m| m.body.unwrap()).collect();
    assert_eq!(bodies, ["one", "two"]);
}

#[tokio::test]
async fn a_batch_against_the_rules_is_refused_as_a_whole() {
    let (_clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let url = create(&client, "inbox", &[]).await;
    let batch = async |entries: Vec<SendMessageBatchRequestEntry>| {
        let batch = client.send_message_batch().queue_url(&url).set_entries(Some(entries));
        batch.send().await.unwrap_err().into_service_error()
    };
    assert!(batch(vec![]).await.is_empty_batch_request());
    assert!(batch(vec![entry("a", "x"), entry("a", "y")]).await.is_batch_entry_ids_not_distinct());
    assert!(batch(vec![entry("a b", "x")]).await.is_invalid_batch_entry_id());
    let eleven = (0..11).map(|i| entry(&i.to_string(), "x")).collect();
    assert!(batch(eleven).await.is_too_many_entries_in_batch_request());
    let half = "x".repeat(1 << 19);
    assert!(batch(vec![entry("a", &half), entry("b", &half), entry("c", "x")]).await.is_batch_request_too_long());
    assert_eq!(counts(&client, &url).await.0, "0");
}

#[tokio::test]
async fn a_message_of_one_mebibyte_is_taken_and_one_byte_more_is_not() {
    let (_clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let url = create(&client, "inbox", &[]).await;
    send(&client, &url, &"x".repeat(1 << 20)).await;
    let more = client.send_message().queue_url(&url).message_body("x".repeat((1 << 20) + 1)).send().await;
    assert_eq!(more.unwrap_err().code(), Some("InvalidParameterValue"));
    let empty = client.send_message().queue_url(&url).message_body("").send().await;
    assert_eq!(empty.unwrap_err().code(), Some("MissingParameter"));
}

#[tokio::test]
async fn a_message_received_too_often_goes_to_the_dead_letters_and_back() {
    let (clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let dead = create(&client, "dead", &[]).await;
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":"2"}"#;
    let url = create(&client, "inbox", &[(QueueAttributeName::RedrivePolicy, policy)]).await;
    let id = send(&client, &url, "poison").await;
    for _ in 0..2 {
        assert_eq!(messages(receive(&client, &url)).await.len(), 1);
        clock.advance(Duration::from_secs(30));
    }
    send(&client, &url, "good").await;
    let next = messages(receive(&client, &url)).await;
    assert_eq!(next.iter().map(|m| m.body().unwrap()).collect::<Vec<_>>(), ["good"]);

    let moved = messages(receive(&client, &dead).visibility_timeout(0)).await.remove(0);
    assert_eq!((moved.message_id(), moved.body()), (Some(id.as_str()), Some("poison")));
    let source = system(&moved, &MessageSystemAttributeName::DeadLetterQueueSourceArn);
    assert_eq!(source, "arn:aws:sqs:us-east-1:000000000000:inbox");

    let arn = "arn:aws:sqs:us-east-1:000000000000:dead";
    client.start_message_move_task().source_arn(arn).send().await.unwrap();
    let tasks = client.list_message_move_tasks().source_arn(arn).send().await.unwrap();
    assert_eq!(tasks.results()[0].approximate_number_of_messages_moved(), 1);
    assert_eq!(counts(&client, &dead).await, ("0".to_owned(), "0".to_owned()));
    let back = messages(receive(&client, &url)).await.remove(0);
    assert_eq!(back.body(), Some("poison"));
    assert_eq!(system(&back, &MessageSystemAttributeName::ApproximateReceiveCount), "1");
    assert_ne!(back.message_id(), Some(id.as_str()), "a message that is moved back gets a new id");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_receive_is_woken_by_a_send() {
    let (_clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let url = create(&client, "inbox", &[]).await;
    // Many rounds, so that sends happen before, during and after the first look of the receive.
    for round in 0..100 {
        let waiting = tokio::spawn(messages(receive(&client, &url).wait_time_seconds(20)));
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        send(&client, &url, "hello").await;
        let received = timeout(PATIENCE, waiting).await.expect("the receive was not woken").unwrap();
        assert_eq!(received.len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_receive_gets_a_message_whose_time_out_ends() {
    let (clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let url = create(&client, "inbox", &[]).await;
    send(&client, &url, "hello").await;
    messages(receive(&client, &url).visibility_timeout(10)).await;
    let waiting = tokio::spawn(messages(receive(&client, &url).wait_time_seconds(20)));
    clock.advance(Duration::from_secs(10));
    let received = timeout(PATIENCE, waiting).await.expect("the receive was not woken").unwrap();
    assert_eq!(received.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_receive_ends_empty_when_its_time_is_over() {
    let (clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let url = create(&client, "inbox", &[]).await;
    let waiting = tokio::spawn(messages(receive(&client, &url).wait_time_seconds(20)));
    let ended = timeout(PATIENCE, async {
        // It is not known when the receive looks at the clock, so keep advancing it.
        while !waiting.is_finished() {
            clock.advance(Duration::from_secs(1));
            tokio::task::yield_now().await;
        }
        waiting.await.unwrap()
    });
    assert!(ended.await.expect("the receive did not end").is_empty());
}

#[tokio::test]
async fn visibility_can_be_changed_while_a_message_is_in_flight() {
    let (clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let url = create(&client, "inbox", &[]).await;
    send(&client, &url, "hello").await;
    let change = async |message: &Message, seconds: i32| {
        let change = client.change_message_visibility().queue_url(&url).visibility_timeout(seconds);
        change.receipt_handle(message.receipt_handle().unwrap()).send().await
    };
    let message = messages(receive(&client, &url)).await.remove(0);
    change(&message, 100).await.unwrap();
    clock.advance(Duration::from_secs(99));
    assert!(messages(receive(&client, &url)).await.is_empty());
    change(&message, 0).await.unwrap();
    let refused = change(&message, 10).await.unwrap_err().into_service_error();
    assert!(refused.is_message_not_inflight(), "{refused:?}");
    assert_eq!(messages(receive(&client, &url)).await.len(), 1);
}

#[tokio::test]
async fn a_delayed_message_is_invisible_until_its_time() {
    let (clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let url = create(&client, "inbox", &[]).await;
    client.send_message().queue_url(&url).message_body("later").delay_seconds(60).send().await.unwrap();
    assert!(messages(receive(&client, &url)).await.is_empty());
    clock.advance(Duration::from_secs(60));
    assert_eq!(messages(receive(&client, &url)).await.len(), 1);
}

#[tokio::test]
async fn messages_over_their_retention_are_gone() {
    let (clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let short = create(&client, "short", &[(QueueAttributeName::MessageRetentionPeriod, "3600")]).await;
    let long = create(&client, "long", &[]).await;
    send(&client, &short, "old").await;
    send(&client, &long, "old").await;
    clock.advance(Duration::from_secs(3601));
    send(&client, &short, "new").await;
    assert_eq!(counts(&client, &short).await.0, "1");
    let bodies: Vec<_> = messages(receive(&client, &short)).await.into_iter().map(|m| m.body.unwrap()).collect();
    assert_eq!(bodies, ["new"]);
    assert_eq!(counts(&client, &long).await.0, "1");

    // The same between two sweeps of all queues, the second of which was just now.
    send(&client, &short, "last").await;
    clock.advance(Duration::from_secs(3590));
    messages(receive(&client, &long)).await;
    clock.advance(Duration::from_secs(20));
    assert!(messages(receive(&client, &short)).await.is_empty());
}

#[tokio::test]
async fn a_batch_deletes_and_changes_what_it_can() {
    let (_clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let url = create(&client, "inbox", &[]).await;
    send(&client, &url, "hello").await;
    let message = messages(receive(&client, &url)).await.remove(0);
    let entry = |id: &str, handle: &str| {
        DeleteMessageBatchRequestEntry::builder().id(id).receipt_handle(handle).build().unwrap()
    };
    let batch = client.delete_message_batch().queue_url(&url);
    let batch = batch.entries(entry("good", message.receipt_handle().unwrap())).entries(entry("bad", "what"));
    let answer = batch.send().await.unwrap();
    assert_eq!((answer.successful[0].id(), answer.failed[0].id()), ("good", "bad"));
    assert_eq!(answer.failed[0].code(), "ReceiptHandleIsInvalid");
    assert_eq!(counts(&client, &url).await.1, "0");
}

#[tokio::test]
async fn a_queue_is_made_once_found_by_name_and_purged() {
    let (_clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let missing = client.get_queue_url().queue_name("inbox").send().await.unwrap_err().into_service_error();
    assert!(missing.is_queue_does_not_exist());
    let url = create(&client, "inbox", &[(QueueAttributeName::VisibilityTimeout, "40")]).await;
    assert_eq!(create(&client, "inbox", &[(QueueAttributeName::VisibilityTimeout, "40")]).await, url);
    assert_eq!(create(&client, "inbox", &[]).await, url);
    let other = client.create_queue().queue_name("inbox").attributes(QueueAttributeName::VisibilityTimeout, "41");
    assert!(other.send().await.unwrap_err().into_service_error().is_queue_name_exists());
    let found = client.get_queue_url().queue_name("inbox").send().await.unwrap();
    assert_eq!(found.queue_url(), Some(url.as_str()));
    let listed = client.list_queues().queue_name_prefix("in").send().await.unwrap();
    assert_eq!(listed.queue_urls.unwrap(), [url.as_str()]);

    let set = client.set_queue_attributes().queue_url(&url);
    set.attributes(QueueAttributeName::VisibilityTimeout, "50").send().await.unwrap();
    let timeout = QueueAttributeName::VisibilityTimeout;
    let attributes = client.get_queue_attributes().queue_url(&url).attribute_names(timeout.clone());
    let attributes = attributes.attribute_names(QueueAttributeName::QueueArn).send().await.unwrap().attributes.unwrap();
    assert_eq!(attributes.len(), 2);
    assert_eq!(attributes[&timeout], "50");

    send(&client, &url, "hello").await;
    client.purge_queue().queue_url(&url).send().await.unwrap();
    assert_eq!(counts(&client, &url).await.0, "0");
    let unknown = client.send_message().queue_url(format!("{url}x")).message_body("x").send().await;
    assert!(unknown.unwrap_err().into_service_error().is_queue_does_not_exist());
}

#[tokio::test]
async fn a_redrive_policy_needs_a_queue_that_exists() {
    let (_clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:nowhere","maxReceiveCount":3}"#;
    let create = client.create_queue().queue_name("inbox").attributes(QueueAttributeName::RedrivePolicy, policy);
    assert_eq!(create.send().await.unwrap_err().code(), Some("InvalidParameterValue"));
}
