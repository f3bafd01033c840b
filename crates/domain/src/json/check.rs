//! Going through JSON without building it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{NotJson, repair};

/// How deep what clients send may be nested. What is stored of it, and shown, has some levels around it, and serde_json
/// reads 127 of them.
pub const MAX_DEPTH: u8 = 100;

/// `bytes` as they are, or repaired as by [`parse`](super::parse), if they are JSON that is nested at most [`MAX_DEPTH`]
/// deep. What passes here can be parsed later, and also within what is stored and shown of it: the same parser goes
/// through every value.
pub fn check(bytes: &[u8]) -> Result<Cow<'_, [u8]>, NotJson> {
    let through = |bytes: &[u8]| {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        Check::TOP.deserialize(&mut reader)?;
        reader.end()
    };
    let Err(error) = through(bytes) else { return Ok(Cow::Borrowed(bytes)) };
    let repaired = repair::repair(bytes);
    match through(&repaired) {
        Ok(()) => Ok(Cow::Owned(repaired)),
        Err(_) => Err(NotJson(error.to_string())),
    }
}

/// Goes through a value.
#[derive(Clone, Copy)]
pub(crate) struct Check {
    /// How many levels it may have.
    levels: u8,
    /// Whether it is given back if it is a short text.
    kept: bool,
}

/// The longest text that is kept, in bytes.
const MAX_KEPT: usize = 64;

impl Check {
    /// A whole text.
    const TOP: Self = Self { levels: MAX_DEPTH, kept: false };
    /// A value of a text that is an object.
    pub(crate) const VALUE: Self = Self { levels: MAX_DEPTH - 1, kept: false };
    /// The same, given back if it is a short text.
    pub(crate) const WORD: Self = Self { levels: MAX_DEPTH - 1, kept: true };

    fn within<E: Error>(self) -> Result<Self, E> {
        let too_deep = || E::custom(format_args!("nested more than {MAX_DEPTH} levels deep"));
        let levels = self.levels.checked_sub(1).ok_or_else(too_deep)?;
        Ok(Self { levels, kept: false })
    }
}

impl<'de> DeserializeSeed<'de> for Check {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<String>, D::Error> {
        // Not `IgnoredAny`, which neither counts the depth nor looks at escapes.
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<String>, E> {
        Ok((self.kept && text.len() <= MAX_KEPT).then(|| text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<String>, A::Error> {
        let entry = self.within()?;
        while list.next_element_seed(entry)?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<String>, A::Error> {
        let entry = self.within()?;
        while map.next_key::<Key>()?.is_some() {
            map.next_value_seed(entry)?;
        }
        Ok(None)
    }
}

/// A key that is checked as a text, and not kept.
struct Key;

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, _: &str) -> Result<Key, E> {
        Ok(Key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Value, parse};

    #[test]
    fn what_is_repaired_when_it_is_parsed_is_repaired_here() {
        assert_eq!(check(b"{\"a\":1}").unwrap(), Cow::Borrowed(b"{\"a\":1}"));
        assert_eq!(*check(b"{\"a\":NaN}").unwrap(), *b"{\"a\":null}");
        assert_eq!(check(b"{\"a\":}").unwrap_err().to_string(), "not JSON: expected value at line 1 column 6");
    }

    #[test]
    fn the_depth_is_bounded() {
        let list = |depth: u8| ["[".repeat(depth.into()), "]".repeat(depth.into())].concat();
        let objects = |depth: u8| ["{\"a\":".repeat(depth.into()), "1".to_owned(), "}".repeat(depth.into())].concat();
        for text in [list(MAX_DEPTH), objects(MAX_DEPTH)] {
            assert!(check(text.as_bytes()).is_ok(), "{text}");
        }
        for text in [list(MAX_DEPTH + 1), objects(MAX_DEPTH + 1)] {
            let error = check(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("more than 100 levels deep"), "{error}");
        }
    }

    proptest::proptest! {
        /// An event that was answered with success can be digested: both readings agree on what is JSON.
        #[test]
        fn both_readings_agree(text in r#"[\{\}\[\]:,"\\a-c0-9eE.\-+ NaIu\u{0}-\u{1f}]{0,24}"#) {
            let text = format!("{{\"a\":{text}}}");
            proptest::prop_assert_eq!(check(text.as_bytes()).is_ok(), parse::<Value>(text.as_bytes()).is_ok());
        }
    }
}
