//! What a person sees of a project's rules: only notify opens them.

mod rules;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use web_session::Pages;

use crate::Routes;

/// The API's routes, with those of the pages beside and before them.
pub(crate) fn with_pages(routes: &Arc<Routes>, api: Router) -> Router {
    let pages = Pages {
        authenticator: routes.authenticator.clone(),
        sessions: routes.sessions.clone(),
        clock: routes.notify.clock.clone(),
        outcomes: routes.outcomes.clone(),
        api: api.clone(),
    };
    let shown = Router::new().route("/projects/{project}/rules", get(rules::show)).with_state(pages.clone());
    let own = Router::new().route("/pages/projects/{project}/rules", post(rules::change)).with_state(pages.clone());
    web_session::answer_browsers(api, has_page, shown).merge(web_session::ask_first(pages, own))
}

/// Whether there is a page at a path of the API.
fn has_page(path: &str) -> bool {
    let behind = path.strip_prefix("/projects/").and_then(|rest| rest.split_once('/'));
    behind.is_some_and(|(_, rest)| rest == "rules")
}
