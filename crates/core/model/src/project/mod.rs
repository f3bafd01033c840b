//! What a project says about itself.

mod limits;
mod origins;
mod retention;

pub use limits::{BadLimit, Limit, Limits, Mark, Window};
pub use origins::{BadOrigins, Origins};
pub use retention::{BadRetention, Retention};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::{SECONDS_PER_DAY, Timestamp};

/// How much a project matters: what its rules do that do not say when to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Every crossing counts.
    Critical,
    /// New errors, and those that come back.
    #[default]
    Standard,
    /// New errors, collected.
    Low,
}

impl Tier {
    /// From its word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Critical, Self::Standard, Self::Low].into_iter().find(|tier| tier.as_str() == word)
    }

    /// Its word.
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
    /// All of them: whoever has a client key says where what it posts is sent.
    #[default]
    Any,
    /// Those that an admin sealed by `POST /encrypt`.
    Sealed,
    /// Posted configs are not used.
    Off,
}

impl PostedConfigs {
    /// From its word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Any, Self::Sealed, Self::Off].into_iter().find(|which| which.as_str() == word)
    }

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Sealed => "sealed",
            Self::Off => "off",
        }
    }
}

/// The span in which occurrences are counted for thresholds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeUnit {
    /// As in v1.
    #[default]
    Minute,
    /// An hour of UTC.
    Hour,
    /// A day of UTC.
    Day,
}

impl TimeUnit {
    /// From its word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Minute, Self::Hour, Self::Day].into_iter().find(|unit| unit.as_str() == word)
    }

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// Its length, in seconds.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => SECONDS_PER_DAY,
        }
    }

    /// The beginning of the unit that `moment` is in.
    pub fn start(self, moment: Timestamp) -> Timestamp {
        Timestamp::from_seconds(moment.seconds().div_euclid(self.seconds()) * self.seconds())
    }
}
