#![doc = include_str!("../README.md")]

mod accept;
mod import;
mod json_api;
mod limiter;
mod origin;
mod sentry;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use http_common::describe::Description;
use http_common::{Access, Answer, Authenticator, Outcomes};
pub use limiter::Limiter;
use store::clock::Clock;
use store::ports::{ClaimChecks, Inbox, Projects, Sealer};

/// Says what the API's description says of these routes.
pub fn describe(api: &mut Description) {
    json_api::describe(api);
    import::describe(api);
    sentry::describe(api);
}

/// What the routes share.
pub struct Ingest {
    /// Who may come in.
    pub authenticator: Authenticator,
    /// Where accepted requests go.
    pub inbox: Arc<dyn Inbox>,
    /// Where those go that are too large for the inbox.
    pub claims: Arc<dyn ClaimChecks>,
    /// How many events a project may send, and whose pages may.
    pub limiter: Limiter,
    /// Where a project is made that a post names for the first time.
    pub projects: Arc<dyn Projects>,
    /// What seals the notification configs of posts; without it they are not kept.
    pub sealer: Option<Arc<dyn Sealer>>,
    /// The time, and random event ids.
    pub clock: Arc<dyn Clock>,
    /// Counts of what was refused.
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
    /// All routes, to be put behind a [`http_common::Front`].
    pub fn router(self) -> Router {
        Router::new().merge(json_api::route()).merge(import::route()).merge(sentry::routes()).with_state(Arc::new(self))
    }

    /// The answer that a handler found, or the refusal, which is counted.
    async fn answer(&self, handler: impl Future<Output = Answer>) -> Response {
        self.outcomes.answer(handler).await
    }
}
