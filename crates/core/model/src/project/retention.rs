use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};

/// The number of days that a project's occurrences are kept, if the project sets it. Only certain numbers are possible,
/// because each has its own rule in the bucket's lifecycle, which deletes expired segments without any code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Retention(u16);

/// The number of days is not one of the possible ones.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{0} is not a possible retention: it must be 7, 14, 30, 60, 90, 180 or 365 days, or null for the stack's default"
)]
pub struct BadRetention(u64);

impl Retention {
    /// All possible numbers of days. None may ever be removed, because segments may still be stored under it.
    pub const ALL: [Self; 7] = [Self(7), Self(14), Self(30), Self(60), Self(90), Self(180), Self(365)];

    /// The retention with this number of days.
    pub fn of_days(days: u64) -> Result<Self, BadRetention> {
        Self::ALL.into_iter().find(|class| u64::from(class.0) == days).ok_or(BadRetention(days))
    }

    pub fn days(self) -> u32 {
        self.0.into()
    }
}

impl<'de> Deserialize<'de> for Retention {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of_days(u64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Retention {
    fn schema_name() -> Cow<'static, str> {
        "RetentionDays".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "enum": Self::ALL })
    }
}

impl fmt::Display for Retention {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_days_is_a_class_or_is_named() {
        for class in Retention::ALL {
            assert_eq!(Retention::of_days(class.days().into()), Ok(class));
        }
        for bad in [0, 1, 31, 366, 65_536 + 7] {
            let error = Retention::of_days(bad).unwrap_err().to_string();
            assert!(error.starts_with(&bad.to_string()), "{error}");
            for class in Retention::ALL {
                assert!(error.contains(&format!(" {class}")), "{error}");
            }
        }
    }
}
