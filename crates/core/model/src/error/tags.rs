mod form;
mod others;

use std::collections::BTreeMap;

pub use form::BadTags;
use others::Others;

use crate::occurrence::{Occurrence, short_value};

/// How often which values of which tags were seen: the most frequent ones.
///
/// It is bounded, since each commit writes it: `level`, `environment`, `release` and 20 other tags, the first that came;
/// eight values of each; names of at most 32 bytes, values of at most 60 (see [`short_value`]); together 2 KB. While a tag
/// has no more values than are held, each count is exact. Beyond, it is a *space-saving* sketch (Metwally, Agrawal, El
/// Abbadi, 2005): a new value takes the place of the rarest one, and the count of each is known within bounds. A value that
/// more than an eighth of the occurrences have is always held, if its tag has all eight places.
///
/// Values that lost their place are remembered by their hashes, so that [`Tags::has`] knows them: 200 releases and 200
/// environments, the newest ones, and 48 values of any other tag.
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
    /// The values that were seen and are not held.
    others: Others,
}

/// Whether an error was seen with a value of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Has {
    /// It was not.
    No,
    /// It had more values than it remembers: this may be one of them.
    Unknown,
    /// It was. Of values that are not held this is by a hash of 40 bits: wrong once in 10^12 / 200 questions.
    Yes,
}

/// A value of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagValue {
    /// The value, as [`short_value`] has it.
    pub text: String,
    /// It was seen this often at the least.
    pub at_least: u64,
    /// It was seen this often at the most.
    pub at_most: u64,
}

const MAX_NAME: usize = 32;
/// The longest text form, in bytes. One value of each tag always has room in it.
const MAX_BYTES: usize = 2_048;

/// The tags that are held whatever other tags came first: errors are found by them.
const ALWAYS: [&str; 3] = ["level", "environment", "release"];
/// The most tags of an occurrence that are counted.
const MAX_COUNTED: usize = 250;

/// The tags of an occurrence that are counted.
pub(super) fn tagged(occurrence: &Occurrence) -> Vec<(String, String)> {
    let tags = occurrence.all_tags().into_iter().take(MAX_COUNTED);
    tags.map(|(name, value)| (name.to_owned(), short_value(&value).into_owned())).collect()
}

impl Tags {
    /// The most tags that are held, besides `level`, `environment` and `release`.
    pub const MAX_TAGS: usize = 20;
    /// The most values that are held of each.
    pub const MAX_VALUES: usize = 8;
    /// The most tags that are listed.
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
            if let Some(tag) = self.tags.get_mut(name) {
                tag.add(value);
            } else if self.has_room(name) {
                self.tags.entry(name.clone()).or_default().add(value);
            } else {
                self.is_partial = true;
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
        for (name, tag) in &mut self.tags {
            tag.others.fit(ALWAYS.contains(&name.as_str()));
        }
    }

    /// Adds what another error had.
    pub fn join(&mut self, other: &Self) {
        let was_partial = self.is_partial;
        self.is_partial |= other.is_partial;
        for (name, tag) in &mut self.tags {
            // The other may have had it, and not held it.
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
        self.floor == 0 && !self.others.is_lossy()
    }

    /// `value` as it is held.
    fn has(&self, value: &str) -> Has {
        match self.values.iter().any(|held| held.text == value) || self.others.has(value) {
            true => Has::Yes,
            false if self.others.is_lossy() => Has::Unknown,
            false => Has::No,
        }
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
        self.others.remove(value);
        self.values.push(TagValue { text: value.to_owned(), at_least: 1, at_most: self.floor + 1 });
    }

    /// What is dropped may come again: it is known to have been seen no more often than now.
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

#[cfg(test)]
mod tests;
