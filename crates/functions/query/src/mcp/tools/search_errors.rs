use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use web_session::address::{encoded, with_query};

use super::listed::{self, ListedErrors};
use crate::mcp::failure::ToolFailure;
use crate::mcp::reference::find_project;
use crate::mcp::schema::schema_of;
use crate::mcp::tool::{Tool, ToolKind, parse_arguments};
use crate::pages::search::parse_search;

/// The most errors of an answer.
const MAX_FOUND_ERRORS: u64 = 25;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SearchArguments {
    /// The project. Not needed if the key is for one project.
    project: Option<String>,
    /// Words in type, message, culprit or names of frames, and filters: `level:error`, `release:1.2`, `environment:production`,
    /// `platform:python`, `assignee:ann`, `tag:key=value`, `firstRelease:1.2`, `regressedIn:1.2`, `firstSeenFrom:` and
    /// `lastSeenFrom:` with a time. Default: all errors.
    query: Option<String>,
    /// Which errors. Default: `unresolved`.
    status: Option<SearchStatus>,
    /// The order, highest or latest first. Default: `lastSeen`.
    sort: Option<SearchSort>,
    /// The most errors to return, up to 25. Default: 10.
    #[schemars(range(min = 1, max = 25))]
    limit: Option<u64>,
    /// `nextCursor` of the previous answer, with the same other arguments.
    cursor: Option<String>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SearchStatus {
    Unresolved,
    Resolved,
    Muted,
    All,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum SearchSort {
    LastSeen,
    FirstSeen,
    Count,
    Users,
}

pub(super) const TOOL: Tool = Tool {
    name: "search_errors",
    title: "Search errors",
    description: "Finds errors of a project by words and filters, with counts. Read one of them with get_error.",
    kind: ToolKind::Reads,
    schema: schema_of::<SearchArguments>,
    run: |api, arguments| {
        Box::pin(async move {
            let arguments: SearchArguments = parse_arguments(arguments)?;
            let limit = arguments.limit.unwrap_or(10);
            if !(1..=MAX_FOUND_ERRORS).contains(&limit) {
                return Err(ToolFailure(format!("`limit` must be 1 to {MAX_FOUND_ERRORS} (got {limit})")));
            }
            let project = find_project(api, arguments.project.as_deref()).await?;
            let search = parse_search(arguments.query.as_deref().unwrap_or_default());
            let status = match arguments.status.unwrap_or(SearchStatus::Unresolved) {
                SearchStatus::Unresolved => "unresolved",
                SearchStatus::Resolved => "resolved",
                SearchStatus::Muted => "muted",
                SearchStatus::All => "",
            };
            let sort = match arguments.sort.unwrap_or(SearchSort::LastSeen) {
                SearchSort::LastSeen => "lastSeen",
                SearchSort::FirstSeen => "firstSeen",
                SearchSort::Count => "count",
                SearchSort::Users => "users",
            };
            let (limit, cursor) = (limit.to_string(), arguments.cursor.unwrap_or_default());
            let own = [("status", status), ("sort", sort), ("limit", &limit), ("cursor", &cursor)];
            let found = search.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let path = with_query(format!("/projects/{}/errors", encoded(&project)), own.into_iter().chain(found));
            let ListedErrors { errors, uncertain, next_cursor } = api.get(&path).await?;
            let mut facts = json!({ "project": project, "nextCursor": next_cursor });
            if search.hint.is_some() {
                // A misspelt filter must not pass for a search without results.
                facts["hint"] = json!(
                    "a part of `query` looks like a filter and is none, so it was searched as words: for a tag, write \
                     tag:key=value; the status is an argument of its own; put words with a colon in quotes"
                );
            }
            let mut lists = vec![("errors", errors)];
            if !uncertain.is_empty() {
                lists.push(("mayMatch", uncertain));
            }
            listed::answer(api, facts, lists)
        })
    },
};
