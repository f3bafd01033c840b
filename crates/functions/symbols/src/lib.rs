#![doc = include_str!("../README.md")]

mod answer;
mod assembly;
mod bundle;
mod mapping;
mod routes;
mod uploader;

use std::sync::Arc;

pub use bundle::{PackedBundle, check_bundle, check_map, pack_bundle};

use axum::Router;
use http_common::{Access, Authenticator, Outcomes};
use store::Stores;
use store::clock::Clock;
use store::ports::Projects;
use tokio::sync::Semaphore;

/// The state that all routes share.
pub struct Symbols {
    pub authenticator: Authenticator,
    pub stores: Stores,
    pub clock: Arc<dyn Clock>,
    /// Counts of refused requests, by reason.
    pub outcomes: Arc<Outcomes>,
    /// Held while a bundle is in memory: bundles are large.
    pub bundles: Semaphore,
}

/// How many bundles a process works on at once.
pub const CONCURRENT_BUNDLES: usize = 1;

impl Access for Symbols {
    fn authenticator(&self) -> &Authenticator {
        &self.authenticator
    }

    fn projects(&self) -> &dyn Projects {
        &*self.stores.projects
    }

    fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }
}

impl Symbols {
    /// Creates the state with what a process has anyway.
    pub fn new(authenticator: Authenticator, stores: Stores, clock: Arc<dyn Clock>, outcomes: Arc<Outcomes>) -> Self {
        Self { authenticator, stores, clock, outcomes, bundles: Semaphore::new(CONCURRENT_BUNDLES) }
    }

    /// Returns all routes, which begin with `/api/0`. They need a [`http_common::Front`] in front of them.
    pub fn router(self) -> Router {
        routes::all().with_state(Arc::new(self))
    }
}
