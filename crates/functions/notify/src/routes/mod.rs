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
use http_common::describe::Description;
use http_common::{Access, Answer, Authenticator, Caller, Outcomes};
use model::audit::AuditEvent;
use model::outcome::{Reason, Refusal};
use store::ports::{Projects, Sealer, Sessions};
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

impl Access for Routes {
    fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    fn projects(&self) -> &dyn Projects {
        &*self.notify.stores.projects
    }

    fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }
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
            audit_log: routes.notify.stores.audit_log.clone(),
            projects: routes.notify.stores.projects.clone(),
            clock: routes.notify.clock.clone(),
            outcomes: routes.outcomes.clone(),
            api,
        })
    }

    /// Runs a handler. Returns its answer or its refusal, which is counted.
    async fn answer(&self, handler: impl Future<Output = Answer>) -> Response {
        self.outcomes.answer(handler).await
    }

    /// Records in the audit log what the caller did.
    async fn record(&self, caller: &Caller, event: AuditEvent) {
        http_common::record(&*self.notify.stores.audit_log, &*self.notify.clock, caller, event).await;
    }

    fn sealer(&self) -> Result<&dyn Sealer, Refusal> {
        self.notify.sealer.as_deref().ok_or_else(|| {
            let message =
                "this stack has no key to seal notifications with: deploy it with SealingKey=create ($1 per month)";
            Refusal::new(Reason::SealingKeyMissing, message)
        })
    }
}
