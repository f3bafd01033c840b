//! Attribute values, in the JSON of DynamoDB's API.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::number::Number;

/// An item: its attributes by name.
pub(super) type Item = BTreeMap<String, Value>;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq, Hash, Serialize, Deserialize)]
pub(super) enum Value {
    S(String),
    N(Number),
    B(Binary),
    #[serde(rename = "BOOL")]
    Bool(bool),
    #[serde(rename = "NULL")]
    Null(bool),
    M(Item),
    L(Vec<Self>),
    #[serde(rename = "SS")]
    Strings(Set<String>),
    #[serde(rename = "NS")]
    Numbers(Set<Number>),
    #[serde(rename = "BS")]
    Binaries(Set<Binary>),
}

/// Bytes, which are Base64 in JSON.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Binary(pub(super) Vec<u8>);

/// A set. It is never empty.
#[derive(Clone, Debug, PartialEq, Hash, Serialize)]
#[serde(transparent)]
pub(super) struct Set<T>(pub(super) BTreeSet<T>);

impl Value {
    /// The name of the type, as in `attribute_type`.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::Bool(_) => "BOOL",
            Self::Null(_) => "NULL",
            Self::M(_) => "M",
            Self::L(_) => "L",
            Self::Strings(_) => "SS",
            Self::Numbers(_) => "NS",
            Self::Binaries(_) => "BS",
        }
    }

    /// Compares two strings, numbers or binaries; `None` for other types and for values of different types.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::S(left), Self::S(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
            (Self::N(left), Self::N(right)) => Some(left.cmp(right)),
            (Self::B(left), Self::B(right)) => Some(left.cmp(right)),
            _ => None,
        }
    }

    /// The number of bytes that DynamoDB counts for the value.
    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
    pub(super) fn size(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number.size(),
            Self::B(bytes) => bytes.0.len(),
            Self::Bool(_) | Self::Null(_) => 1,
            Self::M(map) => 3 + map.iter().map(|(name, value)| 1 + name.len() + value.size()).sum::<usize>(),
            Self::L(list) => 3 + list.iter().map(|value| 1 + value.size()).sum::<usize>(),
            Self::Strings(set) => set.0.iter().map(String::len).sum(),
            Self::Numbers(set) => set.0.iter().map(Number::size).sum(),
            Self::Binaries(set) => set.0.iter().map(|bytes| bytes.0.len()).sum(),
        }
    }
}

/// The number of bytes that DynamoDB counts for an item.
pub(super) fn item_size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value.size()).sum()
}

impl Serialize for Binary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64_STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Binary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'_, str>::deserialize(deserializer)?;
        let bytes = BASE64_STANDARD.decode(text.as_bytes());
        bytes.map(Self).map_err(|_| D::Error::custom("a binary value is not valid Base64"))
    }
}

impl<'de, T: Deserialize<'de> + Ord> Deserialize<'de> for Set<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Vec::<T>::deserialize(deserializer)?;
        let len = members.len();
        let set: BTreeSet<_> = members.into_iter().collect();
        match set.len() {
            0 => Err(D::Error::custom("a set may not be empty")),
            distinct if distinct < len => Err(D::Error::custom("a set contains duplicates")),
            _ => Ok(Self(set)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Item, item_size};

    fn item(json: &str) -> Result<Item, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn values_are_written_as_they_were_read() {
        let json = r#"{"a":{"S":"ä"},"b":{"B":"AAEC"},"c":{"BOOL":true},"d":{"NULL":true},"e":{"M":{"x":{"N":"1.5"}}},"f":{"L":[{"S":""}]},"g":{"SS":["a","b"]},"h":{"NS":["2","10"]},"i":{"BS":["AA=="]}}"#;
        let read = item(json).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
        // Names 9; 2, 3, 1, 1, 3 + 1 + 1 + 2, 3 + 1, 2, 2 + 2, 1.
        assert_eq!(item_size(&read), 9 + 2 + 3 + 1 + 1 + 7 + 4 + 2 + 4 + 1);
    }

    #[test]
    fn damaged_values_are_refused() {
        for json in [
            r#"{"a":{"X":"1"}}"#,
            r#"{"a":{"N":"one"}}"#,
            r#"{"a":{"B":"?"}}"#,
            r#"{"a":{"SS":[]}}"#,
            r#"{"a":{"SS":["a","a"]}}"#,
            r#"{"a":{"NS":["1","1.0"]}}"#,
            r#"{"a":{"S":"1","N":"1"}}"#,
            r#"{"a":{}}"#,
        ] {
            assert!(item(json).is_err(), "{json}");
        }
    }
}
