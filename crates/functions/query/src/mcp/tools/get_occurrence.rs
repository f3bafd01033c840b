use briefing::{Budget, Detail, Reported};
use futures_util::future::join;
use model::id::EventId;
use model::occurrence::Occurrence;
use model::project::Repository;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use web_session::address::encoded;

use crate::mcp::api::{Api, path};
use crate::mcp::failure::ToolFailure;
use crate::mcp::reference::{ErrorReference, find_project};
use crate::mcp::schema::schema_of;
use crate::mcp::tool::{MAX_ANSWER_BYTES, Tool, ToolAnswer, ToolKind, parse_arguments};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GetOccurrenceArguments {
    /// The error: the URL of its page, or its fingerprint. Not needed with an event id.
    error: Option<String>,
    /// The project. Not needed with a URL, or if the key is for one project.
    project: Option<String>,
    /// `best` (default), `last`, `first`, the id of an occurrence, or the event id that an SDK returned.
    occurrence: Option<String>,
    /// Also contexts, extra data, headers, tags and the user. Default: false.
    #[serde(default)]
    everything: bool,
}

/// An occurrence, as the API returns it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShownOccurrence {
    error: Value,
    newer: Option<String>,
    older: Option<String>,
    belongs_to: OwnerError,
    chosen_because: Option<String>,
}

#[derive(Deserialize)]
struct OwnerProject {
    project: LinkedSource,
}

#[derive(Deserialize)]
struct LinkedSource {
    repository: Option<Repository>,
}

#[derive(Deserialize)]
struct OwnerError {
    fingerprint: String,
}

pub(super) const TOOL: Tool = Tool {
    name: "get_occurrence",
    title: "Get an occurrence",
    description: "One occurrence of an error: stack trace, source, variables, breadcrumbs, and on demand everything else. Finds an \
                  event by the id that the SDK returned, too.",
    kind: ToolKind::Reads,
    schema: schema_of::<GetOccurrenceArguments>,
    run: |api, arguments| {
        Box::pin(async move {
            let arguments: GetOccurrenceArguments = parse_arguments(arguments)?;
            let detail = if arguments.everything { Detail::Everything } else { Detail::Full };
            let (project, path) = find_path(api, &arguments).await?;
            let settings = format!("/projects/{}", encoded(&project));
            let (shown, settings) = join(api.get::<ShownOccurrence>(&path), api.get::<OwnerProject>(&settings)).await;
            // Without it, frames only have no links.
            let repository = settings.ok().and_then(|settings| settings.project.repository);
            let mut shown = shown?;
            let occurrence: Occurrence = serde_json::from_value(shown.error["event"].take()).map_err(|error| {
                tracing::error!(error.message = %error, "failed to parse an occurrence for a tool");
                ToolFailure::internal()
            })?;
            let id = shown.error["reversedUnixtime"].as_str().unwrap_or_default();
            let page = api.page(&project, &shown.belongs_to.fingerprint);
            let facts = json!({
                "project": project,
                "error": shown.belongs_to.fingerprint,
                "id": id,
                "eventId": occurrence.event_id,
                "at": occurrence.timestamp,
                "receivedAt": occurrence.received_at,
                "level": occurrence.level,
                "source": occurrence.source,
                "chosenBecause": shown.chosen_because,
                "newer": shown.newer,
                "older": shown.older,
                "page": format!("{page}/occurrences/{id}"),
            });
            let answer = Budget::fit(detail, MAX_ANSWER_BYTES, |budget| {
                let mut cut = Vec::new();
                let reported = Reported::of(&occurrence, repository.as_ref(), budget, &mut cut);
                cut.dedup();
                ToolAnswer::new(facts.clone(), reported).cut(cut)
            });
            answer.text()
        })
    },
};

/// Returns the project, and the path of the occurrence in the API.
async fn find_path(api: &Api, arguments: &GetOccurrenceArguments) -> Result<(String, String), ToolFailure> {
    let wanted = arguments.occurrence.as_deref().unwrap_or_default();
    let event = EventId::parse(wanted).ok();
    let Some(error) = arguments.error.as_deref().map(ErrorReference::parse) else {
        let Some(event) = event else {
            return Err(ToolFailure::new("`error` is missing: name an error, or an event id as `occurrence`"));
        };
        let project = find_project(api, arguments.project.as_deref()).await?;
        let path = format!("/projects/{}/occurrences/{event}", encoded(&project));
        return Ok((project, path));
    };
    let project = error.find_project(api, arguments.project.as_deref()).await?;
    let path = match (event, wanted, &error.occurrence) {
        (Some(event), ..) => format!("/projects/{}/occurrences/{event}", encoded(&project)),
        (None, "", named) => {
            let name = named.as_deref().unwrap_or("best");
            format!("{}/occurrences/{}", path(&project, &error.error), encoded(name))
        }
        (None, name, _) => format!("{}/occurrences/{}", path(&project, &error.error), encoded(name)),
    };
    Ok((project, path))
}
