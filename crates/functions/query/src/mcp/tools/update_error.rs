use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::listed::{self, ListedError};
use crate::mcp::api::path;
use crate::mcp::failure::ToolFailure;
use crate::mcp::reference::ErrorReference;
use crate::mcp::schema::schema_of;
use crate::mcp::tool::{Tool, ToolKind, parse_arguments};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UpdateArguments {
    /// The error: the URL of its page, or its fingerprint.
    error: String,
    /// The project. Not needed with a URL, or if the key is for one project.
    project: Option<String>,
    /// The change. `resolve_in_next_release` reopens the error only if it occurs in a newer release.
    action: UpdateAction,
    /// For `mute`: until this time. Without a limit, until somebody unmutes it.
    until: Option<String>,
    /// For `mute`: until it occurred this many more times.
    #[schemars(range(min = 1, max = u32::MAX))]
    occurrences: Option<u64>,
    /// For `assign`: a name or an email address, or `me` for the user whose token this is.
    assignee: Option<String>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum UpdateAction {
    Resolve,
    ResolveInNextRelease,
    Reopen,
    Mute,
    Assign,
    Unassign,
}

pub(super) const TOOL: Tool = Tool {
    name: "update_error",
    title: "Update an error",
    description: "Resolves, reopens, mutes or assigns an error. The error's history names your key. Ask the person you work for \
                  before you resolve or mute an error.",
    kind: ToolKind::Sets,
    schema: schema_of::<UpdateArguments>,
    run: |api, arguments| {
        Box::pin(async move {
            let arguments: UpdateArguments = parse_arguments(arguments)?;
            let body = describe_change(&arguments, api.caller().user().is_some())?;
            let error = ErrorReference::parse(&arguments.error);
            let project = error.find_project(api, arguments.project.as_deref()).await?;
            let mut changed = api.change(Method::PATCH, &path(&project, &error.error), &body).await?;
            let changed: ListedError =
                serde_json::from_value(changed["error"].take()).map_err(|_| ToolFailure::internal())?;
            listed::answer(api, json!({ "project": project }), vec![("changed", vec![changed])])
        })
    },
};

/// The change as the API takes it.
fn describe_change(arguments: &UpdateArguments, is_user: bool) -> Result<Value, ToolFailure> {
    let UpdateArguments { action, until, occurrences, assignee, .. } = arguments;
    let limits = until.is_some() || occurrences.is_some();
    if limits && !matches!(action, UpdateAction::Mute) {
        return Err(ToolFailure::new("`until` and `occurrences` are only for the action `mute`: leave them out"));
    }
    if assignee.is_some() && !matches!(action, UpdateAction::Assign) {
        return Err(ToolFailure::new("`assignee` is only for the action `assign`: leave it out"));
    }
    Ok(match action {
        UpdateAction::Resolve => json!({ "status": "resolved" }),
        UpdateAction::ResolveInNextRelease => json!({ "status": "resolved", "inNextRelease": true }),
        UpdateAction::Reopen => json!({ "status": "unresolved" }),
        UpdateAction::Mute => json!({ "status": "muted", "until": until, "occurrences": occurrences }),
        UpdateAction::Assign => match assignee {
            Some(me) if is_user && me == "me" => json!({ "assigneeUser": "me" }),
            Some(assignee) => json!({ "assignee": assignee }),
            None => return Err(ToolFailure::new("`assignee` is missing: a name or an email address")),
        },
        UpdateAction::Unassign => json!({ "assignee": null }),
    })
}
