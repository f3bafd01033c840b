//! What the API's description says of the endpoints of the Sentry protocol.

use http_common::describe::{Description, Operation};
use model::id::ProjectId;
use model::outcome::Reason;
use serde_json::json;

use super::answer::Accepted;

const ENVELOPE_EXAMPLE: &str = "{}\n{\"type\":\"event\"}\n{\"message\":\"cart is empty\"}";
const ACCEPTED_WORDS: &str = "the event is durable; it shows in lists some seconds later. What is not stored (transactions, \
                     sessions and the like) is answered so, too, with a rate limit that switches it off";

pub(crate) fn describe(api: &mut Description) {
    api.tag("sending");
    let text = || json!({ "type": "string" });
    let media = "application/x-sentry-envelope";
    describe_envelope(api.operation(
        "post",
        "/api/{number}/envelope",
        "postEnvelope",
        "Sends an envelope, as Sentry's SDKs do",
    ))
    .path::<ProjectId>("number", "the project's number")
    .body_as(media, text(), ENVELOPE_EXAMPLE.into());
    describe_envelope(api.operation("post", "/tunnel", "postTunnel", "Sends an envelope whose `dsn` says whose it is"))
        .body_as(media, text(), ENVELOPE_EXAMPLE.into());
    let event = || json!({ "type": "object", "properties": { "event_id": {}, "message": {}, "exception": {} } });
    let example = || json!({ "message": "cart is empty", "level": "error" });
    describe_envelope(api.operation(
        "post",
        "/api/{number}/store",
        "postEvent",
        "Sends one event, as older Sentry SDKs do",
    ))
    .path::<ProjectId>("number", "the project's number")
    .body_as("application/json", event(), example());
    describe_envelope(api.operation(
        "post",
        "/api/store",
        "postEventOfKey",
        "Sends one event to the project of the key",
    ))
    .body_as("application/json", event(), example());
    let report = || json!({ "type": "object", "required": ["csp-report"], "properties": { "csp-report": { "type": "object" } } });
    let example =
        || json!({ "csp-report": { "document-uri": "https://shop.example/", "violated-directive": "script-src" } });
    for (path, id) in [
        ("/api/{number}/security", "postReport"),
        ("/api/{number}/csp-report", "postCspReport"),
        ("/api/{number}/nel", "postNetworkReport"),
    ] {
        describe_limits(api.operation("post", path, id, "Takes what browsers report by themselves"))
            .description("CSP reports and their like, also as a list of the Reporting API. Reports of requests that succeeded are not stored. At most 2 MiB and 100 reports.")
            .path::<ProjectId>("number", "the project's number")
            .body_as("application/csp-report", report(), example())
            .body_as("application/json", report(), example())
            .empty_response(200, "the reports are durable");
    }
    let form = || json!({ "type": "object", "properties": { "upload_file_minidump": { "type": "string", "format": "binary" }, "sentry": { "type": "string" } } });
    describe_limits(api.operation("post", "/api/{number}/minidump", "postMinidump", "Takes what crash reporters upload"))
        .description("The crash becomes an event, with what the form says under `sentry` and in its other fields. The dump itself is not stored: it holds the memory of the process.")
        .path::<ProjectId>("number", "the project's number")
        .body_as("multipart/form-data", form(), json!({ "sentry": "{\"release\":\"shop@1.2.3\"}" }))
        .body_as("application/octet-stream", json!({ "type": "string", "format": "binary" }), json!("MDMP"))
        .response_as(200, "the crash is durable; the id of its event", "text/plain", text());
}

fn describe_envelope(operation: Operation<'_>) -> Operation<'_> {
    describe_limits(operation)
        .description("The body may be packed by gzip, deflate, br or zstd. An event has at most 1 MiB of JSON. Of an envelope up to 200 MiB are read, with items that are not stored; each of several events is stored.")
        .response::<Accepted>(200, ACCEPTED_WORDS)
        .with_header(200, "X-Sentry-Rate-Limits", "what not to send, and for how long")
        .error(Reason::ItemInvalid, "the event cannot be used")
        .error(Reason::ItemTooLarge, "the event has too many bytes")
}

fn describe_limits(operation: Operation<'_>) -> Operation<'_> {
    operation
        .for_sdks()
        .error(Reason::ProjectUnknown, "this is no project's number")
        .error(Reason::OriginNotAllowed, "the project does not take events from pages of this origin")
        .error(Reason::RateLimited, "the project sends more events a minute than it may")
        .error(Reason::QuotaExceeded, "the project has sent as many events as it may in this month")
}
