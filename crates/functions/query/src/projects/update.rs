//! `PATCH /projects/{project}`: changes settings of a project.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::patch;
use http::Request;
use http_common::describe::Description;
use http_common::{Answer, ProjectAdmin};
use model::audit::{AuditAction, AuditEvent};
use model::id::ProjectName;
use model::outcome::{Reason, Refusal};
use model::project::{Attachments, Limit, Origins, PostedConfigs, Repository, Retention, Tier, TimeUnit};
use schemars::JsonSchema;
use scrub::{Personal, Rules};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Kind;
use store::ports::{KeyChange, MAX_FORMER_NAMES, Project, ProjectChange};

use super::list::ProjectEntry;
use crate::Query;
use crate::body::{deserialize_object, deserialize_some, parse_body, some_of};

/// The most names per list of scrubbing rules, and the longest name, in characters. Each event is compared with all of
/// them.
const MAX_NAMES: usize = Rules::MAX_NAMES;
const MAX_NAME: usize = 100;
/// The longest `owner`, in characters: a name and an address.
const MAX_OWNER: usize = 200;
/// The number of keys that are read at once.
const MAX_KEYS_READ: usize = 100;
/// The expected body, for refusals.
const FORM: &str = "an object with one or more of `name`: text, `scrubbing`: {`additional`: [names of keys], `exempt`: [names of \
                    keys], `personal`: [email, ip, iban, phone, ssn]}, `limits`: {`perMinute`: number or null, `perMonth`: number or null}, `tier`: critical, \
                    standard or low, `timeUnit`: minute, hour or day, `owner`: text or null, `retentionDays`: number or \
                    null, `allowedOrigins`: [origins] or null, `postedConfigs`: any, sealed or off, `attachments`: store or discard, \
                    `repository`: {`url`: text, `branch`: text, `paths`: [{`from`: text, `to`: text}]} or null";

pub(crate) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}", patch(handle))
}

pub(super) fn describe(api: &mut Description) {
    api.operation("patch", "/projects/{project}", "updateProject", "Changes settings of a project")
        .description("Missing fields stay as they are. `null` removes an optional setting.")
        .project()
        .body::<ProjectPatch>(json!({ "tier": "critical", "limits": { "perMinute": 1_000 } }))
        .data::<ChangedProject<'_>>(200, "the project as it is now");
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct ChangedProject<'a> {
    project: ProjectEntry<'a>,
}

async fn handle(State(query): State<Arc<Query>>, admin: ProjectAdmin, request: Request<Body>) -> Response {
    query.answer(update(&query, &admin, request)).await
}

/// Changes of a project's settings. Missing fields stay as they are, and null removes an optional setting.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(
    rename = "ProjectChange",
    extend("anyOf" = some_of(&["name", "scrubbing", "limits", "tier", "timeUnit", "postedConfigs", "attachments"], &["owner", "retentionDays", "allowedOrigins", "repository"]))
)]
struct ProjectPatch {
    /// The new name. Keys, rules and the number stay the same, and events sent to former names are still accepted.
    #[schemars(with = "Option<ProjectName>")]
    name: Option<String>,
    /// Scrubbing rules. Replaces the lists that are given.
    #[serde(default, deserialize_with = "deserialize_object")]
    #[schemars(with = "Option<Scrubbing>")]
    scrubbing: Option<Scrubbing>,
    /// Limits on the events that are accepted.
    #[serde(default, deserialize_with = "deserialize_object")]
    #[schemars(with = "Option<LimitsPatch>")]
    limits: Option<LimitsPatch>,
    /// How important the project is. Decides what rules send by default.
    tier: Option<Tier>,
    /// The window in which rules count occurrences for thresholds.
    time_unit: Option<TimeUnit>,
    /// The team or person responsible for the project.
    #[serde(default, deserialize_with = "deserialize_some")]
    #[schemars(with = "Option<String>", length(min = 1, max = MAX_OWNER))]
    owner: Option<Option<String>>,
    /// Days to keep occurrences; null: the stack's default.
    #[serde(default, deserialize_with = "deserialize_some")]
    #[schemars(with = "Option<Retention>")]
    retention_days: Option<Option<u64>>,
    /// The origins of web pages that may send events. The empty list allows none, null allows all.
    #[serde(default, deserialize_with = "deserialize_some")]
    #[schemars(with = "Option<Vec<String>>")]
    #[schemars(length(max = Origins::MAX_ORIGINS), inner(length(max = Origins::MAX_ORIGIN_BYTES), regex(pattern = Origins::ORIGIN_PATTERN)))]
    allowed_origins: Option<Option<Vec<String>>>,
    /// Which posted configs are used.
    posted_configs: Option<PostedConfigs>,
    /// Whether attachments of events are stored.
    attachments: Option<Attachments>,
    /// Where its source is, so that frames link to it; null: frames have no links.
    #[serde(default, deserialize_with = "deserialize_some")]
    #[schemars(with = "Option<Repository>")]
    repository: Option<Option<Repository>>,
}

/// Scrubbing rules. Names of keys are compared word by word. Missing lists stay as they are.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScrubbingChange")]
struct Scrubbing {
    /// Keys whose values are scrubbed in addition to the built-in ones.
    #[schemars(length(max = MAX_NAMES), inner(length(min = 1, max = MAX_NAME)))]
    additional: Option<Vec<String>>,
    /// Keys whose values are never scrubbed.
    #[schemars(length(max = MAX_NAMES), inner(length(min = 1, max = MAX_NAME)))]
    exempt: Option<Vec<String>>,
    /// Kinds of personal data to replace wherever text looks like it.
    #[schemars(length(max = 5))]
    personal: Option<Vec<Personal>>,
}

impl Scrubbing {
    fn check(&self) -> Result<(), Refusal> {
        let invalid =
            |list: &str, message: String| Err(Refusal::new(Reason::BodyInvalid, message).at(["scrubbing", list]));
        if self.personal.as_ref().is_some_and(|kinds| kinds.len() > 5) {
            return invalid("personal", "`personal` may contain each kind at most once".to_owned());
        }
        for (list, names) in [("additional", &self.additional), ("exempt", &self.exempt)] {
            let names = names.as_deref().unwrap_or_default();
            if names.len() > MAX_NAMES || names.iter().any(|name| name.is_empty() || name.chars().count() > MAX_NAME) {
                let message = format!("`{list}` may have at most {MAX_NAMES} names of 1 to {MAX_NAME} characters");
                return invalid(list, message);
            }
        }
        Ok(())
    }

    /// Returns `current` with the lists that are given.
    fn applied_to(self, current: &Rules) -> Rules {
        let Self { additional, exempt, personal } = self;
        Rules {
            additional: additional.unwrap_or_else(|| current.additional.clone()),
            exempt: exempt.unwrap_or_else(|| current.exempt.clone()),
            personal: personal.unwrap_or_else(|| current.personal.clone()),
        }
    }
}

/// The most events to accept; null: no limit.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "LimitsChange", extend("minProperties" = 1))]
struct LimitsPatch {
    /// Events per minute.
    #[serde(default, deserialize_with = "deserialize_some")]
    #[schemars(with = "Option<u64>", range(min = 1, max = Limit::MAX_EVENTS))]
    per_minute: Option<Option<u64>>,
    /// Events per month, in UTC.
    #[serde(default, deserialize_with = "deserialize_some")]
    #[schemars(with = "Option<u64>", range(min = 1, max = Limit::MAX_EVENTS))]
    per_month: Option<Option<u64>>,
}

async fn update(query: &Query, admin: &ProjectAdmin, request: Request<Body>) -> Answer {
    let mut change: ProjectPatch = parse_body(request, FORM).await?;
    let new_name = change.name.take().map(|name| http_common::parse_project_name(&name)).transpose();
    let new_name = new_name.map_err(|refusal| refusal.at(["name"]))?;
    let scrubbing = change.scrubbing.take();
    scrubbing.as_ref().map(Scrubbing::check).transpose()?;
    let mut change = check_patch(change, new_name.is_some() || scrubbing.is_some())?;
    let mut project = admin.load_project(query).await?.into_project();
    let before = project.clone();
    if let Some(new) = new_name {
        project = rename(query, project, &new).await?;
    }
    change.scrubbing = scrubbing.map(|lists| lists.applied_to(&project.scrubbing));
    query.stores.projects.update(&project, &change).await?;
    let project = change.applied_to(project);
    let event = AuditEvent::new(AuditAction::ProjectChanged).of(project.id).in_project(&project.name);
    let (old, new) = (ProjectEntry::new(&before), ProjectEntry::new(&project));
    query.record(admin.caller(), event.changing(&old, &new)).await;
    http_common::data(ChangedProject { project: ProjectEntry::new(&project) })
}

/// Renames the project, then updates the project's name in each of its keys. Repeating a request that was interrupted
/// updates the remaining keys.
async fn rename(query: &Query, project: Project, name: &ProjectName) -> Result<Project, Refusal> {
    let renamed = match query.stores.projects.rename(&project, name).await {
        Ok(renamed) => renamed,
        Err(error) if error.kind() == Kind::Conflict => {
            let message = format!("`{name}` is or was the name of another project: choose another name");
            return Err(Refusal::new(Reason::ProjectExists, message).at(["name"]));
        }
        Err(error) if error.kind() == Kind::Rejected => {
            let message = format!("a project can have at most {MAX_FORMER_NAMES} former names: reuse one of them");
            return Err(Refusal::new(Reason::BodyInvalid, message).at(["name"]));
        }
        Err(error) => return Err(error.into()),
    };
    let mut after = None;
    loop {
        let page = query.stores.key_ring.list(Some(project.id), after, MAX_KEYS_READ).await?;
        for (hash, _) in page.items {
            let change = KeyChange { project: Some(name.clone()), ..KeyChange::default() };
            query.stores.key_ring.change(&hash, &change).await?;
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(renamed),
        }
    }
}

/// Validates a change, apart from the name and the scrubbing rules. `has_more` says whether the request changes these.
fn check_patch(patch: ProjectPatch, has_more: bool) -> Result<ProjectChange, Refusal> {
    let invalid = |message: String| Refusal::new(Reason::BodyInvalid, message);
    let ProjectPatch {
        name: _,
        scrubbing: _,
        limits,
        tier,
        time_unit,
        owner,
        retention_days,
        allowed_origins,
        posted_configs,
        attachments,
        repository,
    } = patch;
    if limits.as_ref().is_some_and(|limits| limits.per_minute.is_none() && limits.per_month.is_none()) {
        return Err(invalid("`limits` is empty: send `perMinute`, `perMonth` or both".to_owned()).at(["limits"]));
    }
    let limits = limits.unwrap_or(LimitsPatch { per_minute: None, per_month: None });
    for (key, limit) in [("perMinute", limits.per_minute), ("perMonth", limits.per_month)] {
        if let Some(Some(most)) = limit {
            Limit::check(most).map_err(|error| invalid(format!("`{key}`: {error}")).at(["limits", key]))?;
        }
    }
    if owner.iter().flatten().any(|owner| owner.is_empty() || owner.chars().count() > MAX_OWNER) {
        return Err(invalid(format!("`owner` must have 1 to {MAX_OWNER} characters, or be null")).at(["owner"]));
    }
    let retention = retention_days.map(|days| days.map(Retention::of_days).transpose()).transpose();
    let retention = retention.map_err(|error| invalid(format!("`retentionDays`: {error}")).at(["retentionDays"]))?;
    let allowed_origins = allowed_origins.map(|list| list.as_deref().map(Origins::parse).transpose()).transpose();
    let allowed_origins =
        allowed_origins.map_err(|error| invalid(format!("`allowedOrigins`: {error}")).at(["allowedOrigins"]))?;
    let repository = repository.map(|repository| repository.map(Repository::check).transpose()).transpose();
    let repository = repository.map_err(|error| invalid(format!("`repository`: {error}")).at(["repository"]))?;
    let LimitsPatch { per_minute, per_month } = limits;
    let change = ProjectChange {
        scrubbing: None,
        per_minute,
        per_month,
        tier,
        time_unit,
        owner,
        retention,
        allowed_origins,
        posted_configs,
        attachments,
        repository,
    };
    match change == ProjectChange::default() && !has_more {
        true => Err(invalid(format!("the body changes nothing: send {FORM}"))),
        false => Ok(change),
    }
}
