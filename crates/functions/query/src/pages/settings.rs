//! `GET /projects/{project}/settings`: a project's settings and keys, and the form that deletes it.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{Method, Request, StatusCode};
use model::project::Retention;
use scrub::Personal;
use serde::Deserialize;
use serde_json::{Value, json};
use web_pages::{MadeKey, SettingsFields, SettingsPage};
use web_session::address::{encoded, with_query};
use web_session::{Form, PageRefusal, PageResult, Pages, Visit, page};

use super::keys;
use super::words::explain;

#[derive(Deserialize)]
struct ProjectAnswer {
    project: ApiProject,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiProject {
    name: String,
    owner: Option<String>,
    tier: String,
    time_unit: String,
    retention_days: Option<u32>,
    limits: ApiLimits,
    scrubbing: ApiScrubbing,
    allowed_origins: Option<Vec<String>>,
    posted_configs: String,
    attachments: String,
    repository: Option<ApiRepository>,
}

#[derive(Deserialize)]
struct ApiRepository {
    url: String,
    branch: String,
    paths: Vec<ApiPathMapping>,
}

#[derive(Deserialize)]
struct ApiPathMapping {
    from: String,
    to: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiLimits {
    per_minute: Option<u64>,
    per_month: Option<u64>,
}

/// The API leaves empty lists out.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ApiScrubbing {
    additional: Vec<String>,
    exempt: Vec<String>,
    personal: Vec<String>,
}

impl ApiRepository {
    fn write_paths(self) -> String {
        let lines = self.paths.into_iter().map(|mapping| format!("{}{ARROW}{}", mapping.from, mapping.to));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Separates the sides of a path mapping.
const ARROW: &str = " => ";
/// The input that allows no origin at all. An empty field allows all.
const NO_ORIGINS: &str = "none";

impl ApiProject {
    fn into_fields(self) -> SettingsFields {
        let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        SettingsFields {
            name: self.name,
            owner: self.owner.unwrap_or_default(),
            tier: self.tier,
            time_unit: self.time_unit,
            retention_days: self.retention_days.map(|days| days.to_string()).unwrap_or_default(),
            per_minute: number(self.limits.per_minute),
            per_month: number(self.limits.per_month),
            additional: self.scrubbing.additional.join("\n"),
            exempt: self.scrubbing.exempt.join("\n"),
            personal: self.scrubbing.personal.join(", "),
            posted_configs: self.posted_configs,
            attachments: self.attachments,
            repository_url: self.repository.as_ref().map(|it| it.url.clone()).unwrap_or_default(),
            repository_branch: self.repository.as_ref().map(|it| it.branch.clone()).unwrap_or_default(),
            repository_paths: self.repository.map(ApiRepository::write_paths).unwrap_or_default(),
            origins: match self.allowed_origins {
                None => String::new(),
                Some(none) if none.is_empty() => NO_ORIGINS.to_owned(),
                Some(origins) => origins.join("\n"),
            },
        }
    }
}

/// Reads the fields of the form.
fn read_fields(form: &Form) -> SettingsFields {
    let field = |name| form.get(name).unwrap_or_default().to_owned();
    SettingsFields {
        name: field("name"),
        owner: field("owner"),
        tier: field("tier"),
        time_unit: field("timeUnit"),
        posted_configs: field("postedConfigs"),
        attachments: field("attachments"),
        retention_days: field("retentionDays"),
        per_minute: field("perMinute"),
        per_month: field("perMonth"),
        additional: field("additional"),
        exempt: field("exempt"),
        personal: field("personal"),
        origins: field("origins"),
        repository_url: field("repositoryUrl"),
        repository_branch: field("repositoryBranch"),
        repository_paths: field("repositoryPaths"),
    }
}

/// Builds the request to the API. Fails with the problem if it cannot succeed.
fn describe_change(fields: &SettingsFields) -> Result<Value, String> {
    let text = |text: &str| match text.trim() {
        "" => Value::Null,
        text => text.into(),
    };
    let number = |label: &str, typed: &str| match typed.trim() {
        "" => Ok(Value::Null),
        typed => typed.parse::<u64>().map(Value::from).map_err(|_| {
            format!("{label}: use a whole number from 1 to 1 000 000 000, or leave it empty (`{typed}` is not one).")
        }),
    };
    let lines = |text: &str| text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().into();
    let origins: Value = match fields.origins.trim() {
        "" => Value::Null,
        NO_ORIGINS => json!([]),
        origins => lines(origins),
    };
    let (additional, exempt): (Value, Value) = (lines(&fields.additional), lines(&fields.exempt));
    let personal = parse_personal(&fields.personal)?;
    let mut change = json!({
        "owner": text(&fields.owner),
        "tier": fields.tier,
        "timeUnit": fields.time_unit,
        "retentionDays": number("Keep events", &fields.retention_days)?,
        "limits": {
            "perMinute": number("Events per minute", &fields.per_minute)?,
            "perMonth": number("Events per month", &fields.per_month)?,
        },
        "scrubbing": { "additional": additional, "exempt": exempt, "personal": personal },
        "allowedOrigins": origins,
        "repository": describe_repository(fields)?,
    });
    if !fields.name.trim().is_empty() {
        change["name"] = fields.name.trim().into();
    }
    if !fields.posted_configs.is_empty() {
        change["postedConfigs"] = fields.posted_configs.as_str().into();
    }
    if !fields.attachments.is_empty() {
        change["attachments"] = fields.attachments.as_str().into();
    }
    Ok(change)
}

/// The repository, if the form has its URL.
fn describe_repository(fields: &SettingsFields) -> Result<Value, String> {
    let url = fields.repository_url.trim();
    if url.is_empty() {
        return Ok(Value::Null);
    }
    let lines = fields.repository_paths.lines().map(str::trim).filter(|line| !line.is_empty());
    let paths = lines.map(|line| {
        let (from, to) = line
            .split_once(ARROW.trim())
            .ok_or_else(|| format!("Paths: write each line as `/app/ => services/shop/` (`{line}` has no `=>`)."))?;
        Ok(json!({ "from": from.trim(), "to": to.trim() }))
    });
    let branch = match fields.repository_branch.trim() {
        "" => "main",
        branch => branch,
    };
    Ok(json!({ "url": url, "branch": branch, "paths": paths.collect::<Result<Vec<_>, String>>()? }))
}

/// Parses the kinds of personal data, each once.
fn parse_personal(typed: &str) -> Result<Vec<Personal>, String> {
    let mut kinds = Vec::new();
    for word in typed.split([',', ' ', '\n', '\r']).filter(|word| !word.is_empty()) {
        let kind: Personal = serde_json::from_value(word.to_lowercase().into()).map_err(|_| {
            format!("Personal data to replace: `{word}` is not a kind of it. Use email, ip, iban, phone or ssn.")
        })?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

pub(super) async fn show(State(pages): State<Pages>, visit: Visit, Path(name): Path<String>) -> PageResult {
    let fields = load_fields(&pages, &visit, &name).await?;
    draw(&pages, &visit, name, fields, None, None).await
}

async fn load_fields(pages: &Pages, visit: &Visit, name: &str) -> Result<SettingsFields, PageRefusal> {
    let ProjectAnswer { project } = pages.get(visit, &format!("/projects/{}", encoded(name))).await?;
    Ok(project.into_fields())
}

async fn draw(
    pages: &Pages,
    visit: &Visit,
    project: String,
    fields: SettingsFields,
    problem: Option<String>,
    made: Option<MadeKey>,
) -> PageResult {
    let keys = keys::list(pages, visit, Some(&project), format!("/pages/projects/{}/keys", encoded(&project)), made);
    let shown = SettingsPage {
        frame: visit.frame_of(&project, &format!("Settings of {project}")),
        keys: keys.await?,
        retentions: Retention::ALL.map(Retention::days).to_vec(),
        project,
        fields,
        problem,
    };
    Ok(page(&shown))
}

/// `POST /pages/projects/{project}/settings`: saves the settings. Rejected input stays in the form.
pub(super) async fn save(
    State(pages): State<Pages>,
    visit: Visit,
    Path(name): Path<String>,
    request: Request<Body>,
) -> PageResult {
    let fields = read_fields(&Form::read_own(&visit, request.into_body()).await?);
    let path = format!("/projects/{}", encoded(&name));
    let (status, problem) = match describe_change(&fields) {
        Err(problem) => (StatusCode::BAD_REQUEST, problem),
        Ok(change) => match pages.try_call(&visit, Method::PATCH, &path, &change).await? {
            Ok(saved) => return Ok(changed(saved["project"]["name"].as_str().unwrap_or(&name))),
            Err(refusal) => explain(refusal, &visit)?,
        },
    };
    let shown = draw(&pages, &visit, name, fields, Some(problem), None).await?;
    Ok((status, shown).into_response())
}

/// Redirects to the page, with the notice that changes were saved.
fn changed(name: &str) -> Response {
    Redirect::to(&with_query(format!("/projects/{}/settings", encoded(name)), [("done", "changed")])).into_response()
}

/// `POST /pages/projects/{project}/keys`: creates or changes a key. A new key is shown only in this answer.
pub(super) async fn change_keys(
    State(pages): State<Pages>,
    visit: Visit,
    Path(name): Path<String>,
    request: Request<Body>,
) -> PageResult {
    let form = Form::read_own(&visit, request.into_body()).await?;
    match keys::change(&pages, &visit, Some(&name), &form).await? {
        Ok(Some(made)) => {
            let fields = load_fields(&pages, &visit, &name).await?;
            draw(&pages, &visit, name, fields, None, Some(made)).await
        }
        Ok(None) => Ok(changed(&name)),
        Err(refusal) => {
            let (status, problem) = explain(refusal, &visit)?;
            let fields = load_fields(&pages, &visit, &name).await?;
            Ok((status, draw(&pages, &visit, name, fields, Some(problem), None).await?).into_response())
        }
    }
}

/// `POST /pages/projects/{project}/delete`: deletes the project, if its name was typed as confirmation.
pub(super) async fn delete(
    State(pages): State<Pages>,
    visit: Visit,
    Path(name): Path<String>,
    request: Request<Body>,
) -> PageResult {
    let form = Form::read_own(&visit, request.into_body()).await?;
    if form.get("name").map(str::trim) != Some(name.as_str()) {
        let fields = load_fields(&pages, &visit, &name).await?;
        let problem = format!("Nothing was deleted: type the name `{name}` to confirm.");
        let shown = draw(&pages, &visit, name, fields, Some(problem), None).await?;
        return Ok((StatusCode::BAD_REQUEST, shown).into_response());
    }
    pages.call(&visit, Method::DELETE, &format!("/projects/{}", encoded(&name)), &Value::Null).await?;
    Ok(Redirect::to("/?done=deleted").into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_fields_are_null_and_lists_have_one_name_per_line() {
        let fields = SettingsFields {
            name: " shop ".to_owned(),
            tier: "low".to_owned(),
            time_unit: "minute".to_owned(),
            posted_configs: "sealed".to_owned(),
            attachments: "discard".to_owned(),
            per_minute: " 100 ".to_owned(),
            per_month: "1000".to_owned(),
            additional: "iban\r\n\r\n pin ".to_owned(),
            personal: "Email, ip email".to_owned(),
            ..SettingsFields::default()
        };
        let expected = json!({
            "name": "shop",
            "owner": null,
            "tier": "low",
            "timeUnit": "minute",
            "retentionDays": null,
            "limits": { "perMinute": 100, "perMonth": 1000 },
            "scrubbing": { "additional": ["iban", "pin"], "exempt": [], "personal": ["email", "ip"] },
            "allowedOrigins": null,
            "postedConfigs": "sealed",
            "attachments": "discard",
            "repository": null,
        });
        assert_eq!(describe_change(&fields), Ok(expected));
        let fields = SettingsFields { origins: NO_ORIGINS.to_owned(), ..fields };
        assert_eq!(describe_change(&fields).unwrap()["allowedOrigins"], json!([]));
        for (fields, label) in [
            (SettingsFields { per_month: "many".to_owned(), ..fields.clone() }, "Events per month: "),
            (SettingsFields { per_minute: "-1".to_owned(), ..fields.clone() }, "Events per minute: "),
            (SettingsFields { personal: "names".to_owned(), ..fields }, "Personal data to replace: `names`"),
        ] {
            assert!(describe_change(&fields).unwrap_err().starts_with(label), "{label}");
        }
    }
}
