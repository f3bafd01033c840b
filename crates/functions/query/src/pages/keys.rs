//! The list of keys: a project's keys on its settings page, all keys on the page Health.

use http::Method;
use model::id::KeyId;
use model::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use web_pages::{KeyList, KeyRow, MadeKey, Moment};
use web_session::address::with_query;
use web_session::{ApiRefusal, Form, PageRefusal, Pages, Visit};

/// Hours that a rotated key stays valid, so that it can be replaced everywhere.
const OVERLAP_HOURS: u32 = 24;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiKeys {
    keys: Vec<ApiKey>,
    next_cursor: Option<KeyId>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiKey {
    id: KeyId,
    hint: Option<String>,
    role: String,
    project: Option<String>,
    name: String,
    created_at: Timestamp,
    disabled: bool,
    last_used: Option<String>,
    expires_at: Option<Timestamp>,
}

/// Loads the keys of a project, or all keys. The forms post to `action`; `made` is a key that was just created.
pub(super) async fn list(
    pages: &Pages,
    visit: &Visit,
    project: Option<&str>,
    action: String,
    made: Option<MadeKey>,
) -> Result<KeyList, PageRefusal> {
    let path = with_query("/keys", [("project", project.unwrap_or_default())]);
    let list: ApiKeys = pages.get(visit, &path).await?;
    let moment = |at| Moment::new(at, visit.now);
    let row = |entry: ApiKey| KeyRow {
        id: entry.id.to_string(),
        hint: entry.hint,
        role: entry.role,
        // A list of one project's keys does not repeat the project.
        project: entry.project.filter(|_| project.is_none()),
        name: entry.name,
        created_at: moment(entry.created_at),
        last_used: entry.last_used,
        disabled: entry.disabled,
        expires_at: entry.expires_at.map(moment),
    };
    let rows = list.keys.into_iter().map(row).collect();
    Ok(KeyList {
        is_of_project: project.is_some(),
        action,
        token: visit.form_token(),
        rows,
        has_more: list.next_cursor.is_some(),
        made,
    })
}

/// Applies a form to a key of `project`, or of the stack. Returns the new key if one was created, or the API's refusal.
pub(super) async fn change(
    pages: &Pages,
    visit: &Visit,
    project: Option<&str>,
    form: &Form,
) -> Result<Result<Option<MadeKey>, ApiRefusal>, PageRefusal> {
    let field = |name| form.get(name).unwrap_or_default();
    let key = format!("/keys/{}", web_session::address::encoded(field("id")));
    let (method, path, body) = match field("do") {
        "create" => {
            let body = json!({ "role": field("role"), "name": field("name"), "project": project });
            (Method::POST, "/keys".to_owned(), body)
        }
        "rotate" => (Method::POST, format!("{key}/rotate"), json!({ "overlapHours": OVERLAP_HOURS })),
        "disable" => (Method::PATCH, key, json!({ "disabled": true })),
        "enable" => (Method::PATCH, key, json!({ "disabled": false })),
        "delete" => (Method::DELETE, key, Value::Null),
        _ => return Ok(Ok(None)),
    };
    let answer = match pages.try_call(visit, method, &path, &body).await? {
        Ok(answer) => answer,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let text = |name: &str| answer["key"][name].as_str().map(str::to_owned);
    // Only an answer with a new key has the secret itself.
    Ok(Ok(text("key").map(|key| MadeKey { name: text("name").unwrap_or_default(), key })))
}
