use super::term::{Term, assignee_name, regressed_in};
use super::words::{all_words, is_posted, wholes};
use model::error::{ErrorAggregate, Has, Status};
use model::occurrence::{Level, short_value};
use model::time::Timestamp;

/// Maximum length of a filter's value, in bytes: errors keep no more of a text.
const MAX_VALUE: usize = 200;
/// Maximum number of words in a text, and of tags. Each one is a list to read.
const MAX_WORDS: usize = 8;
const MAX_TAGS: usize = 8;

/// A filter for a project's errors. An error must match all parts that are given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only errors with this status.
    pub status: Option<Status>,
    /// Only errors that were seen with all of these tags, including levels, environments and releases.
    tags: Vec<(String, String)>,
    platform: Option<String>,
    assignee: Option<String>,
    first_release: Option<String>,
    regressed_in: Option<String>,
    /// Only errors that were first seen at the first moment or later, and before the second one.
    pub first_seen: (Option<Timestamp>, Option<Timestamp>),
    /// Only errors that were last seen at the first moment or later, and before the second one.
    pub last_seen: (Option<Timestamp>, Option<Timestamp>),
    /// Words that the error must have, in lower case.
    words: Vec<String>,
    /// Texts that the error's texts must contain somewhere, in lower case.
    parts: Vec<String>,
}

/// A parameter that cannot be a filter.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{problem}")]
pub struct BadFilter {
    /// The name of the parameter.
    pub name: String,
    /// The problem with its value, and how to fix it.
    pub problem: String,
}

impl Filter {
    /// The names of all filter parameters. `tag` can be given several times.
    pub const NAMES: [&str; 14] = [
        "status",
        "level",
        "environment",
        "release",
        "platform",
        "assignee",
        "tag",
        "firstRelease",
        "regressedIn",
        "firstSeenFrom",
        "firstSeenTo",
        "lastSeenFrom",
        "lastSeenTo",
        "text",
    ];

    /// Sets one parameter. Returns whether its name is one of [`NAMES`](Self::NAMES). An empty value filters nothing.
    pub fn set(&mut self, name: &str, value: &str) -> Result<bool, BadFilter> {
        let bad = |problem: String| BadFilter { name: name.to_owned(), problem };
        if !Self::NAMES.contains(&name) || value.is_empty() {
            return Ok(Self::NAMES.contains(&name));
        }
        if value.len() > MAX_VALUE {
            return Err(bad(format!("it has {} bytes: send at most {MAX_VALUE}", value.len())));
        }
        let time = || moment(value).map(Some).map_err(|error| bad(error.to_string()));
        let text = || Some(value.to_owned());
        match name {
            "status" => self.status = Some(Status::parse(value).map_err(|error| bad(error.to_string()))?),
            "level" => {
                let level = Level::parse(value).ok_or_else(|| {
                    bad(format!("`{value}` is not a level: use `fatal`, `error`, `warning`, `info` or `debug`"))
                })?;
                self.tag("level", level.as_str()).map_err(bad)?;
            }
            "environment" | "release" => self.tag(name, value).map_err(bad)?,
            "tag" => {
                let (key, value) = value
                    .split_once(':')
                    .filter(|(key, value)| !key.is_empty() && !value.is_empty())
                    .ok_or_else(|| bad(format!("`{value}` is not a tag: send its key and its value as `key:value`")))?;
                self.tag(key, value).map_err(bad)?;
            }
            "platform" => self.platform = text(),
            "assignee" => self.assignee = text(),
            "firstRelease" => self.first_release = text(),
            "regressedIn" => self.regressed_in = text(),
            "firstSeenFrom" => self.first_seen.0 = time()?,
            "firstSeenTo" => self.first_seen.1 = time()?,
            "lastSeenFrom" => self.last_seen.0 = time()?,
            "lastSeenTo" => self.last_seen.1 = time()?,
            _ => self.text(value).map_err(bad)?,
        }
        Ok(true)
    }

    fn tag(&mut self, key: &str, value: &str) -> Result<(), String> {
        if self.tags.len() == MAX_TAGS {
            return Err(format!(
                "there are more than {MAX_TAGS} tags, including levels, environments and releases: leave some out"
            ));
        }
        self.tags.push((key.to_owned(), short_value(value).into_owned()));
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        for word in wholes(text) {
            let word = word.to_lowercase();
            if is_posted(&word) { &mut self.words } else { &mut self.parts }.push(word);
        }
        match self.words.len() + self.parts.len() {
            0 => Err(format!("`{text}` has no word: send letters or digits")),
            1..=MAX_WORDS => Ok(()),
            more => Err(format!("it has {more} words: send at most {MAX_WORDS}")),
        }
    }

    /// Whether it filters by anything but the status and the time of last seen, which the index by last seen can answer
    /// alone.
    pub fn asks_errors(&self) -> bool {
        let none = Self { status: self.status, last_seen: self.last_seen, ..Self::default() };
        *self != none
    }

    /// The sets of terms of matching errors: a matching error has at least one term of each set.
    pub fn terms(&self) -> Vec<Terms> {
        let only = |term: Term| Terms { term, or: Vec::new() };
        let value = |term: fn(String) -> Term, value: &Option<String>| value.clone().map(|value| only(term(value)));
        let tags = self.tags.iter().map(|(key, value)| Terms {
            term: Term::tag(key, value),
            or: vec![Term::ManyValues(key.clone()), Term::ManyTags],
        });
        let words = self.words.iter().map(|word| Terms { term: Term::Word(word.clone()), or: vec![Term::ManyWords] });
        let values = [
            value(Term::FirstRelease, &self.first_release),
            value(Term::RegressedIn, &self.regressed_in),
            value(Term::Assignee, &self.assignee),
            value(Term::Platform, &self.platform),
        ];
        values.into_iter().flatten().chain(tags).chain(words).collect()
    }

    /// Treats a word under which no error of the project is posted as a part of a word.
    pub fn loosen(&mut self, word: &str) {
        self.words.retain(|other| other != word);
        self.parts.push(word.to_owned());
    }

    /// Whether `error` matches. An error that was merged into another one never matches.
    pub fn matches(&self, error: &ErrorAggregate) -> Has {
        let within = |(from, to): (Option<Timestamp>, Option<Timestamp>), moment: Timestamp| {
            from.is_none_or(|from| from <= moment) && to.is_none_or(|to| moment < to)
        };
        let is = |wanted: &Option<String>, value: Option<&str>| wanted.is_none() || wanted.as_deref() == value;
        let is_certain = error.merged_into.is_none()
            && self.status.is_none_or(|status| status == error.status)
            && within(self.first_seen, error.first_seen)
            && within(self.last_seen, error.last_seen)
            && is(&self.platform, Some(&error.platform))
            && is(&self.first_release, error.first_release.as_deref())
            && is(&self.regressed_in, regressed_in(error))
            && self.assignee.as_ref().is_none_or(|wanted| is_assigned(error, wanted))
            && self.has_text(error);
        let tags = self.tags.iter().map(|(key, value)| has_tag(error, key, value));
        if is_certain { tags.min().unwrap_or(Has::Yes) } else { Has::No }
    }

    fn has_text(&self, error: &ErrorAggregate) -> bool {
        let has_words = || {
            let words = all_words(error);
            self.words.iter().all(|word| words.contains(word))
        };
        let has_parts = || {
            let texts = [Some(&error.kind), Some(&error.message), error.culprit.as_ref(), error.frames.as_ref()];
            let texts: Vec<_> = texts.into_iter().flatten().map(|text| text.to_lowercase()).collect();
            self.parts.iter().all(|part| texts.iter().any(|text| text.contains(part)))
        };
        (self.words.is_empty() || has_words()) && (self.parts.is_empty() || has_parts())
    }
}

/// A set of terms. An error that matches the filter is posted under at least one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The term that the filter asks for.
    pub term: Term,
    /// The terms of errors that have too many values to be posted under each of them.
    pub or: Vec<Term>,
}

impl Terms {
    /// The term that the filter asks for, then the others.
    pub fn all(&self) -> impl Iterator<Item = &Term> {
        std::iter::once(&self.term).chain(&self.or)
    }
}

fn has_tag(error: &ErrorAggregate, key: &str, value: &str) -> Has {
    let newest = match key {
        "level" => Some(error.level.as_str()),
        "environment" => error.environment.as_deref(),
        "release" => error.last_release.as_deref(),
        _ => None,
    };
    let is_newest = newest.is_some_and(|newest| short_value(newest) == value);
    if is_newest { Has::Yes } else { error.tags.has(key, value) }
}

/// Parses a time from a query string, in which an unencoded `+` before an offset has become a space.
fn moment(text: &str) -> Result<Timestamp, model::time::BadTimestamp> {
    match text.rsplit_once(' ') {
        Some((time, offset)) if time.contains('T') => Timestamp::parse(&format!("{time}+{offset}")),
        _ => Timestamp::parse(text),
    }
}

/// Whether the error is assigned to somebody of this name, or to the user whom [`assignee_name`] names so.
fn is_assigned(error: &ErrorAggregate, wanted: &str) -> bool {
    let by_user = || error.assignee_user.is_some_and(|user| assignee_name(user) == wanted);
    error.assignee.as_deref() == Some(wanted) || by_user()
}
