//! The page of a project's rules. It is part of notify, because only notify can unseal rules.

mod rules;

use axum::Router;
use axum::routing::{get, post};
use web_session::Pages;

/// Adds the pages to the API's routes.
pub(crate) fn add_pages(pages: Pages) -> Router {
    let api = pages.api.clone();
    let shown = Router::new().route("/projects/{project}/rules", get(rules::show)).with_state(pages.clone());
    let own = Router::new().route("/pages/projects/{project}/rules", post(rules::change)).with_state(pages.clone());
    web_session::answer_browsers(api, has_page, shown).merge(web_session::ask_first(pages, own))
}

/// Whether a path of the API has a page.
fn has_page(path: &str) -> bool {
    let below = path.strip_prefix("/projects/").and_then(|rest| rest.split_once('/'));
    below.is_some_and(|(_, rest)| rest == "rules")
}
