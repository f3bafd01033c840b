#![doc = include_str!("../README.md")]

mod body;
mod dead_letters;
mod errors;
mod info;
mod keys;
mod list;
mod lookup;
mod occurrences;
mod openapi;
mod operations;
mod pages;
mod projects;
mod purge;
mod releases;
mod timeline;
mod views;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use http_common::describe::Description;
use http_common::{Access, Answer, Authenticator, Outcomes};
use store::clock::Clock;
use store::ports::{
    Backlog, ClaimChecks, Configs, DeadLetters, Errors, EventIndex, Failures, History, KeyRing, Merges, Occurrences,
    Projects, Releases, SearchIndex, Segments, Sessions, Totals,
};

/// The state that all routes share.
pub struct Query {
    /// Authenticates keys.
    pub authenticator: Arc<Authenticator>,
    pub projects: Arc<dyn Projects>,
    pub keys: Arc<dyn KeyRing>,
    pub errors: Arc<dyn Errors>,
    /// The history of errors.
    pub history: Arc<dyn History>,
    /// Merged errors.
    pub merges: Arc<dyn Merges>,
    /// The search index of errors.
    pub index: Arc<dyn SearchIndex>,
    /// Posted configs. They are removed with their project.
    pub configs: Arc<dyn Configs>,
    /// References to occurrences, and timelines of errors.
    pub occurrences: Arc<dyn Occurrences>,
    pub releases: Arc<dyn Releases>,
    /// Event counts over time, of projects and of the stack.
    pub totals: Arc<dyn Totals>,
    /// The event index, which finds events by their ids.
    pub directory: Arc<dyn EventIndex>,
    /// The segments that hold the occurrences.
    pub segments: Arc<dyn Segments>,
    /// Large messages of the inbox. They are removed with their project.
    pub claims: Arc<dyn ClaimChecks>,
    /// The size of the inbox.
    pub backlog: Arc<dyn Backlog>,
    /// Messages that could not be processed.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// Notifications that could not be delivered.
    pub undelivered: Arc<dyn DeadLetters>,
    /// Why messages could not be processed.
    pub failures: Arc<dyn Failures>,
    /// The sessions of the web UI.
    pub sessions: Arc<dyn Sessions>,
    /// The time, and randomness for keys.
    pub clock: Arc<dyn Clock>,
    /// Counts of refused requests, by reason.
    pub outcomes: Arc<Outcomes>,
    /// Days to keep occurrences of projects without a setting of their own.
    pub retention_days: u32,
}

/// Describes these routes for the OpenAPI document.
pub fn describe(api: &mut Description) {
    info::describe(api);
    openapi::describe(api);
    operations::describe(api);
    projects::describe(api);
    keys::describe(api);
    errors::describe(api);
    occurrences::describe(api);
    releases::describe(api);
    timeline::describe(api);
    dead_letters::describe(api);
}

impl Access for Query {
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

impl Query {
    /// Returns all routes. They need a [`http_common::Front`] in front of them.
    pub fn router(self) -> Router {
        let query = Arc::new(self);
        let api = Router::new()
            .merge(dead_letters::routes())
            .merge(errors::routes())
            .merge(info::routes())
            .merge(keys::routes())
            .merge(openapi::route())
            .merge(operations::routes())
            .merge(occurrences::routes())
            .merge(projects::routes())
            .merge(releases::routes())
            .merge(timeline::routes())
            .with_state(query.clone());
        pages::with_pages(&query, api)
    }

    /// Turns a handler's answer or refusal into a response. Refusals are counted.
    async fn answer(&self, handler: impl Future<Output = Answer>) -> Response {
        self.outcomes.answer(handler).await
    }
}
