//! Sample inputs. Those in `events/` are one for each trigger of a Lambda function; those in `captures/` are requests
//! of official SDKs, those in `trackers/` of clients of other trackers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod captures;
mod held;
mod trackers;

use faultline_tests::Faultline;
use http_body_util::BodyExt;

fn sample(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("events").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A POST of errors through API Gateway's HTTP API (payload 2.0) is accepted.
#[tokio::test]
async fn http_api() {
    let faultline = Faultline::new().await;
    let mut request = lambda_http::request::from_str(&sample("http-api-post-errors.json")).unwrap();
    let key = faultline.client_key().parse().unwrap();
    request.headers_mut().insert("x-api-key", key);
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let answer = faultline.send(http::Request::from_parts(parts, body.into())).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.body);
    faultline.process().await;
    assert_eq!(faultline.counts().await.into_keys().collect::<Vec<_>>(), ["Cannot read properties of undefined"]);
}

/// A batch of the inbox from SQS is processed. From the release of 0.1.0 on, the sample must stay readable.
#[tokio::test]
async fn inbox_batch() {
    let faultline = Faultline::new().await;
    let event: aws_lambda_events::sqs::SqsEvent = serde_json::from_str(&sample("sqs-inbox-batch.json")).unwrap();
    for record in event.records {
        faultline.stack.inbox().send(record.body.unwrap()).await.unwrap();
    }
    assert_eq!(faultline.process().await, 0);
    let counts: Vec<_> = faultline.counts().await.into_iter().collect();
    assert_eq!(counts, [("another error".to_owned(), 1), ("first error".to_owned(), 2)]);
}

/// A batch of the table's stream from DynamoDB is read for notifications. From the release of 0.1.0 on, the sample must
/// stay readable.
#[tokio::test]
async fn stream_batch() {
    let faultline = Faultline::new().await;
    let event: aws_lambda_events::dynamodb::Event =
        serde_json::from_str(&sample("dynamodb-stream-batch.json")).unwrap();
    let records: Vec<_> = event.records.into_iter().map(notify::Record::from).collect();
    assert_eq!(faultline.stack.notify().watch(&records, faultline_tests::time()).await, None);
    assert!(faultline.stack.notify().dead_notices(1).await.unwrap().is_empty(), "every record can be read");
}
