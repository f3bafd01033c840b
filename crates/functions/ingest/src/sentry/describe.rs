//! Describes the endpoints of the Sentry protocol for the API description.

use http_common::describe::{Description, Operation};
use model::id::ProjectId;
use model::outcome::Reason;
use serde_json::json;

use super::answer::Accepted;

const ENVELOPE_EXAMPLE: &str = "{}\n{\"type\":\"event\"}\n{\"message\":\"cart is empty\"}";
const ACCEPTED_WORDS: &str = "the event is durable; it appears in lists a few seconds later. Items that are not stored (transactions, \
                     sessions and the like) get the same answer, with a rate limit that stops the SDK from sending them";

pub(crate) fn describe(api: &mut Description) {
    api.tag("sending");
    let text = || json!({ "type": "string" });
    let media = "application/x-sentry-envelope";
    describe_envelope(api.operation(
        "post",
        "/api/{number}/envelope",
        "postEnvelope",
        "Sends an envelope of a Sentry SDK",
    ))
    .path::<ProjectId>("number", "the project's number")
    .body_as(media, text(), ENVELOPE_EXAMPLE.into());
    describe_envelope(api.operation(
        "post",
        "/tunnel",
        "postTunnel",
        "Sends an envelope whose `dsn` names the project",
    ))
    .body_as(media, text(), ENVELOPE_EXAMPLE.into());
    let event = || json!({ "type": "object", "properties": { "event_id": {}, "message": {}, "exception": {} } });
    let example = || json!({ "message": "cart is empty", "level": "error" });
    describe_envelope(api.operation(
        "post",
        "/api/{number}/store",
        "postEvent",
        "Sends one event of an older Sentry SDK",
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
        describe_limits(api.operation("post", path, id, "Receives reports that browsers send by themselves"))
            .description("CSP and similar reports, alone or as a list of the Reporting API. Reports about successful requests are not stored. At most 2 MiB and 100 reports.")
            .path::<ProjectId>("number", "the project's number")
            .body_as("application/csp-report", report(), example())
            .body_as("application/json", report(), example())
            .empty_response(200, "the reports are durable");
    }
    let form = || json!({ "type": "object", "properties": { "upload_file_minidump": { "type": "string", "format": "binary" }, "sentry": { "type": "string" } } });
    describe_limits(api.operation("post", "/api/{number}/minidump", "postMinidump", "Receives uploads of crash reporters"))
        .description("The crash becomes an event, with the data in the form's `sentry` field and its other fields. The minidump and other files are its attachments.")
        .path::<ProjectId>("number", "the project's number")
        .body_as("multipart/form-data", form(), json!({ "sentry": "{\"release\":\"shop@1.2.3\"}" }))
        .body_as("application/octet-stream", json!({ "type": "string", "format": "binary" }), json!("MDMP"))
        .response_as(200, "the crash is durable; the body is the id of its event", "text/plain", text());
}

fn describe_envelope(operation: Operation<'_>) -> Operation<'_> {
    describe_limits(operation)
        .description("The body may be compressed with gzip, deflate, br or zstd. An event may have up to 1 MiB of JSON, and an envelope up to 200 MiB with all its items, also those that are not stored. If an envelope has several events, each is stored. Attachments are stored with the first one, up to 20 of 4 MiB each; one that is not stored does not affect the event.")
        .response::<Accepted>(200, ACCEPTED_WORDS)
        .with_header(200, "X-Sentry-Rate-Limits", "categories that the SDK should not send, and for how long")
        .error(Reason::ItemInvalid, "the event is not valid")
        .error(Reason::ItemTooLarge, "the event is too large")
}

fn describe_limits(operation: Operation<'_>) -> Operation<'_> {
    operation
        .for_sdks()
        .error(Reason::ProjectUnknown, "there is no project with this number")
        .error(Reason::OriginNotAllowed, "the project does not accept events from pages of this origin")
        .error(Reason::RateLimited, "the project has reached its limit of events per minute")
        .error(Reason::QuotaExceeded, "the project has reached its limit of events for this month")
}
