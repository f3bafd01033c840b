//! Numbers of DynamoDB: decimal, with up to 38 digits, exact.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use bigdecimal::BigDecimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The most significant digits of a number.
const MAX_DIGITS: u64 = 38;
/// Numbers with at most this many digits fit into an `i64`.
const SMALL_DIGITS: usize = 18;
/// The exponents of the first digit of the smallest and of the largest number.
const MAGNITUDES: std::ops::RangeInclusive<i64> = -130..=125;

/// A number, in DynamoDB's only spelling of it: without an exponent and without superfluous zeros.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Number(String);

impl Number {
    /// Reads a number in any spelling.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if small(text).is_some_and(|value| value.to_string() == text) {
            return Ok(Self(text.to_owned()));
        }
        let value = BigDecimal::from_str(text).map_err(|_| "A value provided cannot be converted into a number")?;
        Self::of_decimal(&value)
    }

    fn of_decimal(value: &BigDecimal) -> Result<Self, &'static str> {
        let value = value.normalized();
        let (digits, scale) = (value.digits(), value.fractional_digit_count());
        if digits > MAX_DIGITS {
            return Err("Attempting to store more than 38 significant digits in a Number");
        }
        let magnitude = i64::try_from(digits).unwrap_or(i64::MAX).saturating_sub(scale).saturating_sub(1);
        if value != 0 && !MAGNITUDES.contains(&magnitude) {
            return Err(match magnitude < 0 {
                true => "Number underflow. Attempting to store a number with magnitude smaller than supported range",
                false => "Number overflow. Attempting to store a number with magnitude larger than supported range",
            });
        }
        Ok(Self(value.to_plain_string()))
    }

    fn decimal(&self) -> BigDecimal {
        // Only checked text gets into a number.
        BigDecimal::from_str(&self.0).unwrap_or_default()
    }

    pub(super) fn plus(&self, other: &Self) -> Result<Self, &'static str> {
        match (small(&self.0), small(&other.0)) {
            (Some(left), Some(right)) => Ok(Self((left + right).to_string())),
            _ => Self::of_decimal(&(self.decimal() + other.decimal())),
        }
    }

    pub(super) fn minus(&self, other: &Self) -> Result<Self, &'static str> {
        match (small(&self.0), small(&other.0)) {
            (Some(left), Some(right)) => Ok(Self((left - right).to_string())),
            _ => Self::of_decimal(&(self.decimal() - other.decimal())),
        }
    }

    /// The number in whole seconds, if it is one.
    pub(super) fn as_seconds(&self) -> Option<i64> {
        small(&self.0)
    }

    /// The number of bytes that DynamoDB counts for it: about one for two digits, and one.
    pub(super) fn size(&self) -> usize {
        self.0.bytes().filter(u8::is_ascii_digit).count().div_ceil(2) + 1
    }
}

/// The value of a whole number with few digits.
fn small(text: &str) -> Option<i64> {
    if text.len() > SMALL_DIGITS { None } else { text.parse().ok() }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (small(&self.0), small(&other.0)) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => self.decimal().cmp(&other.decimal()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn each_number_has_one_spelling() {
        for (text, spelled) in [
            ("0", "0"),
            ("-0", "0"),
            ("007", "7"),
            ("+7", "7"),
            ("1e3", "1000"),
            ("1.50", "1.5"),
            ("-12.300", "-12.3"),
            ("1E-5", "0.00001"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
        ] {
            assert_eq!(Number::parse(text).unwrap().to_string(), spelled, "{text}");
        }
        for text in ["", "a", "1e126", "1e-131", "123456789012345678901234567890123456789", "NaN"] {
            assert!(Number::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_are_compared_and_added_as_decimals() {
        let number = |text| Number::parse(text).unwrap();
        assert!(number("9") < number("10"));
        assert!(number("-1") < number("0.5"));
        assert_eq!(number("0.1").plus(&number("0.2")).unwrap(), number("0.3"));
        assert_eq!(number("999999999999999999").plus(&number("1")).unwrap().to_string(), "1000000000000000000");
        assert_eq!(number("1").minus(&number("3")).unwrap().to_string(), "-2");
        assert!(number("9e125").plus(&number("9e125")).is_err());
    }
}
