use formats::inbox::{Header, Message, PayloadKind};
use model::id::EventId;
use model::json::{self, Map, Value};
use model::occurrence::{Attachment, AttachmentLoss, Occurrence};
use protocol::bugsnag::{self, StoredReport};
use protocol::json_api::{self, Post};
use protocol::otlp::{self, StoredBatch};
use protocol::sentry::{self, Received, feedback, security};
use protocol::{airbrake, rollbar};
use scrub::Rules;

/// An occurrence whose secrets are replaced.
pub(crate) struct ScrubbedOccurrence(pub(crate) Occurrence);

/// Reads the occurrences of an accepted request.
pub(crate) fn normalise(message: &Message) -> Result<Vec<Occurrence>, String> {
    match message.header.source {
        PayloadKind::V1 => v1_errors(message),
        PayloadKind::Sentry => single_item(message, sentry::normalise),
        PayloadKind::Feedback => single_item(message, feedback::normalise),
        PayloadKind::UserReport => single_item(message, feedback::normalise_report),
        PayloadKind::Rollbar => single_item(message, rollbar::normalise),
        PayloadKind::Airbrake => single_item(message, airbrake::normalise),
        PayloadKind::Bugsnag => bugsnag_events(message),
        PayloadKind::Otlp => otlp_errors(message),
        PayloadKind::Security => security_reports(message),
        PayloadKind::Import => imported(message),
    }
}

/// Replaces everything that the project's rules treat as a secret.
pub(crate) fn scrub(occurrences: Vec<Occurrence>, rules: &Rules) -> Vec<ScrubbedOccurrence> {
    let scrub_one = |mut occurrence| {
        scrub::scrub(&mut occurrence, rules);
        ScrubbedOccurrence(occurrence)
    };
    occurrences.into_iter().map(scrub_one).collect()
}

fn single_item(
    message: &Message,
    normalise: impl FnOnce(Map<String, Value>, &Received) -> Occurrence,
) -> Result<Vec<Occurrence>, String> {
    let item = match json::parse(&message.payload).map_err(|error| error.to_string())? {
        Value::Object(item) => item,
        // As in Sentry, JSON that is not an object is an event without attributes.
        _ => Map::new(),
    };
    let id = message.header.event_ids.first().ok_or("event has no id")?;
    let mut occurrence = normalise(item, &received(&message.header, *id));
    if let Some(attachments) = &message.header.attachments {
        occurrence.attachments = attachments.files.iter().take(Attachment::MAX_LISTED).cloned().collect();
    }
    Ok(vec![occurrence])
}

/// Occurrences that were already normalised when they were first processed. They are scrubbed again, by the rules of
/// their new project. Their attachments stay where they were.
fn imported(message: &Message) -> Result<Vec<Occurrence>, String> {
    let mut occurrences: Vec<Occurrence> = json::parse(&message.payload).map_err(|error| error.to_string())?;
    for attachment in occurrences.iter_mut().flat_map(|occurrence| &mut occurrence.attachments) {
        attachment.discarded.get_or_insert(AttachmentLoss::Imported);
    }
    Ok(occurrences)
}

fn security_reports(message: &Message) -> Result<Vec<Occurrence>, String> {
    let header = &message.header;
    let (reports, _) = security::parse(&message.payload).map_err(|refusal| refusal.to_string())?;
    let sender = header.sender.clone().unwrap_or_default();
    let sender = security::Sender {
        user_agent: sender.user_agent.as_deref(),
        release: sender.release.as_deref(),
        environment: sender.environment.as_deref(),
    };
    let reports = reports.into_iter().zip(&header.event_ids);
    Ok(reports.map(|(report, &id)| security::normalise(report, &received(header, id), &sender)).collect())
}

fn bugsnag_events(message: &Message) -> Result<Vec<Occurrence>, String> {
    let header = &message.header;
    let StoredReport { notifier, events } = json::parse(&message.payload).map_err(|error| error.to_string())?;
    if events.len() != header.event_ids.len() {
        return Err(format!("{} events with {} event ids", events.len(), header.event_ids.len()));
    }
    let events = events.into_iter().zip(&header.event_ids);
    Ok(events.map(|(event, &id)| bugsnag::normalise(event, &notifier, &received(header, id))).collect())
}

fn otlp_errors(message: &Message) -> Result<Vec<Occurrence>, String> {
    let header = &message.header;
    let StoredBatch { errors } = json::parse(&message.payload).map_err(|error| error.to_string())?;
    if errors.len() != header.event_ids.len() {
        return Err(format!("{} errors with {} event ids", errors.len(), header.event_ids.len()));
    }
    let errors = errors.into_iter().zip(&header.event_ids);
    Ok(errors.map(|(error, &id)| otlp::normalise(error, &received(header, id))).collect())
}

fn received(header: &Header, event_id: EventId) -> Received {
    let &Header { received_at, sent_at, client_ip, .. } = header;
    Received { event_id, received_at, sent_at, client_ip }
}

fn v1_errors(message: &Message) -> Result<Vec<Occurrence>, String> {
    let header = &message.header;
    let post: Post = json::parse(&message.payload).map_err(|error| error.to_string())?;
    if post.errors.len() != header.event_ids.len() {
        return Err(format!("{} errors with {} event ids", post.errors.len(), header.event_ids.len()));
    }
    let Post { errors, shared } = post;
    let errors = errors.into_iter().zip(&header.event_ids);
    Ok(errors.map(|(item, &event_id)| json_api::normalise(item, &shared, event_id, header.received_at)).collect())
}
