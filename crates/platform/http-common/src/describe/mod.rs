//! Builds the API's description (OpenAPI 3.1).
//!
//! Each endpoint describes itself next to its handler, with the types and constants that the handler uses. `server`
//! combines these descriptions into one document, which `query` serves. The functions that serve requests do not call
//! this, so it is in no Lambda binary.

mod operation;
mod refusals;

use std::collections::BTreeMap;

pub use operation::Operation;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::Statuses;
use crate::answer::RefusalBody;

/// A description that is being built.
pub struct Description {
    paths: Map<String, Value>,
    tag: &'static str,
    /// Paths whose refusals have statuses of their own.
    statuses: BTreeMap<&'static str, Statuses>,
    sent: SchemaGenerator,
    answered: SchemaGenerator,
}

/// The location of all schemas in the document.
const SCHEMAS: &str = "/components/schemas";

impl Default for Description {
    fn default() -> Self {
        let settings = || SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = SCHEMAS.into());
        Self {
            paths: Map::new(),
            tag: "",
            statuses: BTreeMap::new(),
            sent: settings().for_deserialize().into_generator(),
            answered: settings().for_serialize().into_generator(),
        }
    }
}

impl Description {
    /// Operations that are added from now on have this tag.
    pub fn tag(&mut self, tag: &'static str) {
        self.tag = tag;
    }

    /// Begins the description of one operation: its method and path (without a trailing slash), the name for generated
    /// clients, and a one-line summary. The operation needs a key unless stated otherwise.
    ///
    /// # Panics
    /// If the operation was described before.
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

    /// Returns the paths, and the schemas that they refer to.
    ///
    /// # Panics
    /// If two different types have the same name.
    pub fn finish(mut self) -> (Map<String, Value>, Map<String, Value>) {
        let refused = self.answered::<RefusalBody<'_>>();
        for (path, operations) in &mut self.paths {
            let statuses = self.statuses.get(path.as_str()).copied().unwrap_or(Statuses::COMMON);
            for operation in operations.as_object_mut().into_iter().flat_map(|path| path.values_mut()) {
                refusals::complete(operation, statuses, &refused);
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

    /// The schema of `T` in requests.
    pub fn sent<T: JsonSchema + ?Sized>(&mut self) -> Value {
        self.sent.subschema_for::<T>().to_value()
    }

    /// The schema of `T` in responses.
    pub fn answered<T: JsonSchema + ?Sized>(&mut self) -> Value {
        self.answered.subschema_for::<T>().to_value()
    }
}
