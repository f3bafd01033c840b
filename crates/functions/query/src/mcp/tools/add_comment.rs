use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::mcp::api::path;
use crate::mcp::reference::ErrorReference;
use crate::mcp::schema::schema_of;
use crate::mcp::tool::{Tool, ToolKind, facts_only, parse_arguments};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CommentArguments {
    /// The error: the URL of its page, or its fingerprint.
    error: String,
    /// The project. Not needed with a URL, or if the key is for one project.
    project: Option<String>,
    /// The comment, at most 10,000 bytes: what you found, and where it was fixed.
    text: String,
}

pub(super) const TOOL: Tool = Tool {
    name: "add_comment",
    title: "Add a comment",
    description: "Adds a comment to the history of an error. The history names your key.",
    kind: ToolKind::Adds,
    schema: schema_of::<CommentArguments>,
    run: |api, arguments| {
        Box::pin(async move {
            let CommentArguments { error, project, text } = parse_arguments(arguments)?;
            let error = ErrorReference::parse(&error);
            let project = error.find_project(api, project.as_deref()).await?;
            let comments = format!("{}/comments", path(&project, &error.error));
            let added = api.change(Method::POST, &comments, &json!({ "text": text })).await?;
            let (id, at) = (&added["comment"]["id"], &added["comment"]["at"]);
            facts_only(&json!({ "project": project, "comment": id, "at": at }))
        })
    },
};
