use model::id::ProjectName;
use model::outcome::Reason;
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{Description, refusals};

/// One operation, being described.
pub struct Operation<'a> {
    description: &'a mut Description,
    method: &'static str,
    path: &'static str,
}

impl<'a> Operation<'a> {
    pub(super) fn new(description: &'a mut Description, method: &'static str, path: &'static str) -> Self {
        Self { description, method, path }.keyed(json!([{ "key": [] }, { "bearer": [] }]))
    }

    fn at(&mut self) -> &mut Value {
        &mut self.description.paths[self.path][self.method]
    }

    fn keyed(mut self, security: Value) -> Self {
        self.at()["security"] = security;
        self
    }

    /// Whoever calls shows no key.
    pub fn open(self) -> Self {
        self.keyed(json!([]))
    }

    /// Whoever calls shows a key as Sentry's SDKs do.
    pub fn for_sdks(self) -> Self {
        self.keyed(json!([{ "sentryAuth": [] }, { "sentryKey": [] }]))
    }

    /// What there is to know besides the summary, in Markdown.
    pub fn description(mut self, text: &str) -> Self {
        self.at()["description"] = text.into();
        self
    }

    /// The project in the path, which must exist.
    pub fn project(self) -> Self {
        self.path::<ProjectName>("project", "the project's name")
            .error(Reason::ProjectName, "this can be no project's name")
            .error(Reason::ProjectUnknown, "there is no such project")
    }

    /// A part of the path.
    pub fn path<T: JsonSchema + ?Sized>(self, name: &str, text: &str) -> Self {
        let schema = self.description.sent::<T>();
        self.parameter("path", name, text, schema)
    }

    /// A parameter of the query, which may be left out; an empty one is as good as none.
    pub fn query<T: JsonSchema + ?Sized>(self, name: &str, text: &str) -> Self {
        let schema = self.description.sent::<T>();
        self.query_as(name, text, schema)
    }

    /// The same, by its schema.
    pub fn query_as(self, name: &str, text: &str, schema: Value) -> Self {
        self.parameter("query", name, text, json!({ "anyOf": [schema, { "const": "" }] }))
    }

    /// `limit`: how many entries are answered.
    pub fn limit(self, default: usize, most: usize) -> Self {
        let schema = json!({ "type": "integer", "minimum": 1, "maximum": most, "default": default });
        self.query_as("limit", "how many entries are answered at most", schema)
    }

    /// A parameter in `path`, `query` or `header`, by its schema.
    pub fn parameter(mut self, place: &str, name: &str, text: &str, schema: Value) -> Self {
        let parameter =
            json!({ "name": name, "in": place, "description": text, "required": place == "path", "schema": schema });
        if let Some(parameters) = self.at()["parameters"].as_array_mut() {
            parameters.push(parameter);
        }
        self
    }

    /// The JSON that the body has.
    pub fn body<T: JsonSchema + ?Sized>(self, example: Value) -> Self {
        let schema = self.description.sent::<T>();
        self.body_as("application/json", schema, example)
    }

    /// What the body has, by its media type and schema. It can be said more than once.
    pub fn body_as(mut self, media: &str, schema: Value, example: Value) -> Self {
        let body = &mut self.at()["requestBody"];
        body["required"] = true.into();
        body["content"][media] = json!({ "schema": schema, "example": example });
        self
    }

    /// An answer of JSON.
    pub fn response<T: JsonSchema + ?Sized>(self, status: u16, text: &str) -> Self {
        let schema = self.description.answered::<T>();
        self.response_as(status, text, "application/json", schema)
    }

    /// An answer `{"data": …}`.
    pub fn data<T: JsonSchema + ?Sized>(self, status: u16, text: &str) -> Self {
        let data = self.description.answered::<T>();
        self.data_as(status, text, data)
    }

    /// An answer `{"data": …}`, by its schema.
    pub fn data_as(self, status: u16, text: &str, data: Value) -> Self {
        let schema = json!({ "type": "object", "required": ["data"], "properties": { "data": data } });
        self.response_as(status, text, "application/json", schema)
    }

    /// An answer of any media type.
    pub fn response_as(mut self, status: u16, text: &str, media: &str, schema: Value) -> Self {
        self.at()["responses"][status.to_string()] =
            json!({ "description": text, "content": { media: { "schema": schema } } });
        self
    }

    /// An answer without a body.
    pub fn empty_response(mut self, status: u16, text: &str) -> Self {
        self.at()["responses"][status.to_string()] = json!({ "description": text });
        self
    }

    /// The answer of this status has a header.
    pub fn with_header(mut self, status: u16, name: &str, text: &str) -> Self {
        self.at()["responses"][status.to_string()]["headers"][name] =
            json!({ "description": text, "schema": { "type": "string" } });
        self
    }

    /// A refusal that follows from nothing else that is said of the operation.
    pub fn error(mut self, reason: Reason, when: &str) -> Self {
        refusals::add(self.at(), reason, when);
        self
    }
}
