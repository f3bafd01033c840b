use std::collections::BTreeMap;
use std::fmt;

use serde::de::Error as _;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Others, Tag, TagValue, Tags};

/// The text is not the text form of tags.
#[derive(Debug, thiserror::Error)]
#[error("`tags` is not the text form of tags: {0}")]
pub struct BadTags(serde_json::Error);

/// Used in place of a name to say that there were tags that are not kept. No tag has this name.
const OTHERS: &str = "";

/// The text form: JSON, with a list for each tag. It begins with the total, and the floor if there is one. Then come
/// the values, each with its minimum count, and with the difference to the maximum if the count is not exact. A last
/// text without a number has the hashes of the values that were seen but are not kept:
/// `{"os":[41,3,"Linux",30,"Windows",4,3,"1f2e3d4c5b"]}`. A `*` before the hashes says that some values were forgotten.
impl fmt::Display for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others = self.is_partial.then(Tag::default);
        let tags: BTreeMap<&str, &Tag> = self.iter().chain(others.iter().map(|others| (OTHERS, others))).collect();
        f.write_str(&serde_json::to_string(&tags).map_err(|_| fmt::Error)?)
    }
}

impl Tags {
    /// Parses the text form.
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
        if self.others != Others::default() {
            list.serialize_element(&self.others.to_string())?;
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
        let bad =
            || D::Error::custom("expected a list with a total, an optional floor, then texts, each with its counts");
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
        let (mut values, mut others) = (Vec::new(), Others::default());
        while let Some(word) = words.next() {
            let Word::Text(text) = word else { return Err(bad()) };
            if words.peek().is_none() {
                others = Others::parse(&text).ok_or_else(bad)?;
                break;
            }
            let (at_least, unsure) = numbers(&mut words).ok_or_else(bad)?;
            let at_most = at_least.checked_add(unsure).ok_or_else(bad)?;
            values.push(TagValue { text, at_least, at_most });
        }
        Ok(Self { total, floor, values, others })
    }
}
