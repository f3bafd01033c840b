//! Going through JSON without building it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{NotJson, repair};

/// How deep what clients send may be nested. What is stored of it, and shown, has some levels around it, and serde_json
/// reads 127 of them.
pub const MAX_DEPTH: u8 = 100;

/// An object with this key is taken for text of JSON by serde_json, and is read as what the text says, or not at all.
const RAW: &str = "$serde_json::private::RawValue";

/// `bytes` as they are, or repaired as by [`parse`](super::parse), if they are JSON that is nested at most `levels` deep,
/// which is [`MAX_DEPTH`] for what clients send. What passes here can be parsed later, and also within what is stored and shown of it: the same parser goes
/// through every value.
pub fn check(bytes: &[u8], levels: u8) -> Result<Cow<'_, [u8]>, NotJson> {
    let through = |bytes: &[u8]| {
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        Check { levels, kept: false }.deserialize(&mut reader)?;
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
    /// A value of a text that is an object.
    pub(crate) const VALUE: Self = Self { levels: MAX_DEPTH - 1, kept: false };
    /// The same, given back if it is a short text.
    pub(crate) const WORD: Self = Self { levels: MAX_DEPTH - 1, kept: true };

    /// Refuses the keys that mean something to the parser.
    pub(crate) fn key<E: Error>(key: &str) -> Result<(), E> {
        if key == RAW { Err(E::custom(format_args!("no object to be stored: its key is `{RAW}`"))) } else { Ok(()) }
    }

    fn within<E: Error>(self) -> Result<Self, E> {
        let too_deep = || E::custom("nested too deep");
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

    fn visit_str<E: Error>(self, key: &str) -> Result<Key, E> {
        Check::key(key).map(|()| Key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Value, parse};

    #[test]
    fn what_is_repaired_when_it_is_parsed_is_repaired_here() {
        assert_eq!(check(b"{\"a\":1}", MAX_DEPTH).unwrap(), Cow::Borrowed(b"{\"a\":1}"));
        assert_eq!(*check(b"{\"a\":NaN}", MAX_DEPTH).unwrap(), *b"{\"a\":null}");
        assert_eq!(
            check(b"{\"a\":}", MAX_DEPTH).unwrap_err().to_string(),
            "not JSON: expected value at line 1 column 6"
        );
    }

    #[test]
    fn the_depth_is_bounded() {
        let list = |depth: u8| ["[".repeat(depth.into()), "]".repeat(depth.into())].concat();
        let objects = |depth: u8| ["{\"a\":".repeat(depth.into()), "1".to_owned(), "}".repeat(depth.into())].concat();
        for text in [list(MAX_DEPTH), objects(MAX_DEPTH)] {
            assert!(check(text.as_bytes(), MAX_DEPTH).is_ok(), "{text}");
        }
        for text in [list(MAX_DEPTH + 1), objects(MAX_DEPTH + 1)] {
            let error = check(text.as_bytes(), MAX_DEPTH).unwrap_err().to_string();
            assert!(error.contains("nested too deep"), "{error}");
        }
        assert!(check(list(3).as_bytes(), 3).is_ok());
        assert!(check(list(4).as_bytes(), 3).is_err());
    }

    /// To the parser it is no object, but what its text says: at any depth, or none.
    #[test]
    fn what_means_something_to_the_parser_is_refused() {
        for text in [r#"{"a":[{"$serde_json::private::RawValue":1}]}"#, r#"{"$serde_json::private::RawValue":"[]"}"#] {
            let error = check(text.as_bytes(), MAX_DEPTH).unwrap_err().to_string();
            assert!(error.contains("no object to be stored"), "{error}");
        }
    }

    proptest::proptest! {
        /// An event that was answered with success can be digested: both readings agree on what is JSON.
        #[test]
        fn both_readings_agree(text in r#"[\{\}\[\]:,"\\a-c0-9eE.\-+ NaIu\u{0}-\u{1f}]{0,24}"#) {
            let text = format!("{{\"a\":{text}}}");
            proptest::prop_assert_eq!(check(text.as_bytes(), MAX_DEPTH).is_ok(), parse::<Value>(text.as_bytes()).is_ok());
        }
    }
}
