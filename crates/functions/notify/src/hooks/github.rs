//! GitHub's webhooks for the event `issues`.

use axum::body::Bytes;
use http::HeaderMap;
use model::id::ProjectName;
use model::outcome::Refusal;
use model::time::Timestamp;
use rules::Secret;
use serde::Deserialize;

use super::{ActionKind, IssueAction, cut_user_name, malformed, signature};
use crate::marker;

#[derive(Deserialize)]
struct Event {
    action: String,
    issue: Issue,
    #[serde(default)]
    sender: Option<User>,
}

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    login: Option<String>,
}

#[derive(Deserialize)]
struct Issue {
    number: u64,
    html_url: String,
    updated_at: String,
    #[serde(default)]
    body: Option<String>,
}

/// Checks `X-Hub-Signature-256: sha256=…`, which signs the body.
pub(super) fn has_valid_signature(secret: &Secret, headers: &HeaderMap, body: &Bytes) -> bool {
    let signature = headers.get("x-hub-signature-256").and_then(|value| value.to_str().ok());
    signature
        .and_then(|signature| signature.strip_prefix("sha256="))
        .is_some_and(|signature| signature::is_signed(secret, &[body], signature))
}

/// Parses what was done to one of our issues. GitHub does not sign the time of the request, so the time of the issue's
/// last change is used.
pub(super) fn parse_action(
    project: &ProjectName,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Option<IssueAction>, Refusal> {
    if headers.get("x-github-event").is_none_or(|event| event != "issues") {
        return Ok(None);
    }
    let Event { action, issue, sender } =
        serde_json::from_slice(body).map_err(|_| malformed("GitHub event `issues`"))?;
    let kind = match action.as_str() {
        "closed" => ActionKind::Resolve,
        "reopened" => ActionKind::Unresolve,
        _ => return Ok(None),
    };
    let Some(fingerprint) = marker::find(issue.body.as_deref().unwrap_or_default(), project) else { return Ok(None) };
    let at = Timestamp::parse(&issue.updated_at).map_err(|_| malformed("time"))?;
    let user = sender.and_then(|sender| sender.login).map(cut_user_name);
    Ok(Some(IssueAction {
        kind,
        at,
        fingerprint,
        user,
        issue: Some((issue.number, issue.html_url)),
        response_url: None,
    }))
}
