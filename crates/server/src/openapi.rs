//! The OpenAPI document of the whole API.

use http_common::describe::Description;
use serde_json::{Value, json};

/// Builds the OpenAPI 3.1 document from the descriptions of all routes. `query` serves it from a file; a test checks
/// that the file equals this document.
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
            "summary": "An error tracker that runs in your own AWS account",
            "description": ABOUT,
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        // Relative to this document, so that it is right with any path prefix.
        "servers": [{ "url": "." }],
        "tags": TAGS.map(|(name, description)| json!({ "name": name, "description": description })),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "key": header("x-api-key", "a client, read, upload or admin key"),
                "bearer": { "type": "http", "scheme": "bearer", "description": "the same key" },
                "sentryAuth": header("X-Sentry-Auth", "`Sentry sentry_version=7, sentry_key=KEY`, as Sentry's SDKs send it"),
                "rollbarToken": header("X-Rollbar-Access-Token", "a client key; or `access_token` in the body"),
                "bugsnagKey": header("Bugsnag-Api-Key", "a client key; or `apiKey` in the body"),
                "airbrakeKey": { "type": "apiKey", "in": "query", "name": "key", "description": "a client key" },
                "airbrakeToken": header("X-Airbrake-Token", "a client key"),
                "sentryKey": { "type": "apiKey", "in": "query", "name": "sentry_key", "description": "the same key" },
            },
        },
    })
}

const ABOUT: &str = "\
Client keys send events, read keys are view-only, upload keys upload source maps and ProGuard mappings (by the routes of Sentry's uploaders, under \
`/api/0`), admin keys have full access. A key is valid for one project or for all.\n\n\
Every refusal has the same form and a named reason. Answers must not be cached. Lists are split into pages: send \
`nextCursor` to get the next page. A path may have a prefix and a trailing slash.";

const TAGS: [(&str, &str); 14] = [
    (
        "sending",
        "Sending events with faultline's own API, or with the protocols of Sentry, Rollbar, Airbrake and Bugsnag",
    ),
    ("projects", "Projects and their settings"),
    ("figures", "Counts over time, and releases"),
    ("keys", "Keys and their roles"),
    ("users", "People who sign in, their roles, and their personal access tokens"),
    ("invitations", "Links that let a person join"),
    ("audit log", "Who did what in the installation"),
    ("errors", "Groups of similar occurrences"),
    ("occurrences", "Single occurrences"),
    ("source maps", "Uploads of source maps, which show minified stack traces as they were written"),
    ("notifications", "Rules: who is notified of what, and when"),
    ("hooks", "Webhooks that GitHub, GitLab and Slack call"),
    ("dead letters", "Messages that could not be processed, and notifications that could not be delivered"),
    ("stack", "The stack as a whole"),
];

fn header(name: &str, description: &str) -> Value {
    json!({ "type": "apiKey", "in": "header", "name": name, "description": description })
}
