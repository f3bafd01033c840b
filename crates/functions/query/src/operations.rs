//! `GET /operations`: the state of the stack, for its admins.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use futures_util::future::try_join4;
use http_common::describe::Description;
use http_common::{Answer, StackAdmin};
use model::cost::{self, Capacity};
use model::time::Timestamp;
use model::timeline::Hour;
use rules::DeadNotice;
use schemars::JsonSchema;
use serde::Serialize;
use store::ports::TotalsScope;

use crate::Query;

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new().route("/operations", get(handle))
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("stack");
    api.operation("get", "/operations", "getOperations", "Shows the state of the stack, and this month's cost")
        .data::<Operations>(200, "the current state");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct Operations {
    inbox: Inbox,
    /// The approximate number of dead letters.
    dead_letters: u64,
    /// Notifications that could not be delivered, at most 100. Retry them with POST /projects/{project}/rules/retry.
    #[schemars(length(max = MAX_FAILED_NOTICES))]
    failed_notices: Vec<DeadNotice>,
    /// The number of requests and events that this process refused, by reason. Requests for an error, occurrence, comment or
    /// release that does not exist are not counted. In AWS each function counts its own; the
    /// dashboard has the totals.
    refused: BTreeMap<&'static str, u64>,
    month: Month,
}

/// Messages that are accepted and not stored yet.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct Inbox {
    /// The approximate number of waiting messages.
    waiting: u64,
    /// The approximate number of messages that are being processed.
    in_flight: u64,
    /// The approximate age of the oldest message, in seconds; 0 if there is none, null if nothing was ever stored.
    age: Option<i64>,
}

/// The month so far, in UTC.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(inline)]
struct Month {
    start: Timestamp,
    /// The number of stored events that happened this month.
    events: u64,
    /// The estimated AWS cost so far, in US dollars.
    dollars: Dollars,
    /// The cost of a million events: from a storm of one error to single events.
    dollars_per_million: Dollars,
    /// The cost of a month without events.
    dollars_idle: f64,
    /// How the table's capacity is paid for. `faultline serve` shows what a stack with the template's default would cost.
    capacity: Capacity,
    /// The date of the price list.
    prices: &'static str,
}

/// A range from the lowest to the highest estimate.
#[derive(Serialize, JsonSchema)]
struct Dollars {
    from: f64,
    to: f64,
}

impl Dollars {
    fn new(range: &RangeInclusive<f64>) -> Self {
        let cents = |dollars: &f64| (dollars * 100.0).round() / 100.0;
        Self { from: cents(range.start()), to: cents(range.end()) }
    }
}

async fn handle(State(query): State<Arc<Query>>, _: StackAdmin) -> Response {
    query.answer(show_operations(&query)).await
}

/// The most failed notifications that are listed.
const MAX_FAILED_NOTICES: usize = 100;

/// Lists the notifications that could not be delivered, with the names of their projects.
async fn list_failed_notices(query: &Query) -> store::Result<Vec<DeadNotice>> {
    let letters = query.undelivered.list(MAX_FAILED_NOTICES).await?;
    let mut notices: Vec<_> =
        letters.iter().map(|letter| DeadNotice::of(&letter.id, letter.sent_at, &letter.text)).collect();
    for notice in &mut notices {
        if let Some(project) = notice.project {
            notice.project_name = query.stores.projects.by_id(project).await?.map(|project| project.name);
        }
    }
    notices.sort_by_key(|notice| notice.since);
    Ok(notices)
}

async fn show_operations(query: &Query) -> Answer {
    let now = query.clock.now();
    let (start, _) = now.month();
    let (backlog, letters, counted_up_to, timeline) = try_join4(
        query.backlog.backlog(),
        query.dead_letters.backlog(),
        query.stores.totals.counted_up_to(TotalsScope::Stack),
        query.stores.totals.totals(TotalsScope::Stack, Hour::of(start)..=Hour::of(now)),
    )
    .await?;
    let failed_notices = list_failed_notices(query).await?;
    let events = timeline.total();
    // Waiting messages were received after the event that was stored last.
    let age = match (backlog.waiting + backlog.in_flight, counted_up_to) {
        (0, _) => Some(0),
        (_, received_at) => received_at.map(|received_at| (now.seconds() - received_at.seconds()).max(0)),
    };
    http_common::data(Operations {
        inbox: Inbox { waiting: backlog.waiting, in_flight: backlog.in_flight, age },
        dead_letters: letters.waiting + letters.in_flight,
        failed_notices,
        refused: query.outcomes.counts(),
        month: Month {
            start,
            events,
            dollars: Dollars::new(&query.capacity.so_far(events, now)),
            dollars_per_million: Dollars::new(&query.capacity.million()),
            dollars_idle: query.capacity.idle(),
            capacity: query.capacity,
            prices: cost::PRICES,
        },
    })
}
