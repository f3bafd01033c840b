//! Secrets that only the holder of a KMS key can read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Encrypted secrets. They may be kept in a queue, an item or a log, because only somebody who may use the key can read
/// them. The text begins with the version of its form. `store::kms` encrypts and decrypts it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

impl Sealed {
    /// Wraps a text that is already sealed.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Shows the length only: a kilobyte of base64 is of no use to anybody.
impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}
