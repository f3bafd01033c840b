//! `POST /projects/{project}/occurrences`: imports occurrences that were stored before, here or in another stack.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use formats::inbox::{Addressee, Header, PayloadKind};
use http::Request;
use http_common::describe::Description;
use http_common::{Answer, Fault, ProjectAdmin, Reach};
use model::id::ProjectName;
use model::occurrence::{Imported, MAX_OCCURRENCES};
use model::outcome::Reason;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use crate::accept::PostCount;
use crate::{Ingest, accept};

pub(crate) fn route() -> Router<Arc<Ingest>> {
    Router::new().route("/projects/{project}/occurrences", post(handle))
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("sending");
    let body = json!({
        "type": "object",
        "required": ["occurrences"],
        "properties": {
            "occurrences": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_OCCURRENCES,
                "description": "occurrences as the API returns them under `event`; invalid ones are listed in `refused`",
            },
        },
    });
    let moment = "2026-11-02T00:01:00Z";
    let example = json!({ "occurrences": [{
        "v": 1, "eventId": "fc6d8c0c43fc4630ad850ee518f1b9d0", "source": "v1", "timestamp": moment, "receivedAt": moment,
        "type": "KeyError", "message": "no such item", "level": "error", "platform": "other",
    }] });
    api.operation("post", "/projects/{project}/occurrences", "importOccurrences", "Imports occurrences")
        .description("Occurrences keep their ids and times, so one that is sent twice is counted once.")
        .path::<ProjectName>("project", "the project's name")
        .body_as("application/json", body, example)
        .response::<ImportReceipt<'_>>(201, "the occurrences are durable; they appear in lists a few seconds later")
        .error(Reason::ProjectName, "this is not a valid project name")
        .error(Reason::RateLimited, "the project has reached its limit of events per minute")
        .error(Reason::QuotaExceeded, "the project has reached its limit of events for this month");
}

async fn handle(State(ingest): State<Arc<Ingest>>, admin: ProjectAdmin, request: Request<Body>) -> Response {
    ingest.answer(take(&ingest, &admin, request)).await
}

/// Only an admin key may import, because an import claims what happened in the past, and to which users.
async fn take(ingest: &Ingest, admin: &ProjectAdmin, request: Request<Body>) -> Answer {
    let project = match (admin.caller().user(), admin.caller().check_admin()?) {
        (Some(_), Reach::All) => Addressee::Name(admin.name().clone()),
        (Some(_), Reach::Projects(_)) => Addressee::Id(admin.load_project(ingest).await?.id),
        (None, _) => ingest.find_addressee(admin.caller(), admin.name()).await?,
    };
    let trace = accept::find_trace(request.headers());

    let body = http_common::read_unpacked(request).await?;
    let received_at = ingest.clock.now();
    let Imported { occurrences, refused } = Imported::parse(&body, received_at)?;
    ingest.outcomes.count_all(&refused);

    let event_ids = occurrences.iter().map(|occurrence| occurrence.event_id).collect::<Vec<_>>();
    let data = StoredOccurrences { occurrences: PostCount { post_count: event_ids.len() } };
    if !event_ids.is_empty() {
        let key = admin.caller().key();
        let header = Header { key, trace, ..Header::new(PayloadKind::Import, project, received_at, event_ids) };
        ingest.accept_json(header, &occurrences).await?;
    }
    http_common::created(&ImportReceipt { data, refused: refused.iter().map(Fault::from).collect() })
}

/// The number of occurrences that were accepted, and the parts of the body that were refused.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Posted2")]
struct ImportReceipt<'a> {
    data: StoredOccurrences,
    /// The parts of the body that are not stored, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MAX_OCCURRENCES))]
    refused: Vec<Fault<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct StoredOccurrences {
    occurrences: PostCount,
}
