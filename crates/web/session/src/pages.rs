use std::sync::Arc;

use axum::Router;
use http_common::{Authenticator, Outcomes};
use store::clock::Clock;
use store::ports::Sessions;

/// What pages need, whoever draws them. Clones share it.
#[derive(Clone)]
pub struct Pages {
    /// Who may come in.
    pub authenticator: Arc<Authenticator>,
    /// Who is signed in.
    pub sessions: Arc<dyn Sessions>,
    /// The time, and random tokens.
    pub clock: Arc<dyn Clock>,
    /// Counts of what was refused.
    pub outcomes: Arc<Outcomes>,
    /// The routes of the API that pages ask.
    pub api: Router,
}
