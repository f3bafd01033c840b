use super::term::{Term, regressed_in};
use super::words::{all_words, is_posted, wholes};
use model::error::{ErrorAggregate, Has, Status};
use model::occurrence::{Level, short_value};
use model::time::Timestamp;

/// The longest value of a filter, in bytes: what an error keeps of a text.
const MAX_VALUE: usize = 200;
/// The most words of a text, and the most tags: each is a list to read.
const MAX_WORDS: usize = 8;
const MAX_TAGS: usize = 8;

/// Which errors of a project somebody looks for: those that have all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this status.
    pub status: Option<Status>,
    /// Seen with all of these tags, levels, environments and releases.
    tags: Vec<(String, String)>,
    platform: Option<String>,
    assignee: Option<String>,
    first_release: Option<String>,
    regressed_in: Option<String>,
    /// First seen from the one on and before the other.
    pub first_seen: (Option<Timestamp>, Option<Timestamp>),
    /// Last seen from the one on and before the other.
    pub last_seen: (Option<Timestamp>, Option<Timestamp>),
    /// What the error must have as words, in lower case.
    words: Vec<String>,
    /// What its texts must have somewhere, in lower case.
    parts: Vec<String>,
}

/// A parameter that is no filter.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{problem}")]
pub struct BadFilter {
    /// The parameter.
    pub name: String,
    /// What is wrong with its value, and what is right.
    pub problem: String,
}

impl Filter {
    /// The parameters that filters come from. `tag` may be given several times.
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

    /// Takes one parameter. Says whether it is one of [`NAMES`](Self::NAMES); a value that is empty filters nothing.
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
                "one more tag than {MAX_TAGS}, levels, environments and releases included: leave some out"
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

    /// Whether it asks for anything but a status and a time of last seen, which the order of last seen knows by itself.
    pub fn asks_errors(&self) -> bool {
        let none = Self { status: self.status, last_seen: self.last_seen, ..Self::default() };
        *self != none
    }

    /// The terms that an error which matches has, by sets: of each set it has at least one.
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

    /// Takes a word that no error of the project is posted under for a part of one.
    pub fn loosen(&mut self, word: &str) {
        self.words.retain(|other| other != word);
        self.parts.push(word.to_owned());
    }

    /// Whether `error` is one of those that are looked for. One that was merged into another never is.
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
            && is(&self.assignee, error.assignee.as_deref())
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

/// An error that matches a filter is posted under at least one of these terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What the filter asks for.
    pub term: Term,
    /// The terms of errors that have too much of it to be posted under each.
    pub or: Vec<Term>,
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

/// A time in a query, where an unencoded `+` before an offset has become a space.
fn moment(text: &str) -> Result<Timestamp, model::time::BadTimestamp> {
    match text.rsplit_once(' ') {
        Some((time, offset)) if time.contains('T') => Timestamp::parse(&format!("{time}+{offset}")),
        _ => Timestamp::parse(text),
    }
}
