use model::id::ProjectName;
use model::outcome::Reason;
use schemars::JsonSchema;
use serde_json::{Value, json};

use super::{Description, refusals};
use crate::Statuses;

/// An operation whose description is being built.
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

    /// The operation needs no key.
    pub fn open(self) -> Self {
        self.keyed(json!([]))
    }

    /// The operation takes a key in the ways that Sentry's SDKs send it.
    pub fn for_sdks(self) -> Self {
        self.keyed(json!([{ "sentryAuth": [] }, { "sentryKey": [] }]))
    }

    /// The operation takes a key in the ways that clients of another tracker send it: the names of security schemes.
    pub fn for_clients(self, schemes: &[&str]) -> Self {
        let schemes: Vec<_> = schemes.iter().map(|scheme| json!({ *scheme: [] })).collect();
        self.keyed(schemes.into())
    }

    /// Refusals at this path have these statuses. Call it before [`error`](Self::error).
    pub fn statuses(self, statuses: Statuses) -> Self {
        self.description.statuses.insert(self.path, statuses);
        self
    }

    /// The description in Markdown, in addition to the summary.
    pub fn description(mut self, text: &str) -> Self {
        self.at()["description"] = text.into();
        self
    }

    /// Adds the path parameter `project`, which must name an existing project.
    pub fn project(self) -> Self {
        self.path::<ProjectName>("project", "the project's name")
            .error(Reason::ProjectName, "this is not a valid project name")
            .error(Reason::ProjectUnknown, "there is no such project")
    }

    /// Adds a path parameter.
    pub fn path<T: JsonSchema + ?Sized>(self, name: &str, text: &str) -> Self {
        let schema = self.description.sent::<T>();
        self.parameter("path", name, text, schema)
    }

    /// Adds an optional query parameter. An empty value counts as missing.
    pub fn query<T: JsonSchema + ?Sized>(self, name: &str, text: &str) -> Self {
        let schema = self.description.sent::<T>();
        self.query_as(name, text, schema)
    }

    /// Adds an optional query parameter with this schema.
    pub fn query_as(self, name: &str, text: &str, schema: Value) -> Self {
        self.parameter("query", name, text, json!({ "anyOf": [schema, { "const": "" }] }))
    }

    /// Adds the query parameter `limit`: the maximum number of entries in the answer.
    pub fn limit(self, default: usize, most: usize) -> Self {
        let schema = json!({ "type": "integer", "minimum": 1, "maximum": most, "default": default });
        self.query_as("limit", "the maximum number of entries to return", schema)
    }

    /// Adds a parameter in `path`, `query` or `header` with this schema.
    pub fn parameter(mut self, place: &str, name: &str, text: &str, schema: Value) -> Self {
        let parameter =
            json!({ "name": name, "in": place, "description": text, "required": place == "path", "schema": schema });
        if let Some(parameters) = self.at()["parameters"].as_array_mut() {
            parameters.push(parameter);
        }
        self
    }

    /// The request has this JSON body.
    pub fn body<T: JsonSchema + ?Sized>(self, example: Value) -> Self {
        let schema = self.description.sent::<T>();
        self.body_as("application/json", schema, example)
    }

    /// The request has a body with this media type and schema. Call it once for each media type.
    pub fn body_as(mut self, media: &str, schema: Value, example: Value) -> Self {
        let body = &mut self.at()["requestBody"];
        body["required"] = true.into();
        body["content"][media] = json!({ "schema": schema, "example": example });
        self
    }

    /// Adds a JSON response.
    pub fn response<T: JsonSchema + ?Sized>(self, status: u16, text: &str) -> Self {
        let schema = self.description.answered::<T>();
        self.response_as(status, text, "application/json", schema)
    }

    /// Adds a response `{"data": …}`.
    pub fn data<T: JsonSchema + ?Sized>(self, status: u16, text: &str) -> Self {
        let data = self.description.answered::<T>();
        self.data_as(status, text, data)
    }

    /// Adds a response `{"data": …}` with this schema for the data.
    pub fn data_as(self, status: u16, text: &str, data: Value) -> Self {
        let schema = json!({ "type": "object", "required": ["data"], "properties": { "data": data } });
        self.response_as(status, text, "application/json", schema)
    }

    /// Adds a response of any media type.
    pub fn response_as(mut self, status: u16, text: &str, media: &str, schema: Value) -> Self {
        self.at()["responses"][status.to_string()] =
            json!({ "description": text, "content": { media: { "schema": schema } } });
        self
    }

    /// Adds a response without a body.
    pub fn empty_response(mut self, status: u16, text: &str) -> Self {
        self.at()["responses"][status.to_string()] = json!({ "description": text });
        self
    }

    /// Adds a header to the response with this status.
    pub fn with_header(mut self, status: u16, name: &str, text: &str) -> Self {
        self.at()["responses"][status.to_string()]["headers"][name] =
            json!({ "description": text, "schema": { "type": "string" } });
        self
    }

    /// Adds an error response that does not follow from the rest of the description.
    pub fn error(mut self, reason: Reason, when: &str) -> Self {
        let statuses = self.description.statuses.get(self.path).copied().unwrap_or(Statuses::COMMON);
        refusals::add(self.at(), statuses, reason, when);
        self
    }
}
