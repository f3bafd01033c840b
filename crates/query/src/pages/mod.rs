//! What a person sees: the API's answers as pages, and forms as calls of the API.
//!
//! Pages ask the API in this process, as whoever is signed in, and never the ports: what a key may do, what is checked
//! and what is said about it is written once. A browser that opens an address of the API is shown the page of it.

mod assets;
mod browser;
mod call;
mod connect;
mod error;
mod errors;
mod projects;
mod search;
mod sign_in;
mod visit;

use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use gate::Outcomes;
use store::clock::Clock;
use store::ports::Sessions;

use crate::Query;

/// What pages need.
#[derive(Clone)]
pub(crate) struct Pages {
    query: Arc<Query>,
    /// The API's routes.
    api: Router,
}

impl Pages {
    fn clock(&self) -> &dyn Clock {
        &*self.query.clock
    }

    fn sessions(&self) -> &dyn Sessions {
        &*self.query.sessions
    }

    fn outcomes(&self) -> &Outcomes {
        &self.query.outcomes
    }
}

/// The API's routes, with those of the pages beside and before them.
pub(crate) fn with_pages(query: Arc<Query>, api: Router) -> Router {
    let pages = Pages { query, api: api.clone() };
    let shown = Router::new()
        .route("/projects", get(projects::home))
        .route("/projects/{project}", get(errors::of_project))
        .route("/projects/{project}/errors", get(errors::show))
        .route("/projects/{project}/errors/{*error}", get(error::show))
        .with_state(pages.clone());
    let own = Router::new()
        .route("/", get(projects::show))
        .route("/assets/{name}", get(assets::show))
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/projects/{project}/connect", get(connect::show))
        .route("/pages/projects", post(projects::create))
        .route("/pages/projects/{project}/client-key", post(connect::make_key))
        .route("/pages/projects/{project}/first", get(connect::first))
        .route("/pages/projects/{project}/errors", post(errors::change))
        .route("/pages/projects/{project}/errors/{error}", post(error::change))
        .route("/pages/projects/{project}/errors/{error}/occurrences/{id}", get(error::raw))
        .with_state(pages);
    browser::before(api, shown).merge(own)
}

/// A page, or where to go instead.
type Shown = Result<Response, call::Refused>;
