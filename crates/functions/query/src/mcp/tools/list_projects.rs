use futures_util::future::{join, join_all};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use web_session::address::{encoded, with_query};

use super::listed::ListedErrors;
use crate::mcp::api::Api;
use crate::mcp::schema::schema_of;
use crate::mcp::tool::{Tool, ToolKind, facts_only, parse_arguments};

/// The most projects of an answer. Each costs a list of errors and a timeline.
const MAX_PROJECTS: &str = "20";
/// The number of errors that are counted per project.
const MAX_COUNTED: usize = 50;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListProjectsArguments {
    /// `nextCursor` of the previous answer.
    cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProjectsPage {
    projects: Vec<ProjectLine>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct ProjectLine {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventTotal {
    total_count: u64,
}

pub(super) const TOOL: Tool = Tool {
    name: "list_projects",
    title: "List projects",
    description: "The projects that the key sees, each with its open errors, the events of the last day, and how many errors are new or \
                  came back in that time.",
    kind: ToolKind::Reads,
    schema: schema_of::<ListProjectsArguments>,
    run: |api, arguments| {
        Box::pin(async move {
            let ListProjectsArguments { cursor } = parse_arguments(arguments)?;
            let cursor = cursor.unwrap_or_default();
            let path = with_query("/projects", [("limit", MAX_PROJECTS), ("cursor", &cursor)]);
            let page: ProjectsPage = api.get(&path).await?;
            let rows = join_all(page.projects.iter().map(|project| load_row(api, &project.name))).await;
            facts_only(&json!({ "projects": rows, "nextCursor": page.next_cursor }))
        })
    },
};

/// A part that cannot be loaded is null, so that the other projects are still listed.
async fn load_row(api: &Api, name: &str) -> Value {
    let since = api.now.plus_seconds(-86_400);
    let path = format!("/projects/{}", encoded(name));
    let limit = MAX_COUNTED.to_string();
    let open = with_query(format!("{path}/errors"), [("status", "unresolved"), ("limit", &limit)]);
    let timeline = format!("{path}/timeline");
    let (open, day) = join(api.get::<ListedErrors>(&open), api.get::<EventTotal>(&timeline)).await;
    let open = open.ok();
    let count = |is: &dyn Fn(&super::listed::ListedError) -> bool| {
        open.as_ref().map(|open| open.errors.iter().filter(|error| is(error)).count())
    };
    json!({
        "name": name,
        "openErrors": count(&|_| true),
        "hasMoreOpenErrors": open.as_ref().map(|open| open.next_cursor.is_some()),
        "eventsLastDay": day.ok().map(|day| day.total_count),
        "newLastDay": count(&|error| error.first_seen >= since),
        "cameBackLastDay": count(&|error| error.regression.as_ref().is_some_and(|back| back.at >= since)),
    })
}
