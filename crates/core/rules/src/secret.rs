use std::fmt;

use serde::Deserialize;

/// What stands for a secret where rules are shown; sent back, it keeps the secret.
pub const SEALED: &str = "[sealed]";

/// A token, or a URL that lets whoever has it in. It is never shown, also not in a debug output, and never serialised:
/// what rests anywhere is sealed first.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Around a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[Filtered]")
    }
}
