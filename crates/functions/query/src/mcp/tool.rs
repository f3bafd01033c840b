//! A tool: its description, and what it does.

use briefing::NOTE;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::api::Api;
use super::failure::ToolFailure;

/// The longest answer of a tool, in bytes.
pub(super) const MAX_ANSWER_BYTES: usize = briefing::MAX_BYTES;

/// A tool that agents call.
pub(super) struct Tool {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) kind: ToolKind,
    /// The schema of its arguments.
    pub(super) schema: fn() -> Value,
    pub(super) run: for<'a> fn(&'a Api, Map<String, Value>) -> ToolRun<'a>,
}

/// A call of a tool that ends with the text of its answer.
type ToolRun<'a> = BoxFuture<'a, Result<String, ToolFailure>>;

/// The effect of a tool on errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ToolKind {
    Reads,
    /// Changes something. Doing it twice is the same as once.
    Sets,
    /// Adds something each time.
    Adds,
}

impl Tool {
    /// Describes the tool as `tools/list` returns it.
    pub(super) fn describe(&self) -> Value {
        json!({
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": (self.schema)(),
            "annotations": {
                "title": self.title,
                "readOnlyHint": self.kind == ToolKind::Reads,
                "destructiveHint": false,
                "idempotentHint": self.kind != ToolKind::Adds,
                "openWorldHint": false,
            },
        })
    }
}

/// Parses the arguments of a tool.
pub(super) fn parse_arguments<T: DeserializeOwned>(arguments: Map<String, Value>) -> Result<T, ToolFailure> {
    // Some clients send null for what they leave out.
    let given: Map<_, _> = arguments.into_iter().filter(|(_, value)| !value.is_null()).collect();
    serde_json::from_value(Value::Object(given))
        .map_err(|error| ToolFailure(format!("the arguments are invalid: {error}; see the tool's inputSchema")))
}

/// The form of all answers: facts apart from what strangers wrote.
#[derive(Debug, Serialize)]
pub(super) struct ToolAnswer<F, R> {
    note: &'static str,
    untrusted: [&'static str; 1],
    facts: F,
    /// Texts by people with a key.
    #[serde(skip_serializing_if = "Value::is_null")]
    team: Value,
    reported: R,
    cut: Vec<String>,
}

impl<F: Serialize, R: Serialize> ToolAnswer<F, R> {
    pub(super) fn new(facts: F, reported: R) -> Self {
        Self { note: NOTE, untrusted: ["reported"], facts, team: Value::Null, reported, cut: Vec::new() }
    }

    pub(super) fn team(self, team: Value) -> Self {
        Self { team, ..self }
    }

    pub(super) fn cut(self, cut: Vec<String>) -> Self {
        Self { cut, ..self }
    }

    pub(super) fn text(&self) -> Result<String, ToolFailure> {
        serde_json::to_string(self).map_err(|_| ToolFailure::internal())
    }
}

/// An answer without any text of events.
pub(super) fn facts_only(facts: &Value) -> Result<String, ToolFailure> {
    serde_json::to_string(&json!({ "facts": facts })).map_err(|_| ToolFailure::internal())
}
