//! The form of a rules document, as [`Rules::parse`] reads it. What no schema can say (that ids differ, that a time zone
//! exists, what goes with what) is left to it.

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
                "id": says("what names it; made of its name, if it has none", json!({
                    "type": ["string", "null"], "pattern": "^[A-Za-z0-9._-]+$", "maxLength": MAX_ID
                })),
                "name": text_schema(MAX_NAME),
                "on": says(
                    "what is told; without, what the project's tier says",
                    words(&["first", "regression", "threshold", "limited"], 1),
                ),
                "threshold": says("how many in a unit of time are told", number(MAX_COUNT)),
                "interval": says("and at which multiples of how many more", number(MAX_COUNT)),
                "environments": says("only of these; all, if there are none", texts(Seen::MAX_TEXT)),
                "levels": says(
                    "only of these; all, if there are none",
                    words(&["fatal", "error", "warning", "info", "debug"], 0),
                ),
                "releases": says("only of releases like these: `*` and `?` stand for anything", texts(MAX_PATTERN)),
                "title": says("only of titles like this: `*` and `?` stand for anything", text_schema(MAX_PATTERN)),
                "collect": says("one message about all that happens meanwhile", nullable(object(
                    json!({ "minutes": { "type": "integer", "minimum": 1, "maximum": MAX_MINUTES } }),
                    &["minutes"],
                ))),
                "maxPerMinute": says(
                    "how many messages a minute go to each target by themselves (10; 5 to a tracker): the rest is one summary",
                    number(u64::from(Rule::MAX_CEILING)),
                ),
                "quiet": says("what happens then is told afterwards", nullable(object(
                    json!({
                        "from": says("HH:MM", text_schema(MAX_NAME)),
                        "to": says("HH:MM", text_schema(MAX_NAME)),
                        "timezone": says("an IANA name, such as Europe/Berlin", text_schema(MAX_NAME)),
                        "days": words(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 0),
                    }),
                    &[],
                ))),
                "timezone": says("of the times in messages: an IANA name", text_schema(MAX_NAME)),
                "linkTemplate": says("where messages link to: an https URL", text_schema(MAX_TEMPLATE)),
                "to": { "type": "array", "minItems": 1, "maxItems": MAX_TARGETS, "items": target },
            }),
            &["to"],
        );
        let rules = json!({ "type": ["array", "null"], "maxItems": MAX_RULES, "items": rule });
        let document = object(json!({ "rules": rules, "hooks": { "anyOf": [hooks, { "type": "null" }] } }), &[]);
        json_schema!({ "description": "When to tell whom.", "allOf": [document] })
    }
}

impl JsonSchema for Hooks {
    fn schema_name() -> Cow<'static, str> {
        "HookSecrets".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let hook = |key: &str| nullable(object(json!({ key: secret_schema() }), &[key]));
        json_schema!({
            "description": "What services sign their calls by.",
            "type": "object",
            "additionalProperties": false,
            "properties": { "github": hook("secret"), "gitlab": hook("secret"), "slack": hook("signingSecret") },
        })
    }
}

fn object(properties: Value, required: &[&str]) -> Value {
    json!({ "type": "object", "additionalProperties": false, "properties": properties, "required": required })
}

/// An object, or null, which is as good as none.
fn nullable(mut object: Value) -> Value {
    object["type"] = json!(["object", "null"]);
    object
}

fn says(what: &str, mut schema: Value) -> Value {
    schema["description"] = what.into();
    schema
}
