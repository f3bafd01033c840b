//! Caches of one process, which save reads and writes. Any entry may be dropped at any time.

mod configs;
mod errors;
mod index_growth;
mod key_uses;
mod projects;
mod releases;

pub(crate) use configs::ConfigCache;
pub(crate) use errors::{ErrorCache, StoredError};
pub(crate) use index_growth::IndexGrowth;
pub(crate) use key_uses::KeyUseCache;
pub(crate) use projects::{ProjectCache, ResolvedProject};
pub(crate) use releases::ReleaseCache;

#[derive(Default)]
pub(crate) struct Caches {
    pub(crate) projects: ProjectCache,
    pub(crate) configs: ConfigCache,
    pub(crate) errors: ErrorCache,
    pub(crate) index_growth: IndexGrowth,
    pub(crate) key_uses: KeyUseCache,
    pub(crate) releases: ReleaseCache,
}
