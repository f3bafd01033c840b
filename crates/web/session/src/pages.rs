use std::sync::Arc;

use axum::Router;
use http_common::{Authenticator, Outcomes};
use store::clock::Clock;
use store::ports::{AuditLog, Projects, Sessions};

/// The state that all pages share. Cheap to clone.
#[derive(Clone)]
pub struct Pages {
    /// Authenticates the keys of visitors.
    pub authenticator: Arc<Authenticator>,
    /// The sessions of visitors who are signed in.
    pub sessions: Arc<dyn Sessions>,
    /// Records who signs in and out.
    pub audit_log: Arc<dyn AuditLog>,
    /// Projects, to find what a visitor may do in one.
    pub projects: Arc<dyn Projects>,
    /// The time, and randomness for tokens.
    pub clock: Arc<dyn Clock>,
    /// Counts of refused requests, by reason.
    pub outcomes: Arc<Outcomes>,
    /// The routes of the API that pages call.
    pub api: Router,
}
