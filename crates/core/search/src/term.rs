use std::collections::BTreeSet;
use std::fmt;

use sha2::{Digest, Sha256};

use super::Step;
use super::words::{all_words, words};
use model::error::ErrorAggregate;
use model::id::UserId;
use model::occurrence::short_value;

/// A property by which an error can be found. The first three are orders: every error has one of each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    /// It was first seen in this [`slot`].
    FirstSeen(u32),
    /// It was seen this often.
    Count(Step),
    /// It affected this many users.
    Users(Step),
    /// It has this platform.
    Platform(String),
    /// It was seen with this tag. Levels, environments and releases are tags with these names.
    Tag(String, String),
    /// It was seen with so many values of this tag that not all of them are posted.
    ManyValues(String),
    /// It was seen with so many tags that not all of them are posted.
    ManyTags,
    /// The release of its first occurrence.
    FirstRelease(String),
    /// The release in which it came back after it was resolved.
    RegressedIn(String),
    /// It is assigned to this person.
    Assignee(String),
    /// It has this word in its type, message or culprit, or in the names of its frames.
    Word(String),
    /// It has so many words that not all of them are posted.
    ManyWords,
}

/// The length of a slot in seconds, as in the table's index by last seen.
const SLOT: i64 = 600;
/// Maximum length of a value that terms distinguish, in bytes. Longer values that begin alike are equal to the index.
const MAX_VALUE: usize = 200;

/// The slot of ten minutes that contains a second, counted from 1970.
pub fn slot(second: i64) -> u32 {
    u32::try_from(second / SLOT).unwrap_or_default()
}

impl Term {
    /// The term for this value of this tag, in the short form that errors keep.
    pub fn tag(key: &str, value: &str) -> Self {
        Self::Tag(key.to_owned(), short_value(value).into_owned())
    }

    /// The hash that represents the term in storage, so that keys contain no event data. All steps of an order share
    /// one hash.
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

    /// The position of an error among those with this term; `None` if they are ordered by the time of their postings.
    pub(super) fn order(&self) -> Option<u32> {
        match self {
            Self::FirstSeen(slot) => Some(*slot),
            Self::Count(step) | Self::Users(step) => Some(step.number().into()),
            _ => None,
        }
    }
}

/// The hash of a [`Term`]: 64 bits of a SHA-256, as 16 hexadecimal digits. If two terms have the same hash, they share
/// a list, and the errors themselves tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TermHash(u64);

impl TermHash {
    /// The hash as a number, whose first hexadecimal digit is the most significant.
    pub fn to_bits(self) -> u64 {
        self.0
    }

    /// The hash that is this number.
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

impl fmt::Display for TermHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// The release in which it last came back.
pub(super) fn regressed_in(error: &ErrorAggregate) -> Option<&str> {
    error.regression.as_ref()?.release.as_deref()
}

/// Returns all terms by which `error` can be found.
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
            // The values that are kept keep changing, and each of them would be posted, without end.
            false => drop(terms.insert(Term::ManyValues(key.to_owned()))),
        }
    }
    if error.tags.is_partial() {
        terms.insert(Term::ManyTags);
    }
    terms.extend(error.first_release.clone().map(Term::FirstRelease));
    terms.extend(regressed_in(error).map(|release| Term::RegressedIn(release.to_owned())));
    terms.extend(error.assignee.clone().map(Term::Assignee));
    terms.extend(error.assignee_user.map(|user| Term::Assignee(assignee_name(user))));
    let posted = words(error);
    if all_words(error).iter().any(|word| !posted.contains(word)) {
        terms.insert(Term::ManyWords);
    }
    terms.extend(posted.into_iter().map(Term::Word));
    terms
}

/// The name under which errors of a user are found, whatever the user is called.
pub fn assignee_name(user: UserId) -> String {
    format!("user:{user}")
}
