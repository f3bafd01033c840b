//! The web UI: shows the API's answers as pages, and turns forms into calls of the API.
//!
//! A browser that opens a URL of the API gets the corresponding page.

mod assets;
mod audit_log;
mod connect;
mod error;
mod errors;
mod join;
mod keys;
mod members;
mod operations;
mod profile;
mod projects;
mod releases;
pub(crate) mod search;
mod settings;
mod sign_in;
mod source_maps;
mod users;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use web_session::Pages;

use crate::Query;

/// Adds the routes of the pages to those of the API.
pub(crate) fn with_pages(query: &Arc<Query>, api: Router) -> Router {
    let pages = Pages {
        authenticator: query.authenticator.clone(),
        sessions: query.stores.sessions.clone(),
        audit_log: query.stores.audit_log.clone(),
        projects: query.stores.projects.clone(),
        clock: query.clock.clone(),
        outcomes: query.outcomes.clone(),
        api: api.clone(),
    };
    let shown = Router::new()
        .route("/projects", get(projects::home))
        .route("/projects/{project}", get(errors::redirect_to_open))
        .route("/projects/{project}/errors", get(errors::show))
        .route("/projects/{project}/errors/{*error}", get(error::show))
        .route("/projects/{project}/releases", get(releases::show))
        .route("/projects/{project}/releases/{release}", get(releases::show_one))
        .route("/projects/{project}/source-maps", get(source_maps::show))
        .route("/projects/{project}/source-maps/check", get(source_maps::check))
        .route("/projects/{project}/source-maps/{upload}", get(source_maps::show_one))
        .route("/projects/{project}/members", get(members::show))
        .route("/users", get(users::show))
        .route("/audit-log", get(audit_log::show))
        .route("/operations", get(operations::show))
        .with_state(pages.clone());
    let own = Router::new()
        .route("/", get(projects::show))
        .route("/assets/{name}", get(assets::show))
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/projects/{project}/connect", get(connect::show))
        .route("/projects/{project}/settings", get(settings::show))
        .route("/profile", get(profile::show))
        .route("/pages/profile", post(profile::change))
        .route("/pages/users", post(users::change))
        .route("/pages/projects/{project}/members", post(members::change))
        .route("/pages/operations/keys", post(operations::change_keys))
        .route("/pages/operations/redrive", post(operations::redrive))
        .route("/pages/projects", post(projects::create))
        .route("/pages/projects/{project}/settings", post(settings::save))
        .route("/pages/projects/{project}/keys", post(settings::change_keys))
        .route("/pages/projects/{project}/source-maps", post(source_maps::change))
        .route("/pages/projects/{project}/delete", post(settings::delete))
        .route("/pages/projects/{project}/client-key", post(connect::make_key))
        .route("/pages/projects/{project}/agent-key", post(connect::make_agent_key))
        .route("/pages/projects/{project}/first", get(connect::first))
        .route("/pages/projects/{project}/errors", post(errors::change))
        .route("/pages/projects/{project}/errors/{error}", post(error::change))
        .route("/pages/projects/{project}/errors/{error}/occurrences/{id}", get(error::raw))
        .route("/pages/projects/{project}/errors/{error}/occurrences/{id}/attachments/{number}", get(error::download))
        .with_state(pages.clone())
        .merge(join::route(query, &pages));
    web_session::answer_browsers(api, has_page, shown).merge(web_session::ask_first(pages, own))
}

/// Whether a path of the API has a page.
fn has_page(path: &str) -> bool {
    if ["/operations", "/users", "/audit-log"].contains(&path) {
        return true;
    }
    let behind = path.strip_prefix("/projects").map(|rest| rest.trim_start_matches('/'));
    behind.is_some_and(|rest| match rest.split_once('/') {
        None => true,
        Some((_, rest)) => matches!(rest.split('/').next(), Some("errors" | "members" | "releases" | "source-maps")),
    })
}
