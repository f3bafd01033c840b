//! GitLab's webhooks for issue events.

use axum::body::Bytes;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::HeaderMap;
use model::id::ProjectName;
use model::outcome::Refusal;
use model::time::Timestamp;
use ring::hmac;
use rules::Secret;
use serde::Deserialize;

use super::{ActionKind, IssueAction, cut_user_name, malformed, signature};
use crate::marker;

#[derive(Deserialize)]
struct Event {
    object_attributes: Attributes,
    #[serde(default)]
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    username: Option<String>,
}

#[derive(Deserialize)]
struct Attributes {
    iid: u64,
    url: String,
    #[serde(default)]
    action: Option<String>,
    updated_at: String,
    #[serde(default)]
    description: Option<String>,
}

/// Maximum age of a signed request, in seconds.
const MAX_AGE_SECONDS: i64 = 300;

/// Checks the secret in `X-Gitlab-Token` or, if it is a signing token (`whsec_…`), the signature over id, time and body
/// as Standard Webhooks defines it.
pub(super) fn has_valid_signature(secret: &Secret, headers: &HeaderMap, body: &Bytes, now: Timestamp) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(encoded) = secret.reveal().strip_prefix("whsec_") {
        let (Some(id), Some(at), Some(signatures)) =
            (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"))
        else {
            return false;
        };
        let fresh = at.parse::<i64>().is_ok_and(|at| at.abs_diff(now.seconds()) <= MAX_AGE_SECONDS as u64);
        let Ok(key) = BASE64.decode(encoded) else { return false };
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signed = [id.as_bytes(), b".", at.as_bytes(), b".", body].concat();
        let genuine = |signature: &str| {
            let signature = signature.strip_prefix("v1,").and_then(|signature| BASE64.decode(signature).ok());
            signature.is_some_and(|signature| hmac::verify(&key, &signed, &signature).is_ok())
        };
        return fresh && signatures.split(' ').any(genuine);
    }
    header("x-gitlab-token").is_some_and(|token| signature::is_same(secret, token))
}

/// Parses what was done to one of our issues.
pub(super) fn parse_action(
    project: &ProjectName,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Option<IssueAction>, Refusal> {
    let of_issues = |event: &http::HeaderValue| event == "Issue Hook" || event == "Confidential Issue Hook";
    if !headers.get("x-gitlab-event").is_some_and(of_issues) {
        return Ok(None);
    }
    let Event { object_attributes: issue, user } =
        serde_json::from_slice(body).map_err(|_| malformed("GitLab issue event"))?;
    let kind = match issue.action.as_deref() {
        Some("close") => ActionKind::Resolve,
        Some("reopen") => ActionKind::Unresolve,
        _ => return Ok(None),
    };
    let Some(fingerprint) = marker::find(issue.description.as_deref().unwrap_or_default(), project) else {
        return Ok(None);
    };
    let at = moment(&issue.updated_at).ok_or_else(|| malformed("time"))?;
    let user = user.and_then(|user| user.username).map(cut_user_name);
    Ok(Some(IssueAction { kind, at, fingerprint, user, issue: Some((issue.iid, issue.url)), response_url: None }))
}

/// Parses a time in RFC 3339, or in the form of older servers: `2026-11-02 00:01:00 UTC`.
fn moment(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text.strip_suffix(" UTC").unwrap_or(text)).ok()
}
