//! The schema of a tool's arguments, in the plain form that all clients read.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// Returns the schema of `T`, without references and without null, since what is optional can be left out.
pub(super) fn schema_of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.for_deserialize().into_generator().into_root_schema_for::<T>().to_value();
    for key in ["$schema", "title", "description"] {
        schema.as_object_mut().map(|schema| schema.remove(key));
    }
    if schema["properties"].is_null() {
        schema["properties"] = Value::Object(Map::new());
    }
    for property in schema["properties"].as_object_mut().into_iter().flat_map(|all| all.values_mut()) {
        remove_null(property);
    }
    schema["type"] = json!("object");
    schema
}

fn remove_null(property: &mut Value) {
    let Some(fields) = property.as_object_mut() else { return };
    if let Some(Value::Array(kinds)) = fields.get("type") {
        let kind = kinds.iter().find(|kind| *kind != "null").cloned();
        fields.extend(kind.map(|kind| ("type".to_owned(), kind)));
    }
    if let Some(Value::Array(choices)) = fields.remove("anyOf") {
        let choice = choices.into_iter().find(|choice| choice["type"] != "null");
        for (key, value) in choice.as_ref().and_then(Value::as_object).into_iter().flatten() {
            fields.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    if let Some(Value::Array(values)) = fields.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    for key in ["default", "format"] {
        if fields.get(key).is_some_and(|value| value.is_null() || key == "format") {
            fields.remove(key);
        }
    }
}
