//! The event-source mapping's side of SQS.

use std::time::Duration;

use crate::clients;

#[tokio::test]
async fn a_batch_is_received_and_deleted() {
    let (_clock, engines) = clients::with_clock();
    clients::sqs(&engines).create_queue().queue_name("inbox").send().await.unwrap();
    let queue = engines.sqs().queue("inbox").unwrap();
    queue.send("hello".to_owned()).await.unwrap();
    queue.arrived().await.unwrap();
    let batch = queue.receive(100, 1 << 20, Duration::from_secs(30)).await.unwrap();
    assert_eq!(batch.len(), 1);
    assert_eq!(queue.delete(batch.iter().map(|m| &m.receipt_handle)).await.unwrap(), 1);
}
