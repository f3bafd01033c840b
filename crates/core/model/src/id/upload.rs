use std::fmt;

use super::{Checksum, shown, text_form};
use crate::time::Timestamp;

/// The id of an upload of source maps: when it was received, and the SHA-1 of the bundle. Ids are ordered by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadId {
    at: Timestamp,
    bundle: Checksum,
}

/// The text is not the id of an upload.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not the id of an upload: use an `id` that GET /projects/{{project}}/source-maps returned")]
pub struct BadUploadId(String);

impl UploadId {
    pub fn new(at: Timestamp, bundle: Checksum) -> Self {
        Self { at, bundle }
    }

    /// Parses the form that [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Result<Self, BadUploadId> {
        text.parse()
    }

    /// When it was received.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    pub fn bundle(&self) -> Checksum {
        self.bundle
    }
}

impl std::str::FromStr for UploadId {
    type Err = BadUploadId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed = || {
            let (at, bundle) = text.split_once('-')?;
            let is_time = at.len() == 16 && at.bytes().all(|byte| byte.is_ascii_digit());
            let at = is_time.then(|| at.parse().ok())??;
            Some(Self { at: Timestamp::from_micros(at), bundle: Checksum::parse(bundle).ok()? })
        };
        parsed().ok_or_else(|| BadUploadId(shown(text)))
    }
}

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016}-{}", self.at.micros(), self.bundle)
    }
}

text_form!(UploadId, "^[0-9]{16}-[0-9a-f]{40}$", "1793577660000000-da39a3ee5e6b4b0d3255bfef95601890afd80709");
