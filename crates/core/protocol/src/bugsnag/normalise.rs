//! Translates an event of a body into an event of the Sentry protocol.

use std::borrow::Cow;

use model::occurrence::{Occurrence, Source};
use serde_json::{Map, Value};

use super::{facts, frames};
use crate::sentry::Received;
use crate::translate::{Ownership, SentryEvent, Take, each_object, template_route};

/// Converts an event, and the client that sent it, into an occurrence.
pub fn normalise(mut sent: Map<String, Value>, notifier: &Map<String, Value>, received: &Received) -> Occurrence {
    let (mut chain, kind) = frames::take_chain(&mut sent);
    let client = notifier.get("name").and_then(Value::as_str).unwrap_or_default();
    let platform = frames::platform(kind.as_deref(), client);
    let mechanism = mechanism(&mut sent);
    let (app, device) = (sent.take_object("app"), sent.take_object("device"));
    let (user, request) = (sent.take_object("user"), sent.take_object("request"));
    let (tabs, stage) = (sent.take_object("metaData"), sent.take_text("releaseStage"));
    let (severity, context) = (sent.take_text("severity"), sent.take_text("context"));
    let fingerprint = fingerprint(sent.take_text("groupingHash"), sent.take_text("groupingDiscriminator"));
    let (crumbs, flags) = (sent.take_list("breadcrumbs"), sent.take_list("featureFlags"));
    let (session, correlation) = (sent.take_object("session"), sent.take_object("correlation"));
    let threads = sent.take_list("threads");
    let roots = [sent.take_text("projectRoot"), sent.take_text("libRoot")];
    // The version of the protocol, and an object that is always empty.
    sent.remove("payloadVersion");
    sent.retain(|_, value| value.as_object().is_none_or(|map| !map.is_empty()));

    let mut event = SentryEvent::with_rest(sent);
    event.put("platform", platform);
    event.put("level", severity.unwrap_or_default());
    event.put("fingerprint", fingerprint);
    event.extend("sdk", notifier.clone());
    facts::put_app(&mut event, app, stage);
    let (time, user_agent) = facts::put_device(&mut event, device, platform);
    let sent_at = received.sent_at.map(|at| at.to_string().into());
    event.put("timestamp", time.or(sent_at).unwrap_or_default());
    if let Some(context) = context {
        let route = template_route(&context);
        if let Cow::Owned(_) = route {
            event.extend("extra", Map::from_iter([("context".to_owned(), context.clone().into())]));
        }
        event.put("transaction", route.into_owned());
    }
    facts::put_user(&mut event, user);
    facts::put_request(&mut event, request, tabs.get("request").and_then(Value::as_object), user_agent, platform);
    facts::put_flags(&mut event, flags);
    event.put("breadcrumbs", each_object(crumbs, translate_crumb));
    event.put("threads", frames::translate_threads(threads));
    event.context("session", session);
    put_trace(&mut event, correlation);
    if let Some(framework) = mechanism.get("data").and_then(|data| data.get("framework")) {
        event.tag("framework", framework.clone());
    }
    for root in roots {
        chain.strip_root(root.as_deref(), Ownership::Marked);
    }
    event.put("exception", chain.into_values(mechanism));
    facts::put_tabs(&mut event, tabs);
    event.finish(Source::Bugsnag, received)
}

/// Takes how the exception was caught.
fn mechanism(sent: &mut Map<String, Value>) -> Map<String, Value> {
    let unhandled = sent.get("unhandled").and_then(Value::as_bool);
    if unhandled.is_some() {
        sent.remove("unhandled");
    }
    let mut reason = sent.take_object("severityReason");
    let mut mechanism = Map::new();
    mechanism.extend(reason.take_text("type").map(|kind| ("type".to_owned(), kind.into())));
    mechanism.extend(unhandled.map(|unhandled| ("handled".to_owned(), (!unhandled).into())));
    let attributes = reason.take_object("attributes");
    if !attributes.is_empty() {
        mechanism.insert("data".to_owned(), attributes.into());
    }
    mechanism.extend(reason);
    mechanism
}

/// A grouping hash groups by itself. A discriminator splits what would be one error.
fn fingerprint(hash: Option<String>, discriminator: Option<String>) -> Vec<String> {
    match (hash, discriminator) {
        (Some(hash), Some(discriminator)) => vec![hash, discriminator],
        (Some(hash), None) => vec![hash],
        (None, Some(discriminator)) => vec!["{{ default }}".to_owned(), discriminator],
        (None, None) => Vec::new(),
    }
}

fn translate_crumb(mut crumb: Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    out.extend(crumb.take_value("timestamp").map(|at| ("timestamp".to_owned(), at)));
    out.extend(crumb.take_text("name").map(|name| ("message".to_owned(), name.into())));
    if let Some(kind) = crumb.take_text("type") {
        let form = match kind.as_str() {
            "navigation" => "navigation",
            "request" => "http",
            "error" => "error",
            "user" => "user",
            _ => "default",
        };
        out.insert("type".to_owned(), form.into());
        out.insert("category".to_owned(), kind.into());
    }
    let mut data = crumb.take_object("metaData");
    if has_level(&data) {
        out.extend(data.take_text("severity").map(|level| ("level".to_owned(), level.into())));
    }
    data.extend(crumb);
    if !data.is_empty() {
        out.insert("data".to_owned(), data.into());
    }
    out
}

/// Whether the data of a breadcrumb has its level.
fn has_level(data: &Map<String, Value>) -> bool {
    data.get("severity")
        .and_then(Value::as_str)
        .is_some_and(|level| model::occurrence::Level::of_client(level).is_some())
}

fn put_trace(event: &mut SentryEvent, mut correlation: Map<String, Value>) {
    let mut trace = Map::new();
    for (theirs, ours) in [("traceId", "trace_id"), ("spanId", "span_id")] {
        trace.extend(correlation.take_text(theirs).map(|id| (ours.to_owned(), id.into())));
    }
    trace.extend(correlation);
    event.context("trace", trace);
}
