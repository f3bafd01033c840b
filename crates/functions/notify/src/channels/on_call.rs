//! Services that call people: PagerDuty, Opsgenie and incident.io. Each error has one incident there, which is opened by
//! a notification and closed when the error is resolved.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use model::occurrence::Level;
use rules::{Message, Secret, Trigger, target};
use serde_json::{Map, Value, json};

use super::SendError;
use super::content::{Content, token};
use super::exchange::Exchange;
use super::text::{cut, line};

const PAGERDUTY: &str = "https://events.pagerduty.com";
const OPSGENIE: &str = "https://api.opsgenie.com";

/// The change that a message makes to an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
enum IncidentAction {
    Open,
    Close,
    /// A test: nobody should have to close it.
    OpenAndClose,
}

/// An incident, before it is written for a service.
struct Incident {
    action: IncidentAction,
    /// Identifies it: the same for all messages about one error. Letters, digits and `-`.
    key: String,
    content: Content,
}

impl Incident {
    fn new(message: &Message) -> Self {
        let (action, key) = match message {
            Message::One(notification) => act(&notification.trigger, || notification.fingerprint.to_string(), message),
            // Messages over the rule's limit, about several errors.
            Message::Several { overflow: Some(_), .. } => (IncidentAction::Open, own_key(message)),
            // One error, several of whose notifications waited for the service: the last one says how things are.
            Message::Several { notifications, .. } => match notifications.last() {
                Some(last) => act(&last.trigger, || last.fingerprint.to_string(), message),
                None => (IncidentAction::Open, own_key(message)),
            },
            Message::Limited { .. } => (IncidentAction::Open, own_key(message)),
        };
        // A project's name may have any characters.
        let project: String = message.project().as_str().bytes().map(|byte| format!("{byte:02x}")).take(64).collect();
        Self { action, key: format!("faultline-{project}-{key}"), content: Content::new(message) }
    }
}

fn act(trigger: &Trigger, error: impl Fn() -> String, message: &Message) -> (IncidentAction, String) {
    match trigger {
        Trigger::Resolved => (IncidentAction::Close, error()),
        // On-call services are never notified of an assignment: see `Target::takes`.
        Trigger::Sample | Trigger::Assigned { .. } => (IncidentAction::OpenAndClose, own_key(message)),
        Trigger::First | Trigger::Regression | Trigger::Unmuted | Trigger::Threshold { .. } => {
            (IncidentAction::Open, error())
        }
    }
}

/// A key of a message's own, from its token.
fn own_key(message: &Message) -> String {
    token(message).chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}

/// Sends to the Events API v2.
pub(super) async fn send_pagerduty(
    exchange: &Exchange<'_>,
    target: &target::PagerDuty,
    message: &Message,
) -> Result<(), SendError> {
    let incident = Incident::new(message);
    let base = target.endpoint.as_deref().unwrap_or(PAGERDUTY).trim_end_matches('/');
    let url = format!("{base}/v2/enqueue");
    if incident.action != IncidentAction::Close {
        exchange.post(&url, &pagerduty_trigger(target, &incident)).await?;
    }
    if incident.action != IncidentAction::Open {
        let body = json!({
            "routing_key": target.routing_key.reveal(), "event_action": "resolve", "dedup_key": incident.key,
        });
        exchange.post(&url, &body).await?;
    }
    Ok(())
}

fn pagerduty_trigger(target: &target::PagerDuty, incident: &Incident) -> Value {
    let content = &incident.content;
    let severity = match content.level {
        _ if incident.action == IncidentAction::OpenAndClose => "info",
        Level::Fatal => "critical",
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info | Level::Debug => "info",
    };
    let mut body = json!({
        "routing_key": target.routing_key.reveal(),
        "event_action": "trigger",
        "dedup_key": incident.key,
        "client": "faultline",
        "payload": {
            "summary": line(&content.summary, 1_000),
            "source": fact(content, "Project"),
            "severity": severity,
            "custom_details": details(content),
        },
    });
    if let Some(link) = &content.link {
        body["client_url"] = link.as_str().into();
    }
    body
}

/// Sends to the Alert API.
pub(super) async fn send_opsgenie(
    exchange: &Exchange<'_>,
    target: &target::Opsgenie,
    message: &Message,
) -> Result<(), SendError> {
    let incident = Incident::new(message);
    let url = format!("{}/v2/alerts", target.endpoint.as_deref().unwrap_or(OPSGENIE).trim_end_matches('/'));
    let post = async |url: &str, body: Value| {
        let headers = authorization(exchange, "GenieKey", &target.api_key)?;
        exchange.post_bytes(url, headers, body.to_string().into_bytes()).await
    };
    if incident.action != IncidentAction::Close {
        post(&url, opsgenie_alert(&incident)).await?;
    }
    if incident.action != IncidentAction::Open {
        let close = format!("{url}/{}/close?identifierType=alias", incident.key);
        post(&close, json!({ "source": "faultline", "note": line(&incident.content.summary, 500) })).await?;
    }
    Ok(())
}

fn opsgenie_alert(incident: &Incident) -> Value {
    let content = &incident.content;
    let priority = match content.level {
        _ if incident.action == IncidentAction::OpenAndClose => "P5",
        Level::Fatal => "P1",
        Level::Error => "P3",
        Level::Warning => "P4",
        Level::Info | Level::Debug => "P5",
    };
    json!({
        "message": line(&content.summary, 130),
        "alias": incident.key,
        "description": cut(&content.plain_text(), 14_000),
        "details": details(content),
        "entity": fact(content, "Project"),
        "source": "faultline",
        "priority": priority,
    })
}

/// Sends to an alert source of the type HTTP.
pub(super) async fn send_incident_io(
    exchange: &Exchange<'_>,
    target: &target::IncidentIo,
    message: &Message,
) -> Result<(), SendError> {
    let incident = Incident::new(message);
    let statuses: &[&str] = match incident.action {
        IncidentAction::Open => &["firing"],
        IncidentAction::Close => &["resolved"],
        IncidentAction::OpenAndClose => &["firing", "resolved"],
    };
    for status in statuses {
        let content = &incident.content;
        let mut body = json!({
            "title": line(&content.summary, 250),
            "description": cut(&content.plain_text(), 14_000),
            "deduplication_key": incident.key,
            "status": status,
            "metadata": details(content),
        });
        if let Some(link) = &content.link {
            body["source_url"] = link.as_str().into();
        }
        let headers = authorization(exchange, "Bearer", &target.token)?;
        exchange.post_bytes(target.endpoint.reveal(), headers, body.to_string().into_bytes()).await?;
    }
    Ok(())
}

fn details(content: &Content) -> Map<String, Value> {
    let mut details: Map<_, _> =
        content.facts.iter().map(|(name, value)| ((*name).to_owned(), value.as_str().into())).collect();
    if !content.frames.is_empty() {
        details.insert("Stack trace".to_owned(), content.frames.join("\n").into());
    }
    details
}

fn fact<'a>(content: &'a Content, name: &str) -> &'a str {
    content.facts.iter().find(|(own, _)| *own == name).map_or("faultline", |(_, value)| value)
}

fn authorization(exchange: &Exchange<'_>, scheme: &str, secret: &Secret) -> Result<HeaderMap, SendError> {
    let value = exchange.secret_header(&format!("{scheme} {}", secret.reveal()))?;
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}
