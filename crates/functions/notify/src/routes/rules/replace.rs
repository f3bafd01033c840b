//! `PUT /projects/{project}/rules`.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::put;
use http::header::IF_MATCH;
use http::{HeaderMap, Request};
use http_common::describe::Description;
use http_common::{AdministeredProject, Answer};
use model::audit::{AuditAction, AuditEvent};
use model::outcome::{Reason, Refusal};
use rules::Rules;
use serde_json::{Map, Value, json};
use store::Kind;

use super::Document;
use crate::routes::{Routes, body};

/// Maximum size of a document, in bytes of JSON. Sealed it is a third longer, which is far below DynamoDB's 400 kB.
const MAX_DOCUMENT_BYTES: usize = 64 << 10;
/// How many times replacing is attempted if others replace the document at the same time.
const MAX_WRITE_ATTEMPTS: usize = 5;

pub(super) fn route() -> Router<Arc<Routes>> {
    Router::new().route("/projects/{project}/rules", put(handle))
}

pub(super) fn describe(api: &mut Description) {
    let webhook = json!({ "type": "webhook", "endpoint": "https://alerts.example/faultline" });
    super::sealed(api.operation("put", "/projects/{project}/rules", "setRules", "Replaces the rules of a project"))
        .description("Replaces the whole document. A secret that is sent as `[sealed]` does not change.")
        .parameter(
            "header",
            "If-Match",
            "the `ETag` of the rules that were read: refused if they have changed since; without it, the last request wins",
            json!({ "type": "string", "pattern": "^(\"[0-9]{1,15}\"|\\*)$" }),
        )
        .body::<Rules>(json!({ "rules": [{ "id": "team", "on": ["first", "regression"], "to": [webhook] }] }))
        .data::<Rules>(200, "the stored document, with `[sealed]` in place of every secret")
        .with_header(200, "ETag", "the version, for `If-Match`")
        .error(Reason::ParameterInvalid, "`If-Match` is not a version")
        .error(Reason::RulesChanged, "somebody else changed the rules since they were read");
}

async fn handle(State(routes): State<Arc<Routes>>, project: AdministeredProject, request: Request<Body>) -> Response {
    routes.answer(replace(&routes, &project, request)).await
}

/// Replaces the whole document. A secret that is sent as `[sealed]` does not change. With `If-Match` (the `ETag` of a
/// GET), the request is refused if the document has changed since; without it, the last request wins.
async fn replace(routes: &Routes, project: &AdministeredProject, request: Request<Body>) -> Answer {
    let sealer = routes.sealer()?;
    let seen = parse_if_match(request.headers())?;
    let sent =
        body::read(request, MAX_DOCUMENT_BYTES, "an object with a list `rules`, and `hooks` if there are any").await?;
    for _ in 0..MAX_WRITE_ATTEMPTS {
        let Document { version, value: old } = routes.load_document(project).await?;
        if seen.is_some_and(|seen| seen != version) {
            return Err(changed_refusal());
        }
        // A document that cannot be read is replaced as if there were none.
        let old = old.unwrap_or_default();
        let value = complete_document(sent.clone(), &old)?;
        let sealed = sealer.seal(&project.name, value.to_string().as_bytes()).await?;
        match routes.notify.stores.configs.set_rules(project, version, &sealed).await {
            Ok(version) => {
                routes.notify.rule_cache.forget();
                let event = AuditEvent::new(AuditAction::RulesChanged).in_project(&project.name);
                routes.record(project.caller(), event.changing(&by_rule(&old), &by_rule(&value))).await;
                return Document { version, value: Some(value) }.answer();
            }
            Err(error) if error.kind() == Kind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(changed_refusal())
}

/// The parts of a document for the audit log, without secrets: each rule by its id, and the rest by its name.
fn by_rule(document: &Value) -> Map<String, Value> {
    let Value::Object(mut parts) = Rules::redacted(document) else { return Map::new() };
    let rules = parts.remove("rules");
    let rules = rules.as_ref().and_then(Value::as_array).into_iter().flatten();
    let named = rules.map(|rule| (format!("rule {}", rule["id"].as_str().unwrap_or_default()), rule.clone()));
    parts.into_iter().chain(named).collect()
}

/// Completes the document to store: fills in the secrets that were sent as `[sealed]`, and gives every rule an id, by
/// which its secrets are found the next time.
fn complete_document(mut document: Value, old: &Value) -> Result<Value, Refusal> {
    Rules::with_secrets_of(&mut document, old);
    Rules::parse(&document)?;
    if document["rules"].is_null() {
        document["rules"] = Value::Array(Vec::new());
    }
    Rules::name(&mut document);
    Ok(document)
}

/// Returns the version in the header `If-Match`; `None` if it is missing or `*`.
fn parse_if_match(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let value = value.to_str().unwrap_or_default().trim();
    match value.trim_matches('"').parse() {
        _ if value == "*" => Ok(None),
        Ok(version) => Ok(Some(version)),
        Err(_) => {
            let message = "the header If-Match is not a version: send the ETag of GET …/rules, or leave it out";
            Err(Refusal::new(Reason::ParameterInvalid, message))
        }
    }
}

fn changed_refusal() -> Refusal {
    let message = "somebody else changed the rules since they were read: read them again and repeat the change";
    Refusal::new(Reason::RulesChanged, message)
}
