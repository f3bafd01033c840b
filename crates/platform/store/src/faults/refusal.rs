//! The error responses that AWS services give when they throttle requests.

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::Fault;

/// The response to a request that is throttled, entirely or in part.
pub(super) fn of(operation: &str, fault: Fault, request: &HttpRequest) -> HttpResponse {
    let body: Value = request.body().bytes().and_then(|body| serde_json::from_slice(body).ok()).unwrap_or_default();
    match (operation, fault) {
        ("PutObject" | "GetObject" | "DeleteObjects" | "ListObjectsV2", _) => {
            let message = "Please reduce your request rate.";
            let xml = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>SlowDown</Code><Message>{message}</Message></Error>"
            );
            answer(503, "application/xml", xml)
        }
        ("TransactWriteItems", Fault::Partly) => cancelled(&body),
        ("BatchGetItem", Fault::Partly) => {
            json_answer(200, &json!({ "Responses": {}, "UnprocessedKeys": body["RequestItems"] }))
        }
        ("BatchWriteItem", Fault::Partly) => json_answer(200, &json!({ "UnprocessedItems": body["RequestItems"] })),
        ("SendMessageBatch", Fault::Partly) => {
            let entries = body["Entries"].as_array().cloned().unwrap_or_default();
            let failed = entries.iter().map(
                |entry| json!({ "Id": entry["Id"], "SenderFault": false, "Code": "ServiceUnavailable", "Message": "" }),
            );
            json_answer(200, &json!({ "Successful": [], "Failed": failed.collect::<Vec<_>>() }))
        }
        ("SendMessage" | "SendMessageBatch" | "ReceiveMessage" | "DeleteMessage", _) => {
            let mut response =
                error("com.amazonaws.sqs#RequestThrottled", "Rate exceeded for the queue.", 400, Value::Null);
            response.headers_mut().insert("x-amzn-query-error", "RequestThrottled;Sender");
            response
        }
        ("GenerateDataKey" | "Encrypt" | "Decrypt", _) => {
            error("ThrottlingException", "The rate of your requests exceeds the limit.", 400, Value::Null)
        }
        _ => error(
            "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for the table was exceeded.",
            400,
            Value::Null,
        ),
    }
}

/// A transaction that was cancelled because its first action was throttled.
fn cancelled(body: &Value) -> HttpResponse {
    let actions = body["TransactItems"].as_array().map_or(1, Vec::len);
    let reason = |index: usize| match index {
        0 => json!({ "Code": "ThrottlingError", "Message": "Throughput exceeds the current capacity of your table." }),
        _ => json!({ "Code": "None" }),
    };
    let reasons = (0..actions).map(reason).collect::<Vec<_>>();
    let message = "Transaction cancelled, please refer cancellation reasons for specific reasons";
    error("com.amazonaws.dynamodb.v20120810#TransactionCanceledException", message, 400, reasons.into())
}

fn error(kind: &str, message: &str, status: u16, reasons: Value) -> HttpResponse {
    let mut body = json!({ "__type": kind, "message": message });
    if !reasons.is_null() {
        body["Message"] = body["message"].take();
        body["CancellationReasons"] = reasons;
    }
    json_answer(status, &body)
}

fn json_answer(status: u16, body: &Value) -> HttpResponse {
    answer(status, "application/x-amz-json-1.0", body.to_string())
}

fn answer(status: u16, content_type: &'static str, body: String) -> HttpResponse {
    let status = StatusCode::try_from(status).expect("a status that HTTP has");
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    response.headers_mut().insert("content-type", content_type);
    response
}
