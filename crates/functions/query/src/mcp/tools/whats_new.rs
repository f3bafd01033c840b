use futures_util::future::try_join;
use model::time::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use web_session::address::{encoded, with_query};

use super::listed::{self, ListedErrors};
use crate::mcp::failure::ToolFailure;
use crate::mcp::reference::find_project;
use crate::mcp::schema::schema_of;
use crate::mcp::tool::{Tool, ToolKind, parse_arguments};

/// The most errors of each kind in an answer.
const MAX_NEWS: &str = "15";
/// The number of errors, those that were seen last, among which regressions are looked for.
const MAX_SEARCHED: &str = "100";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewsArguments {
    /// The project. Not needed if the key is for one project.
    project: Option<String>,
    /// Since this time, such as `2026-11-21T00:00:00Z`. Default: a day ago. Not together with `release`.
    since: Option<String>,
    /// In this release, instead of since a time.
    release: Option<String>,
}

pub(super) const TOOL: Tool = Tool {
    name: "whats_new",
    title: "What is new",
    description: "Errors that are new, and errors that came back after they were resolved: since a time, or in a release.",
    kind: ToolKind::Reads,
    schema: schema_of::<NewsArguments>,
    run: |api, arguments| {
        Box::pin(async move {
            let NewsArguments { project, since, release } = parse_arguments(arguments)?;
            let project = find_project(api, project.as_deref()).await?;
            let list = format!("/projects/{}/errors", encoded(&project));
            let mut facts = json!({ "project": project });
            let (new, back) = match (release, since) {
                (Some(_), Some(_)) => {
                    return Err(ToolFailure::new("`release` and `since` cannot be combined: leave one out"));
                }
                (Some(release), None) => {
                    let of = |filter| with_query(&list, [(filter, release.as_str()), ("limit", MAX_NEWS)]);
                    let (new, back) = (of("firstRelease"), of("regressedIn"));
                    try_join(api.get::<ListedErrors>(&new), api.get::<ListedErrors>(&back)).await?
                }
                (None, since) => {
                    let since = since.map(|text| Timestamp::parse(&text)).transpose();
                    let since = since.map_err(|error| ToolFailure(format!("`since`: {error}")))?;
                    let since = since.unwrap_or_else(|| api.now.plus_seconds(-86_400));
                    let text = since.to_string();
                    facts["since"] = json!(since);
                    let new = with_query(
                        &list,
                        [("firstSeenFrom", text.as_str()), ("sort", "firstSeen"), ("limit", MAX_NEWS)],
                    );
                    let seen = with_query(&list, [("lastSeenFrom", text.as_str()), ("limit", MAX_SEARCHED)]);
                    let (new, mut back) =
                        try_join(api.get::<ListedErrors>(&new), api.get::<ListedErrors>(&seen)).await?;
                    let is_back = |at: Timestamp| at >= since;
                    back.errors.retain(|error| error.regression.as_ref().is_some_and(|back| is_back(back.at)));
                    (new, back)
                }
            };
            facts["moreNew"] = json!(new.next_cursor.is_some());
            facts["moreCameBack"] = json!(back.next_cursor.is_some());
            listed::answer(api, facts, vec![("new", new.errors), ("cameBack", back.errors)])
        })
    },
};
