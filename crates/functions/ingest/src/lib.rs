#![doc = include_str!("../README.md")]

mod accept;
mod airbrake;
mod attachments;
mod bugsnag;
mod client;
mod health;
mod import;
mod json_api;
mod limiter;
mod origin;
mod otlp;
mod rollbar;
mod sentry;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
pub use health::IngestHealth;
use http_common::describe::Description;
use http_common::{Access, Answer, Authenticator, Outcomes};
pub use limiter::Limiter;
use model::outcome::Reason;
use store::clock::Clock;
use store::ports::{Attachments, ClaimChecks, Inbox, Projects, Sealer};

/// Adds these routes to the API description.
pub fn describe(api: &mut Description) {
    json_api::describe(api);
    import::describe(api);
    sentry::describe(api);
    rollbar::describe(api);
    airbrake::describe(api);
    bugsnag::describe(api);
    otlp::describe(api);
    health::describe(api);
}

/// The state that the routes share.
pub struct Ingest {
    /// Checks who may send.
    pub authenticator: Authenticator,
    /// The inbox, for accepted requests.
    pub inbox: Arc<dyn Inbox>,
    /// Stores requests that are too large for the inbox.
    pub claims: Arc<dyn ClaimChecks>,
    /// Stores files that come with events.
    pub attachments: Arc<dyn Attachments>,
    /// Limits how many events a project may send. It also reads which origins may send.
    pub limiter: Limiter,
    /// Creates a project when a post names it for the first time.
    pub projects: Arc<dyn Projects>,
    /// Seals the notification configs of posts. Without it they are refused.
    pub sealer: Option<Arc<dyn Sealer>>,
    /// Whether events can be accepted.
    pub health: IngestHealth,
    /// The source of time and of random event ids.
    pub clock: Arc<dyn Clock>,
    /// Counts refusals by reason.
    pub outcomes: Arc<Outcomes>,
}

impl Access for Ingest {
    fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    fn projects(&self) -> &dyn Projects {
        &*self.projects
    }

    fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }
}

impl Ingest {
    /// Returns all routes, to be wrapped in a [`http_common::Front`].
    pub fn router(self) -> Router {
        Router::new()
            .merge(json_api::route())
            .merge(import::route())
            .merge(sentry::routes())
            .merge(rollbar::routes())
            .merge(airbrake::routes())
            .merge(bugsnag::routes())
            .merge(otlp::routes())
            .merge(health::route())
            .with_state(Arc::new(self))
    }

    /// Counts a request whose content is not stored: it is answered so that its client is content.
    fn count_not_stored(&self) {
        self.outcomes.count(Reason::ItemNotStored);
    }

    /// Returns the answer of a handler, or counts and returns its refusal.
    async fn answer(&self, handler: impl Future<Output = Answer>) -> Response {
        self.outcomes.answer(handler).await
    }
}
