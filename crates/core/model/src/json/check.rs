//! Walking through JSON without building it.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt::{self, Display};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{NotJson, repair};

/// Maximum nesting of JSON from clients. What is stored and shown of it adds a few levels around it, and serde_json
/// reads 127 levels.
pub const MAX_DEPTH: u8 = 100;

/// serde_json treats an object with this private key as embedded raw JSON text. Such objects are refused, because
/// something else would be parsed than was checked.
const RAW: &str = "$serde_json::private::RawValue";

/// Returns `bytes`, unchanged or repaired as by [`parse`](super::parse), if they are JSON that is nested at most
/// `levels` deep. For JSON from clients, `levels` is [`MAX_DEPTH`]. What passes here can be parsed later, also as a
/// part of what is stored and shown: the same parser goes through every value.
pub fn check(bytes: &[u8], levels: u8) -> Result<Cow<'_, [u8]>, NotJson> {
    measure(bytes, levels).map(|(text, _)| text)
}

/// Does the same as [`check`], and also returns an upper estimate of the memory that the parsed value takes, in bytes.
/// This can be fifty times the size of the JSON. Nothing is built to find out.
pub fn measure(bytes: &[u8], levels: u8) -> Result<(Cow<'_, [u8]>, usize), NotJson> {
    repaired(bytes, |bytes| {
        let tally = Tally::default();
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        Check { levels, kept: 0, tally: &tally }.deserialize(&mut reader)?;
        reader.end()?;
        Ok(tally.memory.get())
    })
}

/// Returns what `read` returns for `bytes`, or for the repaired bytes if it fails, together with the text that was
/// read.
pub(super) fn repaired<T>(
    bytes: &[u8],
    read: impl Fn(&[u8]) -> serde_json::Result<T>,
) -> Result<(Cow<'_, [u8]>, T), NotJson> {
    let error = match read(bytes) {
        Ok(value) => return Ok((Cow::Borrowed(bytes), value)),
        Err(error) => error,
    };
    let repaired = repair::repair(bytes);
    match read(&repaired) {
        Ok(value) => Ok((Cow::Owned(repaired), value)),
        Err(_) => Err(NotJson(error.to_string())),
    }
}

/// Totals that are counted on the way.
#[derive(Default)]
pub(crate) struct Tally {
    /// The memory that the values take once they are parsed, in bytes.
    pub(crate) memory: Cell<usize>,
    /// The length of the values as serde_json writes them, in bytes. Counted only if `writes` is set.
    pub(crate) written: Cell<usize>,
    /// Whether `written` is wanted.
    pub(crate) writes: bool,
}

/// Memory of a value in a list, in bytes.
const VALUE: usize = 32;
/// Memory of a text in addition to its bytes, and of an allocation for a list.
const ALLOCATION: usize = 16;
/// Memory of a list that is not empty, in bytes.
const LIST: usize = 4 * VALUE + ALLOCATION;
/// Memory of an object that is not empty, and of each of its entries in addition to the value, in bytes.
const OBJECT: usize = 640;
const ENTRY: usize = 64;

impl Tally {
    fn value(&self, more: usize) {
        self.memory.set(self.memory.get() + VALUE + more);
    }

    fn more(&self, more: usize) {
        self.memory.set(self.memory.get() + more);
    }

    fn write(&self, length: impl FnOnce() -> usize) {
        if self.writes {
            self.written.set(self.written.get() + length());
        }
    }

    /// Counts the key of an entry of an object.
    pub(crate) fn entry(&self, key: &str) {
        self.more(ENTRY);
        self.text(key);
    }

    fn text(&self, text: &str) {
        self.more(ALLOCATION + text.len());
        self.write(|| 2 + text.bytes().map(escaped_length).sum::<usize>());
    }
}

/// The number of bytes that serde_json writes for one byte of a text.
fn escaped_length(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..=0x1f => 6,
        _ => 1,
    }
}

fn digits(number: u64) -> usize {
    number.checked_ilog10().unwrap_or_default() as usize + 1
}

/// Walks through a value.
#[derive(Clone, Copy)]
pub(crate) struct Check<'a> {
    /// The maximum number of levels that the value may have.
    levels: u8,
    /// A text or number of at most this many bytes is returned. 0 returns nothing.
    kept: usize,
    tally: &'a Tally,
}

/// A text or number that was returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    Text(String),
    /// A number, as it was written.
    Number(String),
}

impl Word {
    /// Returns the text, unless it is a number.
    pub fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Number(_) => None,
        }
    }
}

impl<'a> Check<'a> {
    /// Checks a value of the top-level object. The value is returned if it is a word of at most `kept` bytes.
    pub(crate) fn value(kept: usize, tally: &'a Tally) -> Self {
        Self { levels: MAX_DEPTH - 1, kept, tally }
    }

    /// Refuses keys that have a special meaning for the parser.
    pub(crate) fn key<E: Error>(key: &str) -> Result<(), E> {
        if key == RAW {
            Err(E::custom(format_args!("objects with the reserved key `{RAW}` are not supported")))
        } else {
            Ok(())
        }
    }

    fn within<E: Error>(self) -> Result<Self, E> {
        let too_deep = || E::custom("nested too deep");
        let levels = self.levels.checked_sub(1).ok_or_else(too_deep)?;
        Ok(Self { levels, kept: 0, tally: self.tally })
    }

    fn number(self, length: impl FnOnce() -> usize, number: impl Display) -> Option<Word> {
        self.tally.value(0);
        self.tally.write(length);
        (self.kept > 0).then(|| Word::Number(number.to_string()))
    }
}

impl<'de> DeserializeSeed<'de> for Check<'_> {
    type Value = Option<Word>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<Word>, D::Error> {
        // Not `IgnoredAny`, which neither counts the depth nor looks at escapes.
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check<'_> {
    type Value = Option<Word>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, boolean: bool) -> Result<Option<Word>, E> {
        self.tally.value(0);
        self.tally.write(|| if boolean { 4 } else { 5 });
        Ok(None)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Option<Word>, E> {
        Ok(self.number(|| usize::from(number < 0) + digits(number.unsigned_abs()), number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Option<Word>, E> {
        Ok(self.number(|| digits(number), number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Option<Word>, E> {
        Ok(self.number(|| serde_json::Value::from(number).to_string().len(), number))
    }

    fn visit_unit<E>(self) -> Result<Option<Word>, E> {
        self.tally.value(0);
        self.tally.write(|| 4);
        Ok(None)
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<Word>, E> {
        self.tally.value(0);
        self.tally.text(text);
        Ok((text.len() <= self.kept && self.kept > 0).then(|| Word::Text(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Option<Word>, A::Error> {
        let entry = self.within()?;
        self.tally.value(0);
        let mut count = 0;
        while list.next_element_seed(entry)?.is_some() {
            count += 1;
        }
        self.tally.more(if count > 0 { LIST } else { 0 });
        self.tally.write(|| 2 + usize::saturating_sub(count, 1));
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Option<Word>, A::Error> {
        let entry = self.within()?;
        self.tally.value(0);
        let mut count = 0;
        while map.next_key_seed(Key(self.tally))?.is_some() {
            map.next_value_seed(entry)?;
            count += 1;
        }
        self.tally.more(if count > 0 { OBJECT + count * ENTRY } else { 0 });
        // A colon for each entry, and a comma for each but the first.
        self.tally.write(|| 2 + count + usize::saturating_sub(count, 1));
        Ok(None)
    }
}

/// A key, which is checked like a text and not returned.
struct Key<'a>(&'a Tally);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<(), E> {
        self.0.text(key);
        Check::key(key)
    }
}

#[cfg(test)]
mod tests;
