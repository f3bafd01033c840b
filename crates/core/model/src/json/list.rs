//! Lists whose values stay text.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::NotJson;
use super::check::{Check, Tally};

/// The first entries of a list, as text, and the number of all entries. A list of millions of entries takes no more
/// memory than its text.
#[derive(Debug)]
pub struct CappedList<const MAX_ENTRIES: usize> {
    /// The first entries, at most `MAX_ENTRIES`.
    pub first: Vec<Box<RawValue>>,
    /// The number of all entries.
    pub count: usize,
}

impl<'de, const MAX_ENTRIES: usize> Deserialize<'de> for CappedList<MAX_ENTRIES> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Entries)
    }
}

struct Entries<const MAX_ENTRIES: usize>;

impl<'de, const MAX_ENTRIES: usize> Visitor<'de> for Entries<MAX_ENTRIES> {
    type Value = CappedList<MAX_ENTRIES>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<CappedList<MAX_ENTRIES>, A::Error> {
        let mut first = Vec::new();
        while first.len() < MAX_ENTRIES {
            match list.next_element()? {
                Some(entry) => first.push(entry),
                None => return Ok(CappedList { count: first.len(), first }),
            }
        }
        let mut count = first.len();
        while list.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(CappedList { first, count })
    }
}

/// The size of a value once it is parsed, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// As serde_json writes it: escapes become characters, spaces disappear, and `1e15` becomes four times as long.
    pub written: usize,
    /// An upper estimate of its size in memory.
    pub memory: usize,
}

/// Measures the value in `text`. Nothing is built to find out.
pub fn size(text: &str) -> Result<Size, NotJson> {
    let tally = Tally { writes: true, ..Tally::default() };
    let mut reader = serde_json::Deserializer::from_str(text);
    Check::value(0, &tally).deserialize(&mut reader).map_err(|error| NotJson(error.to_string()))?;
    Ok(Size { written: tally.written.get(), memory: tally.memory.get() })
}
