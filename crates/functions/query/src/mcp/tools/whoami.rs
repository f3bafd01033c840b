use http_common::Reach;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use crate::mcp::reference::find_project;
use crate::mcp::schema::schema_of;
use crate::mcp::tool::{Tool, ToolKind, facts_only, parse_arguments};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NoArguments {}

pub(super) const TOOL: Tool = Tool {
    name: "whoami",
    title: "Who am I",
    description: "The address and version of this faultline, and what the key may do.",
    kind: ToolKind::Reads,
    schema: schema_of::<NoArguments>,
    run: |api, arguments| {
        Box::pin(async move {
            let NoArguments {} = parse_arguments(arguments)?;
            let project = match api.caller().own() {
                Some(_) => Some(find_project(api, None).await?),
                None => None,
            };
            facts_only(&json!({
                "server": "faultline",
                "version": env!("CARGO_PKG_VERSION"),
                "address": api.address(),
                "project": project,
                "mayRead": match (&project, api.caller().check_reader()) {
                    (Some(_), _) => "this project",
                    (None, Ok(Reach::All)) => "all projects",
                    (None, _) => "the projects that list_projects shows",
                },
                "mayChange": if api.may_change() { "status, assignee and comments of errors" } else { "nothing" },
            }))
        })
    },
};
