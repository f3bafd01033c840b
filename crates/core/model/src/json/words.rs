//! Taking a few words out of an object without building the rest.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::NotJson;
use super::check::{Check, Tally, Word, repaired};

/// Returns the words at `keys` of the object in `bytes`, and the memory that the parsed object would take. The object
/// is checked as by [`check`](super::check), and repaired if needed. If a key occurs twice, the last one counts. A word
/// is a text or a number of at most `longest` bytes. Other values count as missing.
pub fn words<const N: usize>(
    bytes: &[u8],
    keys: [&str; N],
    longest: usize,
) -> Result<([Option<Word>; N], usize), NotJson> {
    let read = |bytes: &[u8]| {
        let tally = Tally::default();
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let words = Words { keys, longest, tally: &tally }.deserialize(&mut reader)?;
        reader.end()?;
        Ok((words, tally.memory.get()))
    };
    repaired(bytes, read).map(|(_, found)| found)
}

struct Words<'a, const N: usize> {
    keys: [&'a str; N],
    longest: usize,
    tally: &'a Tally,
}

impl<'de, const N: usize> DeserializeSeed<'de> for Words<'_, N> {
    type Value = [Option<Word>; N];

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Words<'_, N> {
    type Value = [Option<Word>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut words = [const { None }; N];
        while let Some(key) = map.next_key::<String>()? {
            Check::key(&key)?;
            self.tally.entry(&key);
            match self.keys.iter().position(|wanted| *wanted == key) {
                Some(at) => words[at] = map.next_value_seed(Check::value(self.longest, self.tally))?,
                None => drop(map.next_value_seed(Check::value(0, self.tally))?),
            }
        }
        Ok(words)
    }
}
