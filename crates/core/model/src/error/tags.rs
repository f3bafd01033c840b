mod form;
mod others;

use std::collections::BTreeMap;

use form::StoredTag;
use others::Others;
use serde::{Deserialize, Serialize};

use super::is_default;
use crate::occurrence::{Occurrence, short_value};

/// Counts of the most frequent values of an error's tags.
///
/// The size is bounded, because each commit writes it: `level`, `environment`, `release` and the first 20 other tags;
/// eight values of each; names of at most 32 bytes, values of at most 60 (see [`short_value`]); 2 KB in total. While a
/// tag has no more values than are kept, each count is exact. Beyond that it is a *space-saving* sketch (Metwally,
/// Agrawal, El Abbadi, 2005): a new value replaces the rarest one, and each count is known within bounds. A value that
/// more than an eighth of the occurrences have is always kept, if its tag has all eight places.
///
/// Values that were replaced are remembered by their hashes, so that [`Tags::has`] knows them: the newest 200 releases
/// and 200 environments, and 48 values of any other tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tags {
    #[serde(default, rename = "t", skip_serializing_if = "is_default")]
    tags: BTreeMap<String, Tag>,
    /// Whether there were tags that are not kept.
    #[serde(default, rename = "p", skip_serializing_if = "is_default")]
    is_partial: bool,
}

/// The counts of one tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "StoredTag", try_from = "StoredTag")]
pub struct Tag {
    /// The number of occurrences with this tag.
    total: u64,
    /// The maximum count of a value that is not kept.
    floor: u64,
    values: Vec<TagValue>,
    /// Values that were seen and are not kept.
    others: Others,
}

/// Whether an error was seen with a value of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Has {
    /// It was not seen with the value.
    No,
    /// It had more values than are remembered, and this may be one of them.
    Unknown,
    /// It was seen with the value. For values that are not kept this is decided by a hash of 40 bits, which is wrong
    /// once in 10^12 / 200 questions.
    Yes,
}

/// A value of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagValue {
    /// The value, as [`short_value`] returns it.
    pub text: String,
    /// The minimum of its count.
    pub at_least: u64,
    /// The maximum of its count.
    pub at_most: u64,
}

const MAX_NAME: usize = 32;
/// Maximum length of names, values and counts in the stored form, in bytes, without most keys and brackets. There is
/// always room for one value of each tag.
const MAX_BYTES: usize = 2_048;

/// The tags that are always kept, whatever other tags came first: errors are found by them.
const ALWAYS: [&str; 3] = ["level", "environment", "release"];
/// Maximum number of tags of an occurrence that are counted.
const MAX_COUNTED: usize = 250;

/// Returns the tags of an occurrence that are counted.
pub(super) fn tagged(occurrence: &Occurrence) -> Vec<(String, String)> {
    let tags = occurrence.all_tags().into_iter().take(MAX_COUNTED);
    tags.map(|(name, value)| (name.to_owned(), short_value(&value).into_owned())).collect()
}

impl Tags {
    /// Maximum number of tags that are kept in addition to `level`, `environment` and `release`.
    pub const MAX_TAGS: usize = 20;
    /// Maximum number of values that are kept of each tag.
    pub const MAX_VALUES: usize = 8;
    /// Maximum number of tags that are listed.
    pub const MAX_SHOWN_TAGS: usize = Self::MAX_TAGS + ALWAYS.len();

    /// Whether occurrences had this value of this tag.
    pub fn has(&self, name: &str, value: &str) -> Has {
        match self.tags.get(name) {
            Some(tag) => tag.has(&short_value(value)),
            None if self.is_partial && !ALWAYS.contains(&name) => Has::Unknown,
            None => Has::No,
        }
    }

    fn has_room(&self, name: &str) -> bool {
        let others = self.tags.keys().filter(|held| !ALWAYS.contains(&held.as_str())).count();
        ALWAYS.contains(&name) || (others < Self::MAX_TAGS && name.len() <= MAX_NAME)
    }

    /// The tags, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tag)> {
        self.tags.iter().map(|(name, tag)| (name.as_str(), tag))
    }

    /// Whether occurrences had tags that are not kept: more than 20, or some with names of more than 32 bytes.
    pub fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// Counts the tags of an occurrence.
    pub(super) fn add(&mut self, tagged: &[(String, String)]) {
        for (name, value) in tagged {
            if let Some(tag) = self.tags.get_mut(name) {
                tag.add(value);
            } else if self.has_room(name) {
                self.tags.entry(name.clone()).or_default().add(value);
            } else {
                self.is_partial = true;
            }
        }
    }

    /// Drops the rarest values of the longest tags until the stored form is short enough. Called once per commit.
    pub(super) fn fit(&mut self) {
        let mut length = self.tags.iter().map(|(name, tag)| name.len() + tag.length()).sum::<usize>();
        while length > MAX_BYTES {
            let longest = self.tags.values_mut().filter(|tag| tag.values.len() > 1).max_by_key(|tag| tag.length());
            let Some(longest) = longest else { break };
            length -= longest.length();
            longest.drop_rarest();
            length += longest.length();
        }
        for (name, tag) in &mut self.tags {
            tag.others.fit(ALWAYS.contains(&name.as_str()));
        }
    }

    /// Adds the counts of another error.
    pub fn join(&mut self, other: &Self) {
        let was_partial = self.is_partial;
        self.is_partial |= other.is_partial;
        for (name, tag) in &mut self.tags {
            // The other error may have had the tag without keeping it.
            if other.is_partial && !ALWAYS.contains(&name.as_str()) && !other.tags.contains_key(name) {
                tag.others.forget();
            }
        }
        for (name, theirs) in &other.tags {
            if let Some(tag) = self.tags.get_mut(name) {
                tag.join(theirs);
            } else if self.has_room(name) {
                let tag = self.tags.entry(name.clone()).or_insert_with(|| theirs.clone());
                if was_partial && !ALWAYS.contains(&name.as_str()) {
                    tag.others.forget();
                }
            } else {
                self.is_partial = true;
            }
        }
        self.fit();
    }
}

impl Tag {
    /// The number of occurrences with this tag.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The maximum number of occurrences with a value that is not kept.
    pub fn rest(&self) -> u64 {
        self.total.saturating_sub(self.values.iter().map(|value| value.at_least).sum())
    }

    /// Whether all values are kept, so that each count is exact.
    pub fn is_exact(&self) -> bool {
        self.floor == 0 && !self.others.is_lossy()
    }

    /// Expects `value` in the form that [`short_value`] returns.
    fn has(&self, value: &str) -> Has {
        match self.values.iter().any(|held| held.text == value) || self.others.has(value) {
            true => Has::Yes,
            false if self.others.is_lossy() => Has::Unknown,
            false => Has::No,
        }
    }

    /// The values that are kept, most frequent first.
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
        self.others.remove(value);
        self.values.push(TagValue { text: value.to_owned(), at_least: 1, at_most: self.floor + 1 });
    }

    /// Drops the rarest value. If it comes again, its count so far is known to be at most `floor`.
    fn drop_rarest(&mut self) {
        let rarest = self.values.iter().enumerate().min_by_key(|(_, value)| (value.at_most, value.at_least));
        if let Some((index, _)) = rarest {
            let dropped = self.values.swap_remove(index);
            self.floor = self.floor.max(dropped.at_most);
            self.others.insert(&dropped.text);
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
        self.others.join(&other.others);
        for held in &self.values {
            self.others.remove(&held.text);
        }
        while self.values.len() > Tags::MAX_VALUES {
            self.drop_rarest();
        }
    }

    /// The approximate length in bytes of the tag's values and counts in the stored form.
    fn length(&self) -> usize {
        let digits = |number: u64| number.checked_ilog10().unwrap_or_default() as usize + 1;
        let value = |value: &TagValue| {
            let unsure = value.at_most - value.at_least;
            escaped(&value.text) + digits(value.at_least) + if unsure > 0 { digits(unsure) + 1 } else { 0 } + 2
        };
        self.values.iter().map(value).sum::<usize>() + digits(self.total) + digits(self.floor) + 8
    }
}

/// The length of a text in JSON, with its quotes.
fn escaped(text: &str) -> usize {
    let more = |byte: u8| match byte {
        b'"' | b'\\' => 1,
        0..0x20 => 5,
        _ => 0,
    };
    text.len() + text.bytes().map(more).sum::<usize>() + 2
}

#[cfg(test)]
mod tests;
