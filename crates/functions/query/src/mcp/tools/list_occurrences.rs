use std::collections::BTreeMap;

use briefing::{inline, plain};
use model::occurrence::Occurrence;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use web_session::address::with_query;

use crate::mcp::api::path;
use crate::mcp::failure::ToolFailure;
use crate::mcp::reference::ErrorReference;
use crate::mcp::schema::schema_of;
use crate::mcp::tool::{Tool, ToolAnswer, ToolKind, parse_arguments};

/// The most occurrences of an answer.
const MAX_ROWS: u64 = 20;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListOccurrencesArguments {
    /// The error: the URL of its page, or its fingerprint.
    error: String,
    /// The project. Not needed with a URL, or if the key is for one project.
    project: Option<String>,
    /// Only occurrences at this time or later.
    start: Option<String>,
    /// Only occurrences before this time.
    end: Option<String>,
    /// Only occurrences in this environment.
    environment: Option<String>,
    /// Only occurrences in this release.
    release: Option<String>,
    /// Only occurrences with this tag: `key:value`.
    tag: Option<String>,
    /// Only occurrences of the user with this id, email address, name or IP address.
    user: Option<String>,
    /// Only occurrences with this text in type, message or frames.
    text: Option<String>,
    /// The most occurrences to return, up to 20. Default: 10.
    #[schemars(range(min = 1, max = 20))]
    limit: Option<u64>,
    /// `nextCursor` of the previous answer, with the same other arguments.
    cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListedOccurrences {
    errors: Vec<Value>,
    total_count: u64,
    next_cursor: Option<String>,
}

pub(super) const TOOL: Tool = Tool {
    name: "list_occurrences",
    title: "List occurrences",
    description: "The occurrences of an error, newest first, filtered by time, environment, release, tag, user or text. Read one of \
                  them with get_occurrence.",
    kind: ToolKind::Reads,
    schema: schema_of::<ListOccurrencesArguments>,
    run: |api, arguments| {
        Box::pin(async move {
            let arguments: ListOccurrencesArguments = parse_arguments(arguments)?;
            let limit = arguments.limit.unwrap_or(10);
            if !(1..=MAX_ROWS).contains(&limit) {
                return Err(ToolFailure(format!("`limit` must be 1 to {MAX_ROWS} (got {limit})")));
            }
            let error = ErrorReference::parse(&arguments.error);
            let project = error.find_project(api, arguments.project.as_deref()).await?;
            let limit = limit.to_string();
            let given = [
                ("start", &arguments.start),
                ("end", &arguments.end),
                ("environment", &arguments.environment),
                ("release", &arguments.release),
                ("tag", &arguments.tag),
                ("user", &arguments.user),
                ("text", &arguments.text),
                ("after", &arguments.cursor),
            ];
            let given = given.into_iter().map(|(name, value)| (name, value.as_deref().unwrap_or_default()));
            let list = format!("{}/occurrences", path(&project, &error.error));
            let found: ListedOccurrences = api.get(&with_query(list, given.chain([("limit", limit.as_str())]))).await?;
            let (mut rows, mut reported) = (Vec::new(), BTreeMap::new());
            for mut one in found.errors {
                let id = one["reversedUnixtime"].as_str().unwrap_or_default().to_owned();
                let Ok(occurrence) = serde_json::from_value::<Occurrence>(one["event"].take()) else { continue };
                rows.push(json!({
                    "id": id,
                    "eventId": occurrence.event_id,
                    "at": occurrence.timestamp,
                    "level": occurrence.level,
                }));
                reported.insert(id, describe(&occurrence));
            }
            let facts = json!({
                "project": project,
                "totalCount": found.total_count,
                "nextCursor": found.next_cursor,
                "occurrences": rows,
            });
            ToolAnswer::new(facts, reported).text()
        })
    },
};

/// The parts by which an occurrence differs from others of its error.
fn describe(occurrence: &Occurrence) -> BTreeMap<&'static str, String> {
    let names = [
        ("environment", &occurrence.environment),
        ("release", &occurrence.release),
        ("server", &occurrence.server_name),
        ("transaction", &occurrence.transaction),
    ];
    let names = names.into_iter().filter_map(|(name, text)| Some((name, inline(text.as_deref()?, 80))));
    names.chain([("message", plain(&occurrence.message, 200))]).collect()
}
