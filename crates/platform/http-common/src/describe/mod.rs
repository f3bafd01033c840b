//! What the API's description (OpenAPI 3.1) says of routes.
//!
//! Each endpoint describes itself beside its handler, by the types and constants that the handler uses; `server` puts all
//! of it into one document, which `query` serves. Nothing that serves calls this, so it is in no Lambda binary.

mod operation;
mod refusals;

pub use operation::Operation;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::answer::RefusalBody;

/// A description in the making.
pub struct Description {
    paths: Map<String, Value>,
    tag: &'static str,
    /// Schemas of what is sent to faultline.
    sent: SchemaGenerator,
    /// Schemas of what it answers.
    answered: SchemaGenerator,
}

/// Where both kinds of schemas are kept in the document.
const SCHEMAS: &str = "/components/schemas";

impl Default for Description {
    fn default() -> Self {
        let settings = || SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = SCHEMAS.into());
        Self {
            paths: Map::new(),
            tag: "",
            sent: settings().for_deserialize().into_generator(),
            answered: settings().for_serialize().into_generator(),
        }
    }
}

impl Description {
    /// What is described next belongs to `tag`.
    pub fn tag(&mut self, tag: &'static str) {
        self.tag = tag;
    }

    /// Begins to describe one operation: its method and path (without a trailing slash), the name that generated clients
    /// give it, and a line that says what it does. Who calls it must show a key, unless it is said that it is otherwise.
    ///
    /// # Panics
    /// If it was described before.
    pub fn operation(&mut self, method: &'static str, path: &'static str, id: &str, summary: &str) -> Operation<'_> {
        let operation = json!({
            "operationId": id,
            "tags": [self.tag],
            "summary": summary,
            "parameters": [],
            "responses": {},
        });
        let operations = self.paths.entry(path).or_insert_with(|| json!({}));
        let earlier = operations.as_object_mut().and_then(|operations| operations.insert(method.to_owned(), operation));
        assert!(earlier.is_none(), "{method} {path} is described twice");
        Operation::new(self, method, path)
    }

    /// The paths, and the schemas that they name.
    ///
    /// # Panics
    /// If two different types have one name.
    pub fn finish(mut self) -> (Map<String, Value>, Map<String, Value>) {
        let refused = self.answered::<RefusalBody<'_>>();
        for path in self.paths.values_mut() {
            for operation in path.as_object_mut().into_iter().flat_map(|path| path.values_mut()) {
                refusals::complete(operation, &refused);
            }
        }
        let mut schemas = self.sent.take_definitions(true);
        for (name, schema) in self.answered.take_definitions(true) {
            if let Some(sent) = schemas.insert(name.clone(), schema.clone()) {
                assert_eq!(sent, schema, "two types have the name {name}");
            }
        }
        (self.paths, schemas)
    }

    /// The schema of `T` as it is sent to faultline.
    pub fn sent<T: JsonSchema + ?Sized>(&mut self) -> Value {
        self.sent.subschema_for::<T>().to_value()
    }

    /// The schema of `T` as faultline answers it.
    pub fn answered<T: JsonSchema + ?Sized>(&mut self) -> Value {
        self.answered.subschema_for::<T>().to_value()
    }
}
