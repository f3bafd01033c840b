use std::fmt;

use crate::time::Timestamp;

/// The last time that an error came back after it was resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Regression {
    /// When the occurrence that brought it back was received.
    pub at: Timestamp,
    /// The release of that occurrence, at most 200 bytes.
    pub release: Option<String>,
    /// How often the error has come back, including this time.
    pub count: u64,
}

/// The text is not the text form of a regression.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "`{0}` is not the text form of a regression: it must be a time in microseconds, a count, and perhaps a release"
)]
pub struct BadRegression(String);

impl Regression {
    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Self, BadRegression> {
        let parsed = || {
            let mut parts = text.splitn(3, ' ');
            let at = Timestamp::from_micros(parts.next()?.parse().ok()?);
            let count = parts.next()?.parse().ok()?;
            Some(Self { at, count, release: parts.next().map(str::to_owned) })
        };
        parsed().ok_or_else(|| BadRegression(text.chars().take(80).collect()))
    }
}

/// The text form, which is short because each commit writes it: the time in microseconds, the count, and the release if
/// there is one, such as `1793577820000000 2 shop@1.2.3`.
impl fmt::Display for Regression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at.micros(), self.count)?;
        self.release.iter().try_for_each(|release| write!(f, " {release}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_is_read_back() {
        for release in [None, Some("shop@1.2.3"), Some("a name with spaces"), Some("")] {
            let at = Timestamp::from_micros(1_793_577_820_000_001);
            let regression = Regression { at, release: release.map(str::to_owned), count: 2 };
            assert_eq!(Regression::parse(&regression.to_string()), Ok(regression));
        }
        for bad in ["", "1", "x 1 a", "1 x a", "1  a"] {
            assert!(Regression::parse(bad).unwrap_err().to_string().contains("text form"), "{bad}");
        }
    }
}
