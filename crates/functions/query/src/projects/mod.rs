//! `/projects`

mod create;
mod delete;
mod list;
mod show;
mod update;

use std::sync::Arc;

use axum::Router;
use http_common::describe::Description;

use crate::Query;

pub(crate) fn describe(api: &mut Description) {
    api.tag("projects");
    list::describe(api);
    show::describe(api);
    create::describe(api);
    delete::describe(api);
    update::describe(api);
}

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new()
        .merge(list::route())
        .merge(show::route())
        .merge(create::route())
        .merge(delete::route())
        .merge(update::route())
}
