use std::collections::BTreeSet;
use std::fmt;

use sha2::{Digest, Sha256};

use super::Step;
use super::words::{all_words, words};
use model::error::ErrorAggregate;
use model::occurrence::short_value;

/// Something that an error can be found by. The first three are orders: every error has one of each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    /// First seen in this [`slot`].
    FirstSeen(u32),
    /// Seen this often.
    Count(Step),
    /// Met by this many users.
    Users(Step),
    /// Of this platform.
    Platform(String),
    /// Seen with this tag; so it is with levels, environments and releases, by these names.
    Tag(String, String),
    /// Seen with so many values of this tag that not each is posted.
    ManyValues(String),
    /// Seen with so many tags that not each is posted.
    ManyTags,
    /// The release of its first occurrence.
    FirstRelease(String),
    /// The release in which it came back after it was resolved.
    RegressedIn(String),
    /// Who looks after it.
    Assignee(String),
    /// A word of its type, message, culprit, or of the names of its frames.
    Word(String),
    /// Has so many words that not each is posted.
    ManyWords,
}

/// Seconds of a slot, as of the table's index by last seen.
const SLOT: i64 = 600;
/// The longest value that a term is told by, in bytes: beyond it values are as good as equal to the index.
const MAX_VALUE: usize = 200;

/// The slot of ten minutes that a second since 1970 is in.
pub fn slot(second: i64) -> u32 {
    u32::try_from(second / SLOT).unwrap_or_default()
}

impl Term {
    /// Seen with this value of this tag, cut as errors hold it.
    pub fn tag(key: &str, value: &str) -> Self {
        Self::Tag(key.to_owned(), short_value(value).into_owned())
    }

    /// What stands for the term in storage: no data of events is in a key. All steps of an order share one.
    pub fn hash(&self) -> TermHash {
        let (kind, parts): (&str, [&str; 2]) = match self {
            Self::FirstSeen(_) => ("firstSeen", ["", ""]),
            Self::Count(_) => ("count", ["", ""]),
            Self::Users(_) => ("users", ["", ""]),
            Self::Platform(platform) => ("platform", [platform, ""]),
            Self::Tag(key, value) => ("tag", [key, value]),
            Self::ManyValues(key) => ("manyValues", [key, ""]),
            Self::ManyTags => ("manyTags", ["", ""]),
            Self::FirstRelease(release) => ("firstRelease", [release, ""]),
            Self::RegressedIn(release) => ("regressedIn", [release, ""]),
            Self::Assignee(name) => ("assignee", [name, ""]),
            Self::Word(word) => ("word", [word, ""]),
            Self::ManyWords => ("manyWords", ["", ""]),
        };
        let mut hash = Sha256::new();
        for part in [kind, parts[0], parts[1]] {
            let part = &part[..part.floor_char_boundary(MAX_VALUE)];
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hash.finalize()[..8]);
        TermHash(u64::from_be_bytes(bytes))
    }

    /// Where an error with this term stands among those with it; `None` if they are in the order of their postings.
    pub(super) fn order(&self) -> Option<u32> {
        match self {
            Self::FirstSeen(slot) => Some(*slot),
            Self::Count(step) | Self::Users(step) => Some(step.number().into()),
            _ => None,
        }
    }
}

/// The hash of a [`Term`]: 64 bits of a SHA-256, as 16 hexadecimal digits. Two terms that share one share their list, and
/// are told apart by the errors themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TermHash(u64);

impl fmt::Display for TermHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The release in which it came back last.
pub(super) fn regressed_in(error: &ErrorAggregate) -> Option<&str> {
    error.regression.as_ref()?.release.as_deref()
}

/// Everything that `error` can be found by.
pub fn terms(error: &ErrorAggregate) -> BTreeSet<Term> {
    let mut terms = BTreeSet::from([
        Term::FirstSeen(slot(error.first_seen.seconds())),
        Term::Count(Step::of(error.count)),
        Term::Users(Step::of(error.users.count())),
        Term::Platform(error.platform.clone()),
        Term::tag("level", error.level.as_str()),
    ]);
    let tags = [("environment", &error.environment), ("release", &error.last_release)];
    terms.extend(tags.into_iter().filter_map(|(key, value)| Some(Term::tag(key, value.as_ref()?))));
    for (key, tag) in error.tags.iter() {
        match tag.is_exact() {
            true => terms.extend(tag.values().into_iter().map(|value| Term::tag(key, &value.text))),
            // Its values come and go: each would be posted for ever.
            false => drop(terms.insert(Term::ManyValues(key.to_owned()))),
        }
    }
    if error.tags.is_partial() {
        terms.insert(Term::ManyTags);
    }
    terms.extend(error.first_release.clone().map(Term::FirstRelease));
    terms.extend(regressed_in(error).map(|release| Term::RegressedIn(release.to_owned())));
    terms.extend(error.assignee.clone().map(Term::Assignee));
    let posted = words(error);
    if all_words(error).iter().any(|word| !posted.contains(word)) {
        terms.insert(Term::ManyWords);
    }
    terms.extend(posted.into_iter().map(Term::Word));
    terms
}
