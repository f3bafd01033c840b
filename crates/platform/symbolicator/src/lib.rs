#![doc = include_str!("../README.md")]

mod cache;
mod classes;
mod event;
mod lookup;
mod renew;

use std::sync::Arc;
use std::time::Duration;

use cache::MapCache;
use store::Stores;
use store::clock::Clock;
use store::ports::{SourceMaps, SymbolFiles};

/// How long the maps of an upload are kept after they were uploaded or last used, in days.
pub const KEPT_DAYS: u32 = 90;

/// Finds the original place of frames of minified JavaScript and of obfuscated Java. It has bounded caches; one is shared by everything that a
/// process maps.
pub struct Symbolicator {
    maps: Arc<dyn SourceMaps>,
    files: Arc<dyn SymbolFiles>,
    clock: Arc<dyn Clock>,
    cache: MapCache,
}

/// The time for which an event, or the events of a batch, may wait for source maps. What is left when it is used up is
/// stored minified, and mapped when it is read.
#[derive(Clone, Copy, Debug)]
pub struct Budget(Duration);

impl Budget {
    pub fn new(time: Duration) -> Self {
        Self(time)
    }

    pub(crate) fn left(self) -> Duration {
        self.0
    }

    pub(crate) fn spend(&mut self, time: Duration) {
        self.0 = self.0.saturating_sub(time);
    }
}

impl Symbolicator {
    /// Creates a symbolicator with empty caches.
    pub fn new(stores: &Stores, clock: Arc<dyn Clock>) -> Self {
        let (maps, files) = (stores.source_maps.clone(), stores.symbol_files.clone());
        Self { maps, files, clock, cache: MapCache::default() }
    }
}

#[cfg(test)]
mod tests;
