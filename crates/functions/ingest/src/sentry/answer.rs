//! Answers in the form that SDKs understand: success is exactly status 200 with JSON.

use std::collections::BTreeSet;

use http::HeaderValue;
use http_common::Answer;
use model::id::EventId;
use protocol::sentry::ItemKind;
use schemars::JsonSchema;
use serde::Serialize;

/// How long an SDK must not send categories that are not stored, in seconds.
const SWITCHED_OFF_SECONDS: u32 = 3_600;

#[derive(Serialize, JsonSchema)]
pub(super) struct Accepted {
    /// The id of the event, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<EventId>,
}

/// Returns 200 with the event's id, or without an id if the request had no event.
pub(super) fn accept(id: Option<EventId>) -> Answer {
    http_common::ok(&Accepted { id })
}

/// Like [`accept`], with a rate limit for each category of items that were not stored, so that the SDK stops sending
/// them.
pub(super) fn accept_but(id: Option<EventId>, not_stored: &[ItemKind]) -> Answer {
    let mut response = accept(id)?;
    let categories: BTreeSet<_> = not_stored.iter().filter_map(|kind| kind.category()).collect();
    // SDKs send messages in the category `default`, too, so it is never limited.
    let categories: Vec<_> = categories.into_iter().filter(|category| *category != "default").collect();
    if !categories.is_empty() {
        let limits = format!("{SWITCHED_OFF_SECONDS}:{}:organization", categories.join(";"));
        if let Ok(limits) = HeaderValue::from_str(&limits) {
            response.headers_mut().insert("x-sentry-rate-limits", limits);
        }
    }
    Ok(response)
}
