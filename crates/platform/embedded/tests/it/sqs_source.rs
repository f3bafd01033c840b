//! Tests of SQS from the side of the event-source mapping.

use std::collections::HashSet;
use std::pin::Pin;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use embedded::sqs::{Depth, Queue};
use embedded::{Engines, Error};
use tokio::time::timeout;

use crate::clients;

/// Longer than anything here takes: a task that waits this long was not woken.
const PATIENCE: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_secs(60);
const NO_LIMIT: u64 = u64::MAX;

/// Returns `inbox`, whose messages go to `dead` after two receives, and `dead`.
async fn queues(engines: &Engines) -> (Queue, Queue) {
    let client = clients::sqs(engines);
    client.create_queue().queue_name("dead").send().await.unwrap();
    let policy = r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":2}"#;
    let create = client.create_queue().queue_name("inbox").attributes(QueueAttributeName::RedrivePolicy, policy);
    create.send().await.unwrap();
    (engines.sqs().queue("inbox").unwrap(), engines.sqs().queue("dead").unwrap())
}

async fn bodies(queue: &Queue) -> Vec<String> {
    let batch = queue.receive(10_000, NO_LIMIT, MINUTE).await.unwrap();
    batch.into_iter().map(|message| message.body).collect()
}

#[tokio::test]
async fn a_batch_may_be_of_thousands() {
    let (_clock, engines) = clients::with_clock();
    let (inbox, _) = queues(&engines).await;
    let sends: Vec<_> = (0..3000).map(|i| inbox.send(i.to_string())).collect();
    for sent in futures_util::future::join_all(sends).await {
        sent.unwrap();
    }
    let batch = inbox.receive(2500, NO_LIMIT, MINUTE).await.unwrap();
    assert_eq!(batch.len(), 2500);
    assert_eq!(inbox.depth().await.unwrap(), Depth { visible: 500, in_flight: 2500, delayed: 0 });
    assert_eq!(inbox.delete(batch.iter().map(|message| &message.receipt_handle)).await.unwrap(), 2500);
    assert_eq!(inbox.depth().await.unwrap(), Depth { visible: 500, ..Depth::default() });
}

/// A process that takes over a directory need not wait for the visibility timeouts of one that died, but messages that
/// the dead process received still count as received.
#[tokio::test]
async fn messages_in_flight_can_be_released() {
    let (_clock, engines) = clients::with_clock();
    let (inbox, dead) = queues(&engines).await;
    inbox.send("a".to_owned()).await.unwrap();
    assert_eq!(inbox.release().await.unwrap(), 0);
    assert_eq!(bodies(&inbox).await, ["a"]);
    assert_eq!(bodies(&inbox).await, [""; 0]);
    assert_eq!(inbox.release().await.unwrap(), 1);
    assert_eq!(inbox.release().await.unwrap(), 1, "it was received, though nobody has it now");
    assert_eq!(bodies(&inbox).await, ["a"]);
    inbox.release().await.unwrap();
    assert_eq!(bodies(&inbox).await, [""; 0], "it was received twice");
    assert_eq!(dead.depth().await.unwrap().visible, 1);
}

#[tokio::test]
async fn a_batch_stops_before_its_limit_of_bytes_but_has_at_least_one_message() {
    let (_clock, engines) = clients::with_clock();
    let (inbox, _) = queues(&engines).await;
    for length in [400, 500, 200, 100] {
        inbox.send("x".repeat(length)).await.unwrap();
    }
    let lengths = async |max_bytes| {
        let batch = inbox.receive(10, max_bytes, MINUTE).await.unwrap();
        batch.into_iter().map(|message| message.body.len()).collect::<Vec<_>>()
    };
    assert_eq!(lengths(1000).await, [400, 500]);
    assert_eq!(lengths(150).await, [200]);
    assert_eq!(lengths(150).await, [100]);
    assert!(lengths(150).await.is_empty());
}

#[tokio::test]
async fn a_poison_message_ends_in_the_dead_letters_and_its_neighbours_do_not() {
    let (clock, engines) = clients::with_clock();
    let (inbox, dead) = queues(&engines).await;
    let poison = inbox.send("poison".to_owned()).await.unwrap();
    for round in 0..2 {
        inbox.send(format!("good {round}")).await.unwrap();
        let batch = inbox.receive(10, NO_LIMIT, MINUTE).await.unwrap();
        let good = batch.iter().filter(|message| message.body != "poison");
        inbox.delete(good.map(|message| &message.receipt_handle)).await.unwrap();
        clock.advance(MINUTE);
    }
    assert!(bodies(&inbox).await.is_empty());
    timeout(PATIENCE, dead.arrived()).await.expect("the dead letter is not seen").unwrap();
    let letters = dead.receive(10, NO_LIMIT, MINUTE).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((&letters[0].message_id, letters[0].sent_at), (&poison, clients::start()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_task_is_woken_by_a_dead_letter() {
    let (clock, engines) = clients::with_clock();
    let (inbox, dead) = queues(&engines).await;
    inbox.send("poison".to_owned()).await.unwrap();
    for _ in 0..2 {
        inbox.receive(1, NO_LIMIT, MINUTE).await.unwrap();
        clock.advance(MINUTE);
    }
    let mut waiting = std::pin::pin!(dead.arrived());
    is_waiting(&dead, waiting.as_mut()).await;
    inbox.receive(1, NO_LIMIT, MINUTE).await.unwrap();
    timeout(PATIENCE, waiting).await.expect("not woken").unwrap();
}

#[tokio::test]
async fn a_waiting_task_is_woken_by_a_failed_item() {
    let (_clock, engines) = clients::with_clock();
    let (inbox, _) = queues(&engines).await;
    inbox.send("failed".to_owned()).await.unwrap();
    let batch = inbox.receive(1, NO_LIMIT, MINUTE).await.unwrap();
    let mut waiting = std::pin::pin!(inbox.arrived());
    is_waiting(&inbox, waiting.as_mut()).await;
    inbox.change_visibility([&batch[0].receipt_handle], Duration::ZERO).await.unwrap();
    timeout(PATIENCE, waiting).await.expect("not woken").unwrap();
}

/// Polls a [`Queue::arrived`] of an engine in memory until it has looked and found nothing.
async fn is_waiting(queue: &Queue, mut waiting: Pin<&mut impl Future>) {
    assert!(timeout(Duration::ZERO, &mut waiting).await.is_err());
    // In memory one thread answers all calls in turn. So after this answer, the waiting one has had its own.
    queue.depth().await.unwrap();
    assert!(timeout(Duration::ZERO, &mut waiting).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_task_is_woken_by_a_send() {
    let (_clock, engines) = clients::with_clock();
    let (inbox, _) = queues(&engines).await;
    for round in 0..200 {
        let queue = inbox.clone();
        let waiting = tokio::spawn(async move { queue.arrived().await });
        for _ in 0..round % 20 {
            tokio::task::yield_now().await;
        }
        inbox.send(round.to_string()).await.unwrap();
        timeout(PATIENCE, waiting).await.expect("not woken").unwrap().unwrap();
        assert_eq!(bodies(&inbox).await, [round.to_string()]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_task_is_woken_at_the_end_of_a_timeout_and_not_before() {
    let (clock, engines) = clients::with_clock();
    let (inbox, _) = queues(&engines).await;
    inbox.send("hello".to_owned()).await.unwrap();
    inbox.receive(1, NO_LIMIT, MINUTE).await.unwrap();
    let mut waiting = std::pin::pin!(inbox.arrived());
    clock.advance(MINUTE - Duration::from_secs(1));
    // Whatever wakes it in these rounds, no message is available.
    for _ in 0..50 {
        assert!(timeout(Duration::ZERO, &mut waiting).await.is_err());
        tokio::task::yield_now().await;
    }
    clock.advance(Duration::from_secs(1));
    timeout(PATIENCE, waiting).await.expect("not woken").unwrap();
    assert_eq!(bodies(&inbox).await, ["hello"]);
}

#[tokio::test]
async fn a_failed_item_can_be_had_again_at_once() {
    let (_clock, engines) = clients::with_clock();
    let (inbox, _) = queues(&engines).await;
    inbox.send("good".to_owned()).await.unwrap();
    inbox.send("failed".to_owned()).await.unwrap();
    let batch = inbox.receive(10, NO_LIMIT, MINUTE).await.unwrap();
    let handle = [&batch[1].receipt_handle];
    assert_eq!(inbox.change_visibility(handle, Duration::ZERO).await.unwrap(), 1);
    let again = inbox.receive(10, NO_LIMIT, MINUTE).await.unwrap();
    assert_eq!((again.len(), again[0].body.as_str(), again[0].receive_count), (1, "failed", 2));
    // The handle of the previous receive is no longer valid.
    assert_eq!(inbox.delete(handle).await.unwrap(), 0);
    assert_eq!(inbox.change_visibility(handle, Duration::ZERO).await.unwrap(), 0);
}

#[tokio::test]
async fn handles_of_another_queue_are_passed_over() {
    let (_clock, engines) = clients::with_clock();
    let (inbox, dead) = queues(&engines).await;
    inbox.send("hello".to_owned()).await.unwrap();
    let batch = inbox.receive(10, NO_LIMIT, MINUTE).await.unwrap();
    assert_eq!(dead.delete([batch[0].receipt_handle.as_str(), "nonsense"]).await.unwrap(), 0);
    assert_eq!(inbox.depth().await.unwrap().in_flight, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_of_many_senders_goes_to_one_of_many_consumers() {
    let dir = tempfile::tempdir().unwrap();
    let engines = Engines::open(dir.path()).unwrap();
    let (inbox, _) = queues(&engines).await;
    const SENDERS: usize = 16;
    const EACH: usize = 100;
    let senders = (0..SENDERS).map(|sender| {
        let inbox = inbox.clone();
        tokio::spawn(async move {
            for i in 0..EACH {
                inbox.send(format!("{sender} {i}")).await.unwrap();
            }
        })
    });
    let senders: Vec<_> = senders.collect();
    let (bodies, mut received) = tokio::sync::mpsc::unbounded_channel();
    let consumers: Vec<_> = (0..4)
        .map(|_| {
            let (inbox, bodies) = (inbox.clone(), bodies.clone());
            tokio::spawn(async move {
                loop {
                    inbox.arrived().await.unwrap();
                    for message in inbox.receive(7, NO_LIMIT, MINUTE).await.unwrap() {
                        let _ = bodies.send(message.body);
                    }
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    let mut seen = HashSet::new();
    while seen.len() < SENDERS * EACH {
        let body = timeout(PATIENCE, received.recv()).await.expect("a message is missing").unwrap();
        assert!(seen.insert(body), "a message was received twice");
    }
    consumers.iter().for_each(|consumer| consumer.abort());
}

#[tokio::test]
async fn bodies_that_sqs_refuses_are_refused() {
    let (_clock, engines) = clients::with_clock();
    let (inbox, _) = queues(&engines).await;
    for body in [String::new(), "\u{0}".to_owned(), "\u{fffe}".to_owned(), "x".repeat((1 << 20) + 1)] {
        assert!(matches!(inbox.send(body).await, Err(Error::Refused { .. })));
    }
    for body in ["\t\n\r", "é", "\u{e000}", "\u{1f980}"] {
        inbox.send(body.to_owned()).await.unwrap();
    }
    assert!(matches!(engines.sqs().queue("nothing"), Err(Error::NoQueue { .. })));
}
