//! The schema of a rules document, as [`Rules::parse`] reads it. `parse` also checks what a schema cannot express: that
//! ids differ, that a time zone exists, and which keys go together.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::parse::{
    MAX_COUNT, MAX_FILTERS, MAX_ID, MAX_MINUTES, MAX_NAME, MAX_PATTERN, MAX_RULES, MAX_TARGETS, MAX_TEMPLATE,
};
use super::{Hooks, Rule, Rules};
use crate::Target;
use crate::document::{secret_schema, text_schema};
use model::error::Seen;

impl JsonSchema for Rules {
    fn schema_name() -> Cow<'static, str> {
        "NotificationRules".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let target = generator.subschema_for::<Target>();
        let hooks = generator.subschema_for::<Hooks>();
        let texts = |limit: usize| {
            json!({ "type": ["array", "null"], "maxItems": MAX_FILTERS, "items": {
                "type": "string", "minLength": 1, "maxLength": limit
            } })
        };
        let words = |words: &[&str], least: usize| {
            let word = json!({ "enum": words });
            json!({ "type": ["array", "null"], "minItems": least, "maxItems": MAX_FILTERS, "items": word })
        };
        let number = |most: u64| json!({ "type": ["integer", "null"], "minimum": 1, "maximum": most });
        let rule = object(
            json!({
                "id": says("identifies the rule; derived from its name if missing", json!({
                    "type": ["string", "null"], "pattern": "^[A-Za-z0-9._-]+$", "maxLength": MAX_ID
                })),
                "name": text_schema(MAX_NAME),
                "on": says(
                    "events to report; if missing, the project's tier decides",
                    words(&["first", "regression", "threshold", "limited", "assigned"], 1),
                ),
                "threshold": says(
                    "count in a unit of time from which an error is reported: once, or with `interval` at its multiples",
                    number(MAX_COUNT),
                ),
                "interval": says("report at each multiple of this count that is not below `threshold`", number(MAX_COUNT)),
                "environments": says("only these; if missing, all", texts(Seen::MAX_TEXT)),
                "levels": says(
                    "only these; if missing, all",
                    words(&["fatal", "error", "warning", "info", "debug"], 0),
                ),
                "releases": says("only releases like these (`*` is any text, `?` any character)", texts(MAX_PATTERN)),
                "title": says("only titles like this (`*` is any text, `?` any character)", text_schema(MAX_PATTERN)),
                "except": says(
                    "nothing that has one of these; `releases` and `titles` may contain `*` and `?`",
                    nullable(object(
                        json!({
                            "environments": texts(Seen::MAX_TEXT),
                            "levels": words(&["fatal", "error", "warning", "info", "debug"], 0),
                            "releases": texts(MAX_PATTERN),
                            "titles": texts(MAX_PATTERN),
                        }),
                        &[],
                    )),
                ),
                "collect": says("collect everything that happens in this time into one message", nullable(object(
                    json!({ "minutes": { "type": "integer", "minimum": 1, "maximum": MAX_MINUTES } }),
                    &["minutes"],
                ))),
                "maxPerMinute": says(
                    "messages per minute to each target; the rest is one summary [default: 10; 5 for a tracker]",
                    number(u64::from(Rule::MAX_CEILING)),
                ),
                "quiet": says("quiet hours: notifications wait until they end", nullable(object(
                    json!({
                        "from": says("HH:MM", text_schema(MAX_NAME)),
                        "to": says("HH:MM", text_schema(MAX_NAME)),
                        "timezone": says("an IANA name, such as Europe/Berlin", text_schema(MAX_NAME)),
                        "days": words(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 0),
                    }),
                    &[],
                ))),
                "timezone": says("time zone for times in messages: an IANA name", text_schema(MAX_NAME)),
                "linkTemplate": says("link in messages: an https URL", text_schema(MAX_TEMPLATE)),
                "to": { "type": "array", "minItems": 1, "maxItems": MAX_TARGETS, "items": target },
            }),
            &["to"],
        );
        let rules = json!({ "type": ["array", "null"], "maxItems": MAX_RULES, "items": rule });
        let document = object(json!({ "rules": rules, "hooks": { "anyOf": [hooks, { "type": "null" }] } }), &[]);
        json_schema!({ "description": "Notification rules: who is notified of what, and when.", "allOf": [document] })
    }
}

impl JsonSchema for Hooks {
    fn schema_name() -> Cow<'static, str> {
        "HookSecrets".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let hook = |key: &str| nullable(object(json!({ key: secret_schema() }), &[key]));
        json_schema!({
            "description": "The secrets that services sign their webhooks with.",
            "type": "object",
            "additionalProperties": false,
            "properties": { "github": hook("secret"), "gitlab": hook("secret"), "slack": hook("signingSecret") },
        })
    }
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

/// Allows `null` in place of an object; `null` counts as absent.
fn nullable(mut object: Value) -> Value {
    object["type"] = json!(["object", "null"]);
    object
}

fn says(what: &str, mut schema: Value) -> Value {
    schema["description"] = what.into();
    schema
}
