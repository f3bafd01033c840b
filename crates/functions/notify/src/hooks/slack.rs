//! Button presses in Slack messages.

use axum::body::Bytes;
use http::HeaderMap;
use model::id::{Fingerprint, ProjectName};
use model::outcome::Refusal;
use model::time::Timestamp;
use rules::Secret;
use serde::Deserialize;

use super::{ActionKind, IssueAction, cut_user_name, malformed, signature};

#[derive(Deserialize)]
struct Interaction {
    #[serde(default)]
    actions: Vec<Button>,
    #[serde(default)]
    user: Option<User>,
    /// The URL for a reply to the person who pressed the button.
    #[serde(default)]
    response_url: Option<String>,
}

#[derive(Deserialize)]
struct User {
    #[serde(default)]
    username: Option<String>,
    #[serde(default)]
    id: Option<String>,
}

#[derive(Deserialize)]
struct Button {
    action_id: String,
    #[serde(default)]
    value: String,
}

/// Maximum age of a request, in seconds, as Slack recommends: an older one may be a replay.
const MAX_AGE_SECONDS: u64 = 300;

/// Checks `X-Slack-Signature: v0=…`, which signs version, time and body.
pub(super) fn has_valid_signature(secret: &Secret, headers: &HeaderMap, body: &Bytes, now: Timestamp) -> bool {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(at), Some(signature)) = (header("x-slack-request-timestamp"), header("x-slack-signature")) else {
        return false;
    };
    let fresh = at.parse::<i64>().is_ok_and(|at| at.abs_diff(now.seconds()) <= MAX_AGE_SECONDS);
    let signed = [b"v0:".as_slice(), at.as_bytes(), b":", body];
    fresh && signature.strip_prefix("v0=").is_some_and(|signature| signature::is_signed(secret, &signed, signature))
}

/// Parses a button press. The body is a form with the field `payload`; the button's value is `project|fingerprint`.
pub(super) fn parse_action(
    project: &ProjectName,
    body: &Bytes,
    now: Timestamp,
) -> Result<Option<IssueAction>, Refusal> {
    let interaction = || malformed("Slack interaction");
    let body = std::str::from_utf8(body).map_err(|_| interaction())?;
    let fields = http_common::parse_query(Some(body));
    let payload = fields.iter().find(|(name, _)| name == "payload").map(|(_, value)| value);
    let Interaction { actions, user, response_url } =
        serde_json::from_str(payload.ok_or_else(interaction)?).map_err(|_| interaction())?;
    let Some(button) = actions.first() else { return Ok(None) };
    let kind = match button.action_id.as_str() {
        "faultline_resolve" => ActionKind::Resolve,
        "faultline_mute" => ActionKind::Mute,
        _ => return Ok(None),
    };
    let (of, fingerprint) = button.value.rsplit_once('|').ok_or_else(interaction)?;
    if of != project.as_str() {
        return Ok(None);
    }
    let fingerprint = Fingerprint::parse(fingerprint).map_err(|_| interaction())?;
    // The signature is recent, so the button was pressed just now.
    let user = user.and_then(|user| user.username.or(user.id)).map(cut_user_name);
    Ok(Some(IssueAction { kind, at: now, fingerprint, user, issue: None, response_url }))
}
