//! The SQS API.

use crate::clients;

#[tokio::test]
async fn a_message_is_sent_received_and_deleted() {
    let (_clock, engines) = clients::with_clock();
    let client = clients::sqs(&engines);
    let url = client.create_queue().queue_name("inbox").send().await.unwrap().queue_url.unwrap();
    let sent = client.send_message().queue_url(&url).message_body("hello").send().await.unwrap();
    let received = client.receive_message().queue_url(&url).send().await.unwrap().messages.unwrap();
    assert_eq!(received[0].message_id, sent.message_id);
    assert_eq!(received[0].body.as_deref(), Some("hello"));
}
