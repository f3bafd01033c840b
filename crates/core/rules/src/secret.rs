use std::fmt;

use serde::Deserialize;

/// The placeholder for a secret where rules are shown. When it is sent back, the stored secret is kept.
pub const SEALED: &str = "[sealed]";

/// A token, or a URL that grants access to anyone who has it. It is never shown, not even in debug output, and never
/// serialised: it is sealed before it is stored anywhere.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[Filtered]")
    }
}
