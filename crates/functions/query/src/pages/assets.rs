//! `GET /assets/{name}`: style sheet, script and icon of the pages. They can be cached forever.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::Uri;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use model::outcome::{Reason, Refusal};
use web_session::{PageRefusal, Pages};

pub(super) async fn show(State(pages): State<Pages>, uri: Uri) -> Response {
    match web_pages::assets::asset(uri.path()) {
        Some(asset) => {
            let headers = [(CONTENT_TYPE, asset.content_type), (CACHE_CONTROL, web_pages::assets::CACHE_CONTROL)];
            (headers, asset.body).into_response()
        }
        None => {
            pages.outcomes.count(Reason::PathUnknown);
            let text = "this file belongs to another version: reload the page";
            PageRefusal::from(Refusal::new(Reason::PathUnknown, text)).into_response()
        }
    }
}
