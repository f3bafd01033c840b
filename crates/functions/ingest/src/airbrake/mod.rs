//! The routes of Airbrake's and Errbit's clients.

mod notices;
mod settings;
mod unstored;

use std::sync::Arc;

use axum::Router;
use http_common::Statuses;
use http_common::describe::Description;
use model::outcome::Reason;

use crate::Ingest;

pub(crate) fn routes() -> Router<Arc<Ingest>> {
    Router::new().merge(notices::routes()).merge(settings::route()).merge(unstored::routes())
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("sending");
    notices::describe(api);
    settings::describe(api);
    unstored::describe(api);
}

/// The client for Ruby sends a notice again after 400, 403 and 504, but not after 401, 422 and 503. What would be
/// refused again gets a status after which it is not sent again, and what may be accepted later gets one after which it
/// is.
const STATUSES: Statuses = Statuses(|reason| match reason.status() {
    400 | 404 => 422,
    403 if reason != Reason::OriginNotAllowed => 401,
    503 => 504,
    status => status,
});
