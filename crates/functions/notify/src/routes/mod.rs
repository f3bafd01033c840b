//! What notify serves: all that must unseal, which no other function may.

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

/// Says what the API's description says of these routes.
pub fn describe(api: &mut Description) {
    rules::describe(api);
    encrypt::describe(api);
    hooks::describe(api);
    dead_notices::describe(api);
}

/// What the routes share.
pub struct Routes {
    /// Who may come in.
    pub authenticator: Arc<Authenticator>,
    /// What they serve.
    pub notify: Arc<Notify>,
    /// Who is signed in to the pages.
    pub sessions: Arc<dyn Sessions>,
    /// Counts of what was refused.
    pub outcomes: Arc<Outcomes>,
}

impl Routes {
    /// All routes, to be put behind a [`http_common::Front`].
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

    /// The answer that a handler found, or the refusal, which is counted.
    async fn answer(&self, handler: impl Future<Output = Answer>) -> Response {
        self.outcomes.answer(handler).await
    }

    /// The project that a request is about, if the caller is an admin of it.
    fn project<B>(&self, request: &Request<B>) -> impl Future<Output = Result<Project, Refusal>> + Send {
        // Not the request itself: its body may not be shared between threads, as what waits may be.
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
                "this stack has no key to seal notifications with: deploy it with SealingKey=create, $1 a month";
            Refusal::new(Reason::SealingKeyMissing, message)
        })
    }
}
