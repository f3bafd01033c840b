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

/// What the routes share.
pub struct Query {
    /// Who may come in.
    pub authenticator: Arc<Authenticator>,
    /// The projects.
    pub projects: Arc<dyn Projects>,
    /// The keys.
    pub keys: Arc<dyn KeyRing>,
    /// The errors.
    pub errors: Arc<dyn Errors>,
    /// What happened to them.
    pub history: Arc<dyn History>,
    /// The errors that are merged into others.
    pub merges: Arc<dyn Merges>,
    /// By what errors are found.
    pub index: Arc<dyn SearchIndex>,
    /// Whom they are told to: removed with their project.
    pub configs: Arc<dyn Configs>,
    /// Where their occurrences are, and how many there were when.
    pub occurrences: Arc<dyn Occurrences>,
    /// The releases of projects.
    pub releases: Arc<dyn Releases>,
    /// How many events all errors together had when.
    pub totals: Arc<dyn Totals>,
    /// Where events are, by their ids.
    pub directory: Arc<dyn EventIndex>,
    /// The occurrences themselves.
    pub segments: Arc<dyn Segments>,
    /// Large messages that wait for processing: removed with their project.
    pub claims: Arc<dyn ClaimChecks>,
    /// What is not processed yet.
    pub backlog: Arc<dyn Backlog>,
    /// What could not be processed.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// Notifications that could not be delivered.
    pub undelivered: Arc<dyn DeadLetters>,
    /// Why it could not be.
    pub failures: Arc<dyn Failures>,
    /// Who is signed in to the pages.
    pub sessions: Arc<dyn Sessions>,
    /// The time, and random keys.
    pub clock: Arc<dyn Clock>,
    /// Counts of what was refused.
    pub outcomes: Arc<Outcomes>,
    /// For how many days things are kept, of projects that do not say so themselves.
    pub retention_days: u32,
}

/// Says what the API's description says of these routes.
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
    /// All routes, to be put behind a [`http_common::Front`].
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

    /// The answer that a handler found, or the refusal, which is counted.
    async fn answer(&self, handler: impl Future<Output = Answer>) -> Response {
        self.outcomes.answer(handler).await
    }
}
