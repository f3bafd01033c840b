//! `POST /api/{id}/security/`, `/csp-report/` and `/nel/`: reports that browsers send by themselves.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use formats::inbox::{Header, Message, Sender};
use http::Request;
use http::header::USER_AGENT;
use http_common::{Answer, Limits};
use model::occurrence::Source;
use protocol::sentry::security;

use crate::{Ingest, accept};

/// The most bytes of a body of reports.
const REPORT_LIMITS: Limits = Limits { sent: 2 << 20, unpacked: 2 << 20 };

pub(super) fn routes() -> Router<Arc<Ingest>> {
    Router::new()
        .route("/api/{project}/security", post(handle))
        .route("/api/{project}/csp-report", post(handle))
        .route("/api/{project}/nel", post(handle))
}

async fn handle(State(ingest): State<Arc<Ingest>>, request: Request<Body>) -> Response {
    ingest.answer(take(&ingest, request)).await
}

async fn take(ingest: &Ingest, request: Request<Body>) -> Answer {
    let (headers, uri) = (request.headers().clone(), request.uri().clone());
    let client_ip = accept::find_client_ip(request.extensions());
    let (project, key) = ingest.authenticate(&headers, &uri, None).await?;
    let payload = http_common::read_within(request, REPORT_LIMITS).await?;
    let (reports, refused) = security::parse(&payload)?;
    ingest.outcomes.count_all(&refused);
    if reports.is_empty() {
        return http_common::empty();
    }

    let parameters = http_common::parse_query(uri.query());
    let parameter = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let sender = Sender {
        user_agent: headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned),
        release: parameter("sentry_release"),
        environment: parameter("sentry_environment"),
    };
    let ids = reports.iter().map(|_| ingest.make_event_id()).collect();
    let header = Header {
        client_ip,
        sender: Some(sender),
        key,
        ..Header::new(Source::Security, project, ingest.clock.now(), ids)
    };
    ingest.accept(&Message { header, payload: payload.into() }).await?;
    http_common::empty()
}
