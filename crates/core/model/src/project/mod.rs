//! The settings of a project.

mod limits;
mod origins;
mod repository;
mod retention;

pub use limits::{BadLimit, Limit, Limits, Mark, Window};
pub use origins::{BadOrigins, Origins};
pub use repository::{BadRepository, PathMapping, Repository, SourceLinks};
pub use retention::{BadRetention, Retention};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::{SECONDS_PER_DAY, Timestamp};

/// The importance of a project. It decides when rules send notifications that do not say so themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// New errors, regressions and thresholds.
    Critical,
    /// New errors and regressions.
    #[default]
    Standard,
    /// New errors only, collected into one message.
    Low,
}

impl Tier {
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Critical, Self::Standard, Self::Low].into_iter().find(|tier| tier.as_str() == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Standard => "standard",
            Self::Low => "low",
        }
    }
}

/// Which of the notification configs that clients post with errors are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PostedConfigs {
    /// All of them: anyone with a client key decides where notifications about their own events are sent.
    #[default]
    Any,
    /// Only configs that an admin has sealed with `POST /encrypt`.
    Sealed,
    /// None.
    Off,
}

impl PostedConfigs {
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Any, Self::Sealed, Self::Off].into_iter().find(|which| which.as_str() == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Sealed => "sealed",
            Self::Off => "off",
        }
    }
}

/// Whether files that clients send with events are stored. They are not scrubbed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Attachments {
    /// They are stored as long as the project's occurrences.
    #[default]
    Store,
    /// They are discarded, and SDKs are asked not to send them.
    Discard,
}

impl Attachments {
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Store, Self::Discard].into_iter().find(|which| which.as_str() == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Discard => "discard",
        }
    }
}

/// The unit of time in which occurrences are counted for thresholds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeUnit {
    /// A minute, as in v1.
    #[default]
    Minute,
    /// An hour in UTC.
    Hour,
    /// A day in UTC.
    Day,
}

impl TimeUnit {
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Minute, Self::Hour, Self::Day].into_iter().find(|unit| unit.as_str() == word)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// The length in seconds.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => SECONDS_PER_DAY,
        }
    }

    /// The beginning of the unit that contains `moment`.
    pub fn start(self, moment: Timestamp) -> Timestamp {
        Timestamp::from_seconds(moment.seconds().div_euclid(self.seconds()) * self.seconds())
    }

    /// The end of the unit that contains `moment`: the beginning of the next one.
    pub fn end(self, moment: Timestamp) -> Timestamp {
        self.start(moment).plus_seconds(self.seconds())
    }
}
