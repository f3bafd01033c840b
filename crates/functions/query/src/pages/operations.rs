//! `GET /operations` in a browser: the page Health, for admins of the stack.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use futures_util::future::try_join3;
use http::{Method, Request};
use model::cost::Capacity;
use model::time::Timestamp;
use rules::DeadNotice;
use serde::Deserialize;
use serde_json::{Value, json};
use web_pages::{FailedRow, LetterRow, MadeKey, Moment, MonthCost, Operations};
use web_session::address::encoded;
use web_session::{Form, PageRefusal, PageResult, Pages, Visit, page};

use super::keys;
use super::words::explain;

/// The number of dead letters on the page.
const MAX_LETTERS_SHOWN: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiOperations {
    inbox: ApiInbox,
    refused: BTreeMap<String, u64>,
    month: ApiMonth,
    failed_notices: Vec<DeadNotice>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiInbox {
    waiting: u64,
    in_flight: u64,
    age: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiMonth {
    events: u64,
    dollars: ApiDollars,
    dollars_per_million: ApiDollars,
    dollars_idle: f64,
    capacity: Capacity,
    prices: String,
}

#[derive(Deserialize)]
struct ApiDollars {
    from: f64,
    to: f64,
}

impl ApiDollars {
    fn into_pair(self) -> (f64, f64) {
        (self.from, self.to)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiLetters {
    dead_letters: Vec<ApiLetter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiLetter {
    id: String,
    sent_at: Timestamp,
    reason: Option<String>,
    unreadable: Option<String>,
    /// The project's number, or its name.
    project: Option<Value>,
    #[serde(default)]
    event_ids: Vec<Value>,
}

impl ApiLetter {
    fn into_row(self, now: Timestamp) -> LetterRow {
        let project = self.project.map(|project| match project {
            Value::String(name) => name,
            Value::Object(one) => one.values().next().map(unquote).unwrap_or_default(),
            number => number.to_string(),
        });
        LetterRow {
            sent_at: Moment::new(self.sent_at, now),
            project,
            events: self.event_ids.len(),
            reason: self.unreadable.or(self.reason).unwrap_or_else(|| "unknown: see the processor's log".to_owned()),
            id: self.id,
        }
    }
}

fn unquote(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub(super) async fn show(State(pages): State<Pages>, visit: Visit) -> PageResult {
    draw(&pages, &visit, None).await
}

async fn draw(pages: &Pages, visit: &Visit, made: Option<MadeKey>) -> PageResult {
    let letters = format!("/dead-letters?limit={MAX_LETTERS_SHOWN}");
    let (answer, letters, keys) = try_join3(
        pages.get::<ApiOperations>(visit, "/operations"),
        pages.get::<ApiLetters>(visit, &letters),
        keys::list(pages, visit, None, "/pages/operations/keys".to_owned(), made),
    )
    .await?;
    let ApiOperations { inbox, refused, month, failed_notices } = answer;
    let failed = |notice: DeadNotice| FailedRow {
        id: notice.id,
        since: Moment::new(notice.since, visit.now),
        action: notice.project_name.as_ref().map(|name| format!("/pages/projects/{}/rules", encoded(name.as_str()))),
        project: notice.project_name.map(|name| name.to_string()),
        rule: notice.rule,
        rule_name: notice.rule_name,
        target: notice.target,
        notices: notice.notices,
        reason: notice.reason,
    };
    let mut refused: Vec<_> = refused.into_iter().filter(|(_, count)| *count > 0).collect();
    refused.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    Ok(page(&Operations {
        frame: visit.frame("Health"),
        inbox: (inbox.waiting, inbox.in_flight),
        age: inbox.age,
        more_letters: letters.dead_letters.len() == MAX_LETTERS_SHOWN,
        letters: letters.dead_letters.into_iter().map(|letter| letter.into_row(visit.now)).collect(),
        failed: failed_notices.into_iter().map(failed).collect(),
        refused,
        month: MonthCost {
            events: month.events,
            so_far: month.dollars.into_pair(),
            million: month.dollars_per_million.into_pair(),
            idle: month.dollars_idle,
            capacity: match month.capacity {
                Capacity::Provisioned => "provisioned",
                Capacity::OnDemand => "on-demand",
            },
            prices: month.prices,
        },
        keys,
        version: env!("CARGO_PKG_VERSION"),
    }))
}

/// `POST /pages/operations/keys`: creates or changes a key.
pub(super) async fn change_keys(State(pages): State<Pages>, visit: Visit, request: Request<Body>) -> PageResult {
    let form = Form::read_own(&visit, request.into_body()).await?;
    match keys::change(&pages, &visit, None, &form).await? {
        Ok(Some(made)) => draw(&pages, &visit, Some(made)).await,
        Ok(None) => Ok(Redirect::to("/operations?done=changed").into_response()),
        Err(refusal) => {
            let (status, problem) = explain(refusal, &visit)?;
            Ok((status, draw(&pages, &visit.with_problem(problem), None).await?).into_response())
        }
    }
}

/// `POST /pages/operations/redrive`: redrives all dead letters, or the selected ones.
pub(super) async fn redrive(
    State(pages): State<Pages>,
    visit: Visit,
    request: Request<Body>,
) -> Result<Redirect, PageRefusal> {
    let form = Form::read_own(&visit, request.into_body()).await?;
    let chosen: Vec<_> = form.all("id").collect();
    let body = match form.get("do") {
        Some("all") => json!({}),
        _ if chosen.is_empty() => return Ok(Redirect::to("/operations")),
        _ => json!({ "ids": chosen }),
    };
    let answer = pages.call(&visit, Method::POST, "/dead-letters/redrive", &body).await?;
    let is_running = answer["running"] == true;
    Ok(Redirect::to(if is_running { "/operations?done=redriving" } else { "/operations?done=redriven" }))
}
