use schemars::JsonSchema;
use serde::Deserialize;

use crate::mcp::api::path;
use crate::mcp::reference::ErrorReference;
use crate::mcp::schema::schema_of;
use crate::mcp::tool::{Tool, ToolKind, parse_arguments};
use web_session::address::encoded;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GetErrorArguments {
    /// The error: the URL of its page, or its fingerprint.
    error: String,
    /// The project. Not needed with a URL, or if the key is for one project.
    project: Option<String>,
    /// Which occurrence to show: `best` (default), `last`, `first`, or an id.
    occurrence: Option<String>,
}

pub(super) const TOOL: Tool = Tool {
    name: "get_error",
    title: "Get an error",
    description: "Everything to start fixing an error, in one call: counts, releases, tags with shares, history, and its best \
                  occurrence with stack trace, source lines, variables and breadcrumbs. Call it first when you are given an error's \
                  URL.",
    kind: ToolKind::Reads,
    schema: schema_of::<GetErrorArguments>,
    run: |api, arguments| {
        Box::pin(async move {
            let arguments: GetErrorArguments = parse_arguments(arguments)?;
            let error = ErrorReference::parse(&arguments.error);
            let project = error.find_project(api, arguments.project.as_deref()).await?;
            let occurrence = arguments.occurrence.or_else(|| error.occurrence.clone()).unwrap_or_default();
            api.get_text(&format!("{}/briefing?occurrence={}", path(&project, &error.error), encoded(&occurrence)))
                .await
        })
    },
};
