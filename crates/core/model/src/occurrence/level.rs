use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The severity of an event, worst first.
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
    /// Useful to developers only.
    Debug,
}

impl Level {
    /// Parses the word of a client. Returns `None` if it is not one of the five levels or a known alias.
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

    /// Translates what clients and loggers call a level, in any case, or its number in Python, pino (10 to 60), syslog
    /// (1 to 7) or Monolog (100 to 600). Returns `None` if the meaning is not clear.
    pub fn of_client(word: &str) -> Option<Self> {
        let word = word.trim().to_ascii_lowercase();
        Some(match word.trim_end_matches(".0") {
            "fatal" | "critical" | "crit" | "emergency" | "emerg" | "alert" | "panic" | "crash" => Self::Fatal,
            "error" | "err" | "severe" | "exception" | "failure" => Self::Error,
            "warning" | "warn" => Self::Warning,
            "info" | "information" | "informational" | "log" | "notice" => Self::Info,
            "debug" | "trace" | "verbose" | "fine" | "finer" | "finest" => Self::Debug,
            "1" | "2" | "50" | "60" | "500" | "550" | "600" => Self::Fatal,
            "3" | "40" | "400" => Self::Error,
            "4" | "30" | "300" => Self::Warning,
            "5" | "6" | "20" | "25" | "200" | "250" => Self::Info,
            "7" | "10" | "100" => Self::Debug,
            _ => return None,
        })
    }

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
