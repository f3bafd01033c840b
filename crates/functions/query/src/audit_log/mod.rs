//! `/audit-log`: who did what in the installation.

mod list;

use std::sync::Arc;

use axum::Router;
use http_common::Caller;
use http_common::describe::Description;
use model::audit::AuditEvent;

use crate::Query;

pub(crate) fn routes() -> Router<Arc<Query>> {
    Router::new().merge(list::route())
}

pub(crate) fn describe(api: &mut Description) {
    api.tag("audit log");
    list::describe(api);
}

impl Query {
    /// Records in the audit log what the caller did.
    pub(crate) async fn record(&self, caller: &Caller, event: AuditEvent) {
        http_common::record(&*self.stores.audit_log, &*self.clock, caller, event).await;
    }
}
