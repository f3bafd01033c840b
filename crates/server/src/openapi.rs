//! The description of the whole API.

use http_common::describe::Description;
use serde_json::{Value, json};

/// The description, OpenAPI 3.1, made of what every route says of itself. `query` serves it, from a file that a test
/// compares with this.
pub fn document() -> Value {
    let mut api = Description::default();
    ingest::describe(&mut api);
    query::describe(&mut api);
    notify::describe(&mut api);
    let (paths, schemas) = api.finish();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "faultline",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "An error tracker that lives in your own AWS account",
            "description": ABOUT,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        // Beside this document, so that it holds behind any prefix.
        "servers": [{ "url": "." }],
        "tags": TAGS.map(|(name, description)| json!({ "name": name, "description": description })),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": header("x-api-key", "a client, read or admin key"),
                "bearer": { "type": "http", "scheme": "bearer", "description": "the same" },
                "sentryAuth": header("X-Sentry-Auth", "`Sentry sentry_version=7, sentry_key=KEY`, as Sentry's SDKs send it"),
                "sentryKey": { "type": "apiKey", "in": "query", "name": "sentry_key", "description": "the same key" },
            },
        },
    })
}

const ABOUT: &str = "\
Client keys send events, read keys read, admin keys change; each is good in one project, or in all.\n\n\
Every refusal has one form, and a reason that has a name. No answer may be kept by a cache. Lists are answered in pages: \
`nextCursor` is what the next page is asked for with. A path may have a prefix, and a slash at its end.";

const TAGS: [(&str, &str); 10] = [
    ("sending", "Sending events: faultline's own way, and the Sentry protocol's"),
    ("projects", "Projects, and their settings"),
    ("figures", "How many there were when, and releases"),
    ("keys", "Who may do what"),
    ("errors", "Groups of like occurrences"),
    ("occurrences", "The events themselves"),
    ("notifications", "Whom to tell when"),
    ("hooks", "What services say back"),
    ("dead letters", "What could not be processed, or told"),
    ("stack", "The stack itself"),
];

fn header(name: &str, description: &str) -> Value {
    json!({ "type": "apiKey", "in": "header", "name": name, "description": description })
}
