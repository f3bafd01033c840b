use std::collections::BTreeMap;
use std::fmt;

use serde::de::Error as _;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::cut;
use crate::occurrence::Occurrence;

/// How often which values of which tags were seen: the most frequent ones.
///
/// It is bounded, since each commit writes it: 20 tags, the first that came; eight values of each; names of at most 32
/// bytes, values cut to 60; together 2 KB. While a tag has no more values than are held, each count is exact. Beyond, it
/// is a *space-saving* sketch (Metwally, Agrawal, El Abbadi, 2005): a value that comes anew takes the place of the rarest
/// one, and of each is known between which bounds its count is. A value that more than an eighth of the occurrences have
/// is always held, if its tag has all eight places.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    tags: BTreeMap<String, Tag>,
    /// Whether there were tags that are not held.
    is_partial: bool,
}

/// One tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// How many occurrences had it.
    total: u64,
    /// A value that is not held was seen this often at the most.
    floor: u64,
    values: Vec<TagValue>,
}

/// A value of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagValue {
    /// The value, cut to 60 bytes: longer ones with the same beginning are counted as one.
    pub text: String,
    /// It was seen this often at the least.
    pub at_least: u64,
    /// It was seen this often at the most.
    pub at_most: u64,
}

const MAX_NAME: usize = 32;
const MAX_VALUE: usize = 60;
/// The longest text form, in bytes. One value of each tag always has room in it.
const MAX_BYTES: usize = 2_048;

/// The tags of an occurrence that are counted. One more than are held tells that there were more.
pub(super) fn tagged(occurrence: &Occurrence) -> Vec<(String, String)> {
    let tags = occurrence.all_tags().into_iter().take(Tags::MAX_TAGS + 1);
    tags.map(|(name, value)| (name.to_owned(), held(&value))).collect()
}

/// The value as it is held.
pub(crate) fn held(value: &str) -> String {
    cut(value, MAX_VALUE)
}

impl Tags {
    /// The most tags that are held.
    pub const MAX_TAGS: usize = 20;
    /// The most values that are held of each.
    pub const MAX_VALUES: usize = 8;

    /// A value as it is held: cut to 60 bytes.
    pub(crate) fn held(value: &str) -> &str {
        &value[..value.floor_char_boundary(MAX_VALUE)]
    }

    /// Whether this value of this tag is held.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.tags.get(name).is_some_and(|tag| tag.values.iter().any(|held| held.text == value))
    }

    /// The tags by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tag)> {
        self.tags.iter().map(|(name, tag)| (name.as_str(), tag))
    }

    /// Whether occurrences had tags that are not held: more than 20, or some with a name of more than 32 bytes.
    pub fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// Counts an occurrence.
    pub(super) fn add(&mut self, tagged: &[(String, String)]) {
        for (name, value) in tagged {
            let has_room = self.tags.len() < Self::MAX_TAGS;
            match self.tags.get_mut(name) {
                Some(tag) => tag.add(value),
                None if has_room && name.len() <= MAX_NAME => {
                    self.tags.entry(name.clone()).or_default().add(value);
                }
                None => self.is_partial = true,
            }
        }
    }

    /// Drops the rarest values of the longest tags until the text form is short enough: once a commit.
    pub(super) fn fit(&mut self) {
        let mut length = self.tags.iter().map(|(name, tag)| name.len() + tag.length()).sum::<usize>();
        while length > MAX_BYTES {
            let longest = self.tags.values_mut().filter(|tag| tag.values.len() > 1).max_by_key(|tag| tag.length());
            let Some(longest) = longest else { break };
            length -= longest.length();
            longest.drop_rarest();
            length += longest.length();
        }
    }

    /// Adds what another error had.
    pub fn join(&mut self, other: &Self) {
        self.is_partial |= other.is_partial;
        for (name, theirs) in &other.tags {
            let has_room = self.tags.len() < Self::MAX_TAGS;
            match self.tags.get_mut(name) {
                Some(tag) => tag.join(theirs),
                None if has_room => drop(self.tags.insert(name.clone(), theirs.clone())),
                None => self.is_partial = true,
            }
        }
        self.fit();
    }
}

impl Tag {
    /// How many occurrences had it.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// How many occurrences had a value that is not held, at the most.
    pub fn rest(&self) -> u64 {
        self.total.saturating_sub(self.values.iter().map(|value| value.at_least).sum())
    }

    /// Whether all values are held: then each count is exact.
    pub fn is_exact(&self) -> bool {
        self.floor == 0
    }

    /// The values that are held, the most frequent first.
    pub fn values(&self) -> Vec<&TagValue> {
        let mut values: Vec<_> = self.values.iter().collect();
        values.sort_by(|a, b| (b.at_most, b.at_least, &a.text).cmp(&(a.at_most, a.at_least, &b.text)));
        values
    }

    fn add(&mut self, value: &str) {
        self.total += 1;
        if let Some(held) = self.values.iter_mut().find(|held| held.text == value) {
            held.at_least += 1;
            held.at_most += 1;
            return;
        }
        if self.values.len() >= Tags::MAX_VALUES {
            self.drop_rarest();
        }
        self.values.push(TagValue { text: value.to_owned(), at_least: 1, at_most: self.floor + 1 });
    }

    /// What is dropped may come again: it is known to have been seen no more often than now.
    fn drop_rarest(&mut self) {
        let rarest = self.values.iter().enumerate().min_by_key(|(_, value)| (value.at_most, value.at_least));
        if let Some((index, _)) = rarest {
            self.floor = self.floor.max(self.values.swap_remove(index).at_most);
        }
    }

    fn join(&mut self, other: &Self) {
        for mine in &mut self.values {
            let theirs = other.values.iter().find(|theirs| theirs.text == mine.text);
            mine.at_least += theirs.map_or(0, |theirs| theirs.at_least);
            mine.at_most += theirs.map_or(other.floor, |theirs| theirs.at_most);
        }
        for theirs in &other.values {
            if !self.values.iter().any(|mine| mine.text == theirs.text) {
                self.values.push(TagValue { at_most: theirs.at_most + self.floor, ..theirs.clone() });
            }
        }
        self.total += other.total;
        self.floor += other.floor;
        while self.values.len() > Tags::MAX_VALUES {
            self.drop_rarest();
        }
    }

    /// About the bytes of its text form without its name; at least what they are.
    fn length(&self) -> usize {
        let digits = |number: u64| number.checked_ilog10().unwrap_or_default() as usize + 1;
        let value = |value: &TagValue| {
            let unsure = value.at_most - value.at_least;
            escaped(&value.text) + digits(value.at_least) + if unsure > 0 { digits(unsure) + 1 } else { 0 } + 2
        };
        self.values.iter().map(value).sum::<usize>() + digits(self.total) + digits(self.floor) + 8
    }
}

/// The length of a text in JSON, with its marks.
fn escaped(text: &str) -> usize {
    let more = |byte: u8| match byte {
        b'"' | b'\\' => 1,
        0..0x20 => 5,
        _ => 0,
    };
    text.len() + text.bytes().map(more).sum::<usize>() + 2
}

/// The text is not the text form of tags.
#[derive(Debug, thiserror::Error)]
#[error("`tags` is not the text form of tags: {0}")]
pub struct BadTags(serde_json::Error);

/// What stands for the name of the tags that are not held: no tag is named so.
const OTHERS: &str = "";

/// The text form: JSON, a list for each tag. It begins with the total, and the floor if there is one; then come the
/// values, each with the least it was seen, and how much more it may be, if that is not known:
/// `{"os":[41,3,"Linux",30,"Windows",4,3]}`.
impl fmt::Display for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others = self.is_partial.then(Tag::default);
        let tags: BTreeMap<&str, &Tag> = self.iter().chain(others.iter().map(|others| (OTHERS, others))).collect();
        f.write_str(&serde_json::to_string(&tags).map_err(|_| fmt::Error)?)
    }
}

impl Tags {
    /// From the text form.
    pub fn parse(text: &str) -> Result<Self, BadTags> {
        let mut tags: BTreeMap<String, Tag> = serde_json::from_str(text).map_err(BadTags)?;
        let is_partial = tags.remove(OTHERS).is_some();
        Ok(Self { tags, is_partial })
    }
}

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let numbers = |list: &mut S::SerializeSeq, number: u64, second: u64| {
            list.serialize_element(&number)?;
            if second > 0 { list.serialize_element(&second) } else { Ok(()) }
        };
        numbers(&mut list, self.total, self.floor)?;
        for TagValue { text, at_least, at_most } in &self.values {
            list.serialize_element(text)?;
            numbers(&mut list, *at_least, at_most - at_least)?;
        }
        list.end()
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Number(u64),
    Text(String),
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bad = || D::Error::custom("expected a list of a total, perhaps a floor, then texts, each with its counts");
        let words = Vec::<Word>::deserialize(deserializer)?;
        let mut words = words.into_iter().peekable();
        let numbers = |words: &mut std::iter::Peekable<std::vec::IntoIter<Word>>| {
            let mut number = || match words.next_if(|word| matches!(word, Word::Number(_))) {
                Some(Word::Number(number)) => Some(number),
                _ => None,
            };
            Some((number()?, number().unwrap_or_default()))
        };
        let (total, floor) = numbers(&mut words).ok_or_else(bad)?;
        let mut values = Vec::new();
        while let Some(word) = words.next() {
            let Word::Text(text) = word else { return Err(bad()) };
            let (at_least, unsure) = numbers(&mut words).ok_or_else(bad)?;
            let at_most = at_least.checked_add(unsure).ok_or_else(bad)?;
            values.push(TagValue { text, at_least, at_most });
        }
        Ok(Self { total, floor, values })
    }
}

#[cfg(test)]
mod tests;
