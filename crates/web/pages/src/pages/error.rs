use askama::Template;

use crate::{Chart, Frame, Moment, OccurrenceView};

/// An error, and one of its occurrences.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage {
    /// What is around it.
    pub frame: Frame,
    /// The project's name.
    pub project: String,
    /// What the error is, and how it stands.
    pub head: ErrorHead,
    /// How often it was seen when.
    pub chart: Chart,
    /// Which range the chart shows, and the others.
    pub ranges: Ranges,
    /// What its occurrences had in common.
    pub tags: Vec<TagTop>,
    /// What people and releases did with it, newest first.
    pub history: Vec<HistoryRow>,
    /// The occurrence; `None` if all have expired.
    pub occurrence: Option<OccurrenceView>,
}

/// What an error is, and how it stands.
#[derive(Clone, Debug)]
pub struct ErrorHead {
    /// Its fingerprint.
    pub fingerprint: String,
    /// How bad it is.
    pub level: &'static str,
    /// Its type.
    pub kind: String,
    /// What names it.
    pub message: String,
    /// Where it goes wrong.
    pub culprit: Option<String>,
    /// The platform.
    pub platform: String,
    /// Its status.
    pub status: &'static str,
    /// More about the status: until when it is muted, after which release it is resolved.
    pub status_note: Option<String>,
    /// When it came back, and in which release.
    pub regressed: Option<(Moment, Option<String>)>,
    /// Who looks after it.
    pub assignee: Option<String>,
    /// How often it was seen.
    pub count: u64,
    /// How many users saw it, about.
    pub users: u64,
    /// When it was first seen.
    pub first_seen: Moment,
    /// When it was last seen.
    pub last_seen: Moment,
    /// Its issues elsewhere.
    pub issues: Vec<IssueLink>,
    /// The errors that are merged into it.
    pub parts: Vec<MergedRow>,
}

/// An issue of the error elsewhere.
#[derive(Clone, Debug)]
pub struct IssueLink {
    /// Its number.
    pub number: u64,
    /// Where it is; an address that begins with `https://`.
    pub url: String,
}

/// An error that is merged into another.
#[derive(Clone, Debug)]
pub struct MergedRow {
    /// Its fingerprint.
    pub fingerprint: String,
    /// How often it was seen.
    pub count: u64,
}

/// Which range a chart shows: names and addresses, and the one that is shown.
#[derive(Clone, Debug, Default)]
pub struct Ranges {
    /// Name, address, whether it is shown.
    pub choices: Vec<(&'static str, String, bool)>,
    /// The range in words, if it is none of the choices.
    pub zoomed: Option<String>,
}

/// A tag and its most frequent values.
#[derive(Clone, Debug)]
pub struct TagTop {
    /// Its name.
    pub name: String,
    /// The values: text, count, share of all in percent, and where the errors with it are.
    pub values: Vec<(String, u64, u64, String)>,
    /// How many occurrences had other values.
    pub rest: u64,
}

/// Something that was done with an error.
#[derive(Clone, Debug)]
pub struct HistoryRow {
    /// When.
    pub at: Moment,
    /// By whom.
    pub by: String,
    /// What.
    pub what: String,
    /// What they wrote.
    pub comment: Option<Comment>,
}

/// What somebody wrote.
#[derive(Clone, Debug)]
pub struct Comment {
    /// The name of the entry of the history.
    pub id: String,
    /// The text.
    pub text: String,
}

impl MergedRow {
    fn short(&self) -> &str {
        self.fingerprint.get(..8).unwrap_or(&self.fingerprint)
    }
}

impl ErrorPage {
    fn here(&self) -> String {
        format!("/pages{}/errors/{}", crate::address::project(&self.project), self.head.fingerprint)
    }

    fn is_open(&self) -> bool {
        self.head.status == "unresolved"
    }
}
