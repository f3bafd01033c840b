//! Reads bundles of scripts and source maps, and writes the maps in the form in which they are stored.

mod archive;
mod build;
mod check;
mod decode;
mod manifest;
mod scopes;
mod script;
mod tokens;
mod url;

pub(crate) use archive::Archive;
pub(crate) use build::{Build, BuiltMaps, build, build_file};
pub use check::{PackedBundle, check_bundle, check_map, pack_bundle};
use model::id::Checksum;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
pub(crate) use url::{named_in, resolve, script_of};

/// The largest bundle, in bytes. Some clients send bundles that are not compressed.
pub(crate) const MAX_BUNDLE: usize = 256 << 20;

/// The SHA-1 by which uploaders name a file or a part of it.
pub(crate) fn sha1(bytes: &[u8]) -> Checksum {
    let mut sha1 = [0; 20];
    sha1.copy_from_slice(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref());
    Checksum::from_bytes(sha1)
}

#[cfg(test)]
mod tests;
