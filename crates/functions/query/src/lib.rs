#![doc = include_str!("../README.md")]

mod audit_log;
mod body;
mod dead_letters;
mod errors;
mod info;
mod invitations;
mod join_link;
mod keys;
mod list;
mod lookup;
mod mcp;
mod occurrences;
mod openapi;
mod operations;
mod pages;
mod projects;
mod purge;
mod releases;
mod source_maps;
mod timeline;
mod users;
mod views;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use http_common::describe::Description;
use http_common::{Access, Answer, Authenticator, Outcomes};
use model::cost::Capacity;
use store::Stores;
use store::clock::Clock;
use store::ports::{Backlog, DeadLetters, Projects};
use symbolicator::Symbolicator;

/// The state that all routes share.
pub struct Query {
    pub authenticator: Arc<Authenticator>,
    pub stores: Stores,
    /// Maps frames of occurrences that were stored before their source map came.
    pub symbolicator: Symbolicator,
    /// The size of the inbox.
    pub backlog: Arc<dyn Backlog>,
    /// Messages that could not be processed.
    pub dead_letters: Arc<dyn DeadLetters>,
    /// Notifications that could not be delivered.
    pub undelivered: Arc<dyn DeadLetters>,
    /// The time, and randomness for keys.
    pub clock: Arc<dyn Clock>,
    /// Counts of refused requests, by reason.
    pub outcomes: Arc<Outcomes>,
    /// Days to keep occurrences of projects without a setting of their own.
    pub retention_days: u32,
    /// How the table's capacity is paid for, to estimate the bill.
    pub capacity: Capacity,
}

/// Describes these routes for the OpenAPI document.
pub fn describe(api: &mut Description) {
    info::describe(api);
    openapi::describe(api);
    operations::describe(api);
    projects::describe(api);
    keys::describe(api);
    users::describe(api);
    invitations::describe(api);
    audit_log::describe(api);
    errors::describe(api);
    occurrences::describe(api);
    releases::describe(api);
    source_maps::describe(api);
    timeline::describe(api);
    dead_letters::describe(api);
}

impl Access for Query {
    fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    fn projects(&self) -> &dyn Projects {
        &*self.stores.projects
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
            .merge(audit_log::routes())
            .merge(dead_letters::routes())
            .merge(errors::routes())
            .merge(info::routes())
            .merge(invitations::routes())
            .merge(keys::routes())
            .merge(openapi::route())
            .merge(operations::routes())
            .merge(occurrences::routes())
            .merge(projects::routes())
            .merge(releases::routes())
            .merge(source_maps::routes())
            .merge(timeline::routes())
            .merge(users::routes())
            .with_state(query.clone());
        pages::with_pages(&query, mcp::with_mcp(&query, api))
    }

    /// Turns a handler's answer or refusal into a response. Refusals are counted.
    async fn answer(&self, handler: impl Future<Output = Answer>) -> Response {
        self.outcomes.answer(handler).await
    }
}
