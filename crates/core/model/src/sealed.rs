//! Secrets that only the holder of a KMS key can read.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What may rest in a queue, an item or a log although it holds secrets: only who may use the key can read it. The text
/// begins with the version of its form; how it is made and opened is `store::kms`'s business.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

impl Sealed {
    /// Around a text that was sealed.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Short: a kilobyte of base64 tells nobody anything.
impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}
