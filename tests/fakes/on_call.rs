//! Fake PagerDuty, Opsgenie and incident.io servers, by their public API references.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::{FakeServer, Received, Reply};

/// The secret of each service.
pub const ON_CALL_KEY: &str = "0ncallsecretkey0ncallsecretkey00";

/// A service that calls people: the incidents it has, by their key, and whether each is open.
pub struct OnCallServer {
    pub server: FakeServer,
    incidents: Arc<Mutex<BTreeMap<String, bool>>>,
}

type Incidents = Mutex<BTreeMap<String, bool>>;

impl OnCallServer {
    async fn start(service: fn(&Incidents, &Received) -> Reply) -> Self {
        let incidents = Arc::new(Incidents::default());
        let own = incidents.clone();
        let server = FakeServer::start(move |received| service(&own, received)).await;
        Self { server, incidents }
    }

    /// PagerDuty's Events API v2.
    pub async fn pagerduty() -> Self {
        Self::start(pagerduty).await
    }

    /// Opsgenie's Alert API.
    pub async fn opsgenie() -> Self {
        Self::start(opsgenie).await
    }

    /// An HTTP alert source of incident.io: `/v2/alert_events/http/SOURCE`.
    pub async fn incident_io() -> Self {
        Self::start(incident_io).await
    }

    /// Returns all incidents by their key, and whether each is open.
    pub fn incidents(&self) -> BTreeMap<String, bool> {
        self.incidents.lock().unwrap().clone()
    }
}

fn text(value: &Value, max: usize) -> bool {
    value.as_str().is_some_and(|text| (1..=max).contains(&text.chars().count()))
}

fn is_link(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|link| link.starts_with("https://"))
}

fn known(body: &Value, keys: &[&str]) -> bool {
    body.as_object().is_some_and(|body| body.keys().all(|key| keys.contains(&key.as_str())))
}

fn pagerduty(incidents: &Incidents, received: &Received) -> Reply {
    let refused = |what: &str| Reply::json(400, &json!({ "status": "invalid event", "errors": [what] }));
    if received.line() != "POST /v2/enqueue" || received.header("content-type") != "application/json" {
        return Reply::new(404, "");
    }
    let body = received.json();
    if body["routing_key"] != ON_CALL_KEY {
        return refused("'routing_key' is invalid");
    }
    let top = ["routing_key", "event_action", "dedup_key", "payload", "client", "client_url", "links", "images"];
    if !known(&body, &top) || !text(&body["dedup_key"], 255) || !is_link(&body["client_url"]) {
        return refused("unknown or too long");
    }
    let key = body["dedup_key"].as_str().unwrap().to_owned();
    let payload = &body["payload"];
    match body["event_action"].as_str() {
        Some("trigger") => {
            let severity = payload["severity"].as_str().unwrap_or_default();
            let is_right = text(&payload["summary"], 1_024)
                && text(&payload["source"], 1_024)
                && ["critical", "error", "warning", "info"].contains(&severity)
                && payload["custom_details"].is_object();
            if !is_right {
                return refused("payload");
            }
            incidents.lock().unwrap().insert(key.clone(), true);
        }
        Some("resolve") => {
            incidents.lock().unwrap().entry(key.clone()).and_modify(|open| *open = false);
        }
        _ => return refused("'event_action' is invalid"),
    }
    Reply::json(202, &json!({ "status": "success", "message": "Event processed", "dedup_key": key }))
}

fn opsgenie(incidents: &Incidents, received: &Received) -> Reply {
    let refused = |what: &str| Reply::json(422, &json!({ "message": what, "took": 0.1 }));
    if received.header("authorization") != format!("GenieKey {ON_CALL_KEY}") {
        return Reply::json(403, &json!({ "message": "You are not authorized" }));
    }
    let body = received.json();
    let accepted = Reply::json(202, &json!({ "result": "Request will be processed", "requestId": "r" }));
    if received.line() == "POST /v2/alerts" {
        let keys = ["message", "alias", "description", "details", "entity", "source", "priority", "tags"];
        let details = body["details"].as_object();
        let is_right = known(&body, &keys)
            && text(&body["message"], 130)
            && text(&body["alias"], 512)
            && text(&body["description"], 15_000)
            && text(&body["entity"], 512)
            && details.is_some_and(|details| details.values().all(|value| text(value, 8_000)))
            && ["P1", "P2", "P3", "P4", "P5"].contains(&body["priority"].as_str().unwrap_or_default());
        if !is_right {
            return refused("Request body is not processable");
        }
        incidents.lock().unwrap().insert(body["alias"].as_str().unwrap().to_owned(), true);
        return accepted;
    }
    let alias = received.path.strip_prefix("/v2/alerts/").and_then(|path| path.strip_suffix("/close"));
    match alias.filter(|_| received.query("identifierType") == "alias") {
        Some(alias) => {
            incidents.lock().unwrap().entry(alias.to_owned()).and_modify(|open| *open = false);
            accepted
        }
        None => Reply::new(404, ""),
    }
}

fn incident_io(incidents: &Incidents, received: &Received) -> Reply {
    if received.header("authorization") != format!("Bearer {ON_CALL_KEY}") {
        return Reply::json(401, &json!({ "type": "authentication_error" }));
    }
    if received.line() != "POST /v2/alert_events/http/SOURCE" {
        return Reply::new(404, "");
    }
    let body = received.json();
    let keys = ["title", "description", "deduplication_key", "status", "metadata", "source_url"];
    let status = body["status"].as_str().unwrap_or_default();
    let is_right = known(&body, &keys)
        && text(&body["title"], 500)
        && text(&body["deduplication_key"], 500)
        && ["firing", "resolved"].contains(&status)
        && is_link(&body["source_url"])
        && body["metadata"].is_object();
    if !is_right {
        return Reply::json(422, &json!({ "type": "validation_error" }));
    }
    let key = body["deduplication_key"].as_str().unwrap().to_owned();
    match status {
        "firing" => drop(incidents.lock().unwrap().insert(key, true)),
        _ => drop(incidents.lock().unwrap().entry(key).and_modify(|open| *open = false)),
    }
    Reply::json(202, &json!({ "status": "accepted", "message": "Event accepted", "deduplication_key": "k" }))
}
