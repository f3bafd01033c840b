use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad an event is, worst first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The process ended.
    Fatal,
    /// Something failed. The default.
    #[default]
    Error,
    /// Something looks wrong.
    Warning,
    /// Worth knowing.
    Info,
    /// Of use to developers only.
    Debug,
}

impl Level {
    /// From the word a client uses; `None` if it is not one of the five or their known aliases.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "fatal" | "critical" => Some(Self::Fatal),
            "error" => Some(Self::Error),
            "warning" => Some(Self::Warning),
            "info" | "log" => Some(Self::Info),
            "debug" => Some(Self::Debug),
            _ => None,
        }
    }

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fatal => "fatal",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
