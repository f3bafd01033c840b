//! Which error an occurrence belongs to.
//!
//! The rules are those of Sentry's default grouping, simplified: a fingerprint that the client gave, else the frames of
//! the exceptions (or of the thread, or of the event), else type and message. What varies is taken out of messages
//! ([`parameterise`]) and of frames. Minified JavaScript is grouped by its module and function names, since source maps
//! are not looked at.
//!
//! An event that is grouped by frames has two hashes: of the application's own frames, and of all frames. It belongs to
//! the error that goes by either of them, so that a client that begins to mark frames otherwise makes no new errors.

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
pub use parameterise::parameterise;
pub use title::title;
pub use whole_message::{message_fingerprint, truncate_message};

use basis::Basis;

use model::id::Fingerprint;
use model::occurrence::Occurrence;

/// The version of the rules for Sentry events. It is part of each hash, so that better rules can find old errors, and is
/// shown where a hash is explained.
pub const VERSION: u8 = 2;

/// Where an occurrence belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// The version of the rules.
    pub version: u8,
    /// What names a new error: the hash of the application's frames where there are any.
    pub primary: Fingerprint,
    /// Every hash, the primary first: an error that goes by any of them is the one. One or two.
    pub hashes: Vec<Fingerprint>,
    /// What names the error in lists, at most 720 bytes.
    pub title: String,
}

/// Where `occurrence` belongs. It must be scrubbed already: secrets in messages would else be part of the hash.
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
