//! Which error an occurrence belongs to.

mod chain;

pub use chain::{crash_frame, main_exception};

use crate::id::Fingerprint;
use crate::occurrence::{Occurrence, Source};
use crate::sentry::title;
use crate::v1;

/// The version of the rules for Sentry events. It is part of each hash, so that better rules can find old errors.
pub const VERSION: u8 = 1;

/// Where an occurrence belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// The version of the rules.
    pub version: u8,
    /// What names a new error.
    pub primary: Fingerprint,
    /// Every hash, the primary first: an error that goes by any of them is the one.
    pub hashes: Vec<Fingerprint>,
    /// What names the error in lists.
    pub title: String,
}

/// Where `occurrence` belongs.
pub fn group(occurrence: &Occurrence) -> Grouping {
    let primary = match occurrence.source {
        Source::V1 => v1::fingerprint(&occurrence.message),
        Source::Sentry | Source::Security => {
            Fingerprint::of("sentry:0", [occurrence.kind.as_str(), &occurrence.message])
        }
    };
    Grouping { version: VERSION, primary, hashes: vec![primary], title: title(occurrence) }
}
