//! The schema of a target, as [`Target::parse`] reads it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::Target;
use super::parse::{MAX_ADDRESS, MAX_ADDRESSES, MAX_LABELS, MAX_NAME};
use crate::document::{header_schema, secret_schema, text_schema, url_schema};

impl JsonSchema for Target {
    fn schema_name() -> Cow<'static, str> {
        "Target".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let text = || text_schema(MAX_NAME);
        let name = || json!({ "type": "string", "pattern": "^[A-Za-z0-9._-]+$", "maxLength": MAX_NAME });
        let labels = json!({ "type": ["array", "null"], "maxItems": MAX_LABELS, "items": {
            "type": "string", "minLength": 1, "maxLength": MAX_NAME
        } });
        let if_exist =
            json!({ "enum": ["reopen-and-comment", "reopen", "reopen-and-update", "comment", "none", null] });
        let tracker = |token: &str, owner: Value| {
            json!({ token: secret_schema(), "owner": owner, "repo": name(), "endpoint": url_schema(true),
                "labels": labels, "ifExist": if_exist, "if_exist": if_exist })
        };
        let group = json!({ "type": "string", "pattern": "^[A-Za-z0-9._/-]+$", "maxLength": MAX_NAME });
        let hook = || json!({ "endpoint": url_schema(false) });
        let slack = json!({ "endpoint": url_schema(false), "channel": text(), "username": text(),
            "iconEmoji": text(), "iconUrl": url_schema(true), "icon_emoji": text(), "icon_url": url_schema(true) });
        let mut secret = secret_schema();
        secret["type"] = json!(["string", "null"]);
        let webhook = json!({ "endpoint": url_schema(false), "secret": secret,
            "authorization": header_schema(),
            "template": { "type": ["object", "null"], "description": "the body of the request: JSON whose \
                strings may contain placeholders such as `{{summary}}`" } });
        let addresses = json!({ "type": "array", "minItems": 1, "maxItems": MAX_ADDRESSES, "items": {
            "type": "string", "pattern": "^[^@]+@[^@]+$", "maxLength": MAX_ADDRESS
        } });
        json_schema!({
            "description": "Who is notified. Secrets are shown as `[sealed]`: send that back to keep the stored secret.",
            "oneOf": [
                of_type("slack", slack, &["endpoint"]),
                of_type("github", tracker("userToken", name()), &["userToken", "owner", "repo"]),
                of_type("gitlab", tracker("personalAccessToken", group), &["personalAccessToken", "owner", "repo"]),
                of_type("webhook", webhook, &["endpoint"]),
                of_type("email", json!({ "to": addresses }), &["to"]),
                of_type("discord", hook(), &["endpoint"]),
                of_type("teams", hook(), &["endpoint"]),
                of_type("pagerduty", json!({ "routingKey": secret_schema(), "endpoint": url_schema(true) }), &["routingKey"]),
                of_type("opsgenie", json!({ "apiKey": secret_schema(), "endpoint": url_schema(true) }), &["apiKey"]),
                of_type("incidentio", json!({ "endpoint": url_schema(false), "token": secret_schema() }), &["endpoint", "token"]),
            ],
        })
    }
}

fn of_type(kind: &str, mut properties: Value, required: &[&str]) -> Value {
    properties["type"] = json!({ "const": kind });
    let required = [&["type"], required].concat();
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}
