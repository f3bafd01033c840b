//! `PUT /projects/{project}/rules`

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::put;
use http::header::IF_MATCH;
use http::{HeaderMap, Request};
use http_common::Answer;
use http_common::describe::Description;
use model::outcome::{Reason, Refusal};
use rules::Rules;
use serde_json::{Value, json};
use store::Kind;

use super::Document;
use crate::routes::{Routes, body};

/// The largest document, in bytes of JSON: sealed it is a third longer, far below DynamoDB's 400 kB.
const MAX_DOCUMENT_BYTES: usize = 64 << 10;
/// How often the document is read again if others replace it at the same time.
const MAX_WRITE_ATTEMPTS: usize = 5;

pub(super) fn route() -> Router<Arc<Routes>> {
    Router::new().route("/projects/{project}/rules", put(handle))
}

pub(super) fn describe(api: &mut Description) {
    let webhook = json!({ "type": "webhook", "endpoint": "https://alerts.example/faultline" });
    super::sealed(api.operation("put", "/projects/{project}/rules", "setRules", "Sets whom a project tells when"))
        .description("Replaces the whole document. A secret that is sent as `[sealed]` stays what it is.")
        .parameter(
            "header",
            "If-Match",
            "the `ETag` of what was read: nothing is replaced that the caller has not seen; without, the last one wins",
            json!({ "type": "string", "pattern": "^(\"[0-9]{1,15}\"|\\*)$" }),
        )
        .body::<Rules>(json!({ "rules": [{ "id": "team", "on": ["first", "regression"], "to": [webhook] }] }))
        .data::<Rules>(200, "the document as it is kept, with `[sealed]` in the place of every secret")
        .with_header(200, "ETag", "the version, for `If-Match`")
        .error(Reason::ParameterInvalid, "`If-Match` is no version")
        .error(Reason::RulesChanged, "somebody else changed the rules since they were read");
}

async fn handle(State(routes): State<Arc<Routes>>, request: Request<Body>) -> Response {
    routes.answer(replace(&routes, request)).await
}

/// Replaces the whole document. A secret that is sent as `[sealed]` stays what it is. With `If-Match` (a GET's `ETag`)
/// nothing is replaced that the caller has not seen; without, the last one wins.
async fn replace(routes: &Routes, request: Request<Body>) -> Answer {
    let project = routes.project(&request).await?;
    let sealer = routes.sealer()?;
    let seen = parse_if_match(request.headers())?;
    let sent =
        body::read(request, MAX_DOCUMENT_BYTES, "an object with a list `rules`, and `hooks` if there are any").await?;
    for _ in 0..MAX_WRITE_ATTEMPTS {
        let Document { version, value: old } = routes.load_document(&project).await?;
        if seen.is_some_and(|seen| seen != version) {
            return Err(changed_refusal());
        }
        // What cannot be read is replaced as if there were none.
        let value = complete_document(sent.clone(), &old.unwrap_or_default())?;
        let sealed = sealer.seal(&project.name, value.to_string().as_bytes()).await;
        let sealed = sealed?;
        match routes.notify.stores.configs.set_rules(&project, version, &sealed).await {
            Ok(version) => {
                routes.notify.rule_cache.forget();
                return Document { version, value: Some(value) }.answer();
            }
            Err(error) if error.kind() == Kind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(changed_refusal())
}

/// The document as it is to be kept: with the secrets that were sent as `[sealed]`, and with every rule's id, by which
/// they are found the next time.
fn complete_document(mut document: Value, old: &Value) -> Result<Value, Refusal> {
    Rules::with_secrets_of(&mut document, old);
    Rules::parse(&document)?;
    if document["rules"].is_null() {
        document["rules"] = Value::Array(Vec::new());
    }
    Rules::name(&mut document);
    Ok(document)
}

/// The version that the caller has seen, by the header `If-Match`.
fn parse_if_match(headers: &HeaderMap) -> Result<Option<u64>, Refusal> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let value = value.to_str().unwrap_or_default().trim();
    match value.trim_matches('"').parse() {
        _ if value == "*" => Ok(None),
        Ok(version) => Ok(Some(version)),
        Err(_) => {
            let message = "the header If-Match is no version: send the ETag of GET …/rules, or leave it out";
            Err(Refusal::new(Reason::ParameterInvalid, message))
        }
    }
}

fn changed_refusal() -> Refusal {
    let message = "somebody else changed the rules since they were read: read them again, and change those";
    Refusal::new(Reason::RulesChanged, message)
}
