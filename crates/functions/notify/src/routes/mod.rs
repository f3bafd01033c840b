//! The routes that notify serves: those that need to unseal data, which no other function may do.

mod body;
mod dead_notices;
mod encrypt;
mod hooks;
mod rules;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use http::Request;
use http_common::describe::Description;
use http_common::{Answer, Authenticator, Caller, Outcomes};
use model::id::ProjectName;
use model::outcome::{Reason, Refusal};
use store::ports::{Project, Sealer, Sessions};
use web_session::Pages;

use crate::{Notify, pages};

/// Adds these routes to the OpenAPI document.
pub fn describe(api: &mut Description) {
    rules::describe(api);
    encrypt::describe(api);
    hooks::describe(api);
    dead_notices::describe(api);
}

/// The dependencies of the routes.
pub struct Routes {
    /// Authenticates callers by their keys.
    pub authenticator: Arc<Authenticator>,
    /// Loads rules, and delivers messages.
    pub notify: Arc<Notify>,
    /// Sessions of people who are signed in to the pages.
    pub sessions: Arc<dyn Sessions>,
    pub outcomes: Arc<Outcomes>,
}

impl Routes {
    /// Returns the router of all routes, to be wrapped in a [`http_common::Front`].
    pub fn router(self) -> Router {
        let routes = Arc::new(self);
        let api = Router::new()
            .merge(encrypt::route())
            .merge(rules::routes())
            .merge(hooks::routes())
            .merge(dead_notices::routes())
            .with_state(routes.clone());
        pages::add_pages(Pages {
            authenticator: routes.authenticator.clone(),
            sessions: routes.sessions.clone(),
            clock: routes.notify.clock.clone(),
            outcomes: routes.outcomes.clone(),
            api,
        })
    }

    /// Runs a handler. Returns its answer or its refusal, which is counted.
    async fn answer(&self, handler: impl Future<Output = Answer>) -> Response {
        self.outcomes.answer(handler).await
    }

    /// Returns the project of a request, if the caller is an admin of it.
    fn project<B>(&self, request: &Request<B>) -> impl Future<Output = Result<Project, Refusal>> + Send {
        // The future must not hold the request: its body cannot be shared between threads.
        let (caller, name) =
            (self.authenticator.authenticate(request), http_common::parse_project_path(request.uri().path()));
        async move { self.project_of(caller.await?, name?).await }
    }

    async fn project_of(&self, caller: Caller, name: ProjectName) -> Result<Project, Refusal> {
        caller.check_admin()?;
        let project = self.notify.stores.projects.by_name(&name).await?;
        let Some(project) = project.filter(|project| !project.deleting) else {
            caller.check_may_miss(&name)?;
            let message = format!("there is no project `{name}`: GET /projects lists all projects");
            return Err(Refusal::new(Reason::ProjectUnknown, message));
        };
        caller.check_admin_of(project.id)?;
        if project.name != name {
            let message = format!("the project `{name}` was renamed to `{}`: use that name", project.name);
            let renamed_to = Some(project.name.to_string());
            return Err(Refusal { renamed_to, ..Refusal::new(Reason::ProjectRenamed, message) });
        }
        Ok(project)
    }

    fn sealer(&self) -> Result<&dyn Sealer, Refusal> {
        self.notify.sealer.as_deref().ok_or_else(|| {
            let message =
                "this stack has no key to seal notifications with: deploy it with SealingKey=create ($1 per month)";
            Refusal::new(Reason::SealingKeyMissing, message)
        })
    }
}
