//! Decides which error an occurrence belongs to.
//!
//! The rules are a simplified form of Sentry's default grouping: the fingerprint that the client sent, or else the
//! frames of the exceptions (or of the thread, or of the event), or else type and message. Variable parts are removed
//! from messages ([`parameterise`]) and frames. Minified JavaScript is grouped by its module and function names, unless
//! source maps were used before.
//!
//! An event that is grouped by frames has two hashes, of the in-app frames and of all frames. It belongs to the error
//! that either hash leads to, so a client that begins to mark frames differently does not create new errors.

mod basis;
mod chain;
mod explain;
mod fingerprint;
mod frame;
mod image;
mod in_app;
mod message;
mod name;
mod parameterise;
mod platform;
mod stack;
mod title;
mod whole_message;
mod work;

pub use chain::{crash_frame, crash_function, main_exception, own_frames};
use chain::{exception_type, throws_anything};
pub use explain::{Component, Explanation, Variant, explain};
pub use in_app::{is_in_package, is_java_library};
pub use parameterise::parameterise;
pub use title::title;
pub use whole_message::{message_fingerprint, truncate_message};

use basis::Basis;

use model::id::Fingerprint;
use model::occurrence::Occurrence;

/// The version of the rules for Sentry events. It is part of each hash, so that better rules can still find old errors,
/// and is shown in explanations.
pub const VERSION: u8 = 2;

/// The error that an occurrence belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// The version of the rules.
    pub version: u8,
    /// The hash that names a new error: the hash of the in-app frames if there are any.
    pub primary: Fingerprint,
    /// All hashes, one or two, beginning with `primary`. An error that any of them leads to is the right one.
    pub hashes: Vec<Fingerprint>,
    /// The title of the error in lists, at most 720 bytes.
    pub title: String,
}

/// Decides which error `occurrence` belongs to. It must be scrubbed already, since otherwise secrets in messages would
/// be part of the hash.
pub fn group(occurrence: &Occurrence) -> Grouping {
    grouping(&Basis::of(occurrence), occurrence)
}

fn grouping(basis: &Basis<'_>, occurrence: &Occurrence) -> Grouping {
    let hashes: Vec<_> = basis.variants().into_iter().map(|(_, fingerprint)| fingerprint).collect();
    Grouping { version: VERSION, primary: hashes[0], hashes, title: title(occurrence) }
}

#[cfg(test)]
mod field_tests;
#[cfg(test)]
mod tests;
