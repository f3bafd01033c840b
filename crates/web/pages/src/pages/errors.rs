use askama::Template;

use crate::{Frame, Moment, Sparkline};

/// The errors of a project.
#[derive(Debug, Template)]
#[template(path = "errors.html")]
pub struct ErrorsPage {
    /// What is around it.
    pub frame: Frame,
    /// The project's name.
    pub project: String,
    /// The tabs, by status.
    pub tabs: Vec<Tab>,
    /// What was searched for.
    pub search: Search,
    /// The errors of this page.
    pub rows: Vec<ErrorRow>,
    /// Errors that may match: they do not remember enough to tell.
    pub uncertain: Vec<ErrorRow>,
    /// How many errors were looked at, if they were fewer than there may be.
    pub examined: Option<u64>,
    /// Where the first page is, if this is another, and the next.
    pub first: Option<String>,
    /// Where the next page is.
    pub next: Option<String>,
    /// Whether the project has ever had an event.
    pub has_events: bool,
}

/// A list of errors by their status.
#[derive(Clone, Debug)]
pub struct Tab {
    /// What it is called.
    pub name: &'static str,
    /// Where it is.
    pub href: String,
    /// Whether it is this page.
    pub is_here: bool,
}

/// What the errors are searched by, as it stands in the address.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The status of the tab; empty for all.
    pub status: String,
    /// The search as it was typed: words, and filters such as `level:error`.
    pub text: String,
    /// The order.
    pub sort: String,
    /// What is wrong with the search.
    pub problem: Option<String>,
}

impl Search {
    fn is_sorted_by(&self, order: &str) -> bool {
        self.sort == order || (self.sort.is_empty() && order == "lastSeen")
    }
}

/// An error as a row.
#[derive(Clone, Debug)]
pub struct ErrorRow {
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
    /// Its status.
    pub status: &'static str,
    /// Whether it was first seen since yesterday.
    pub is_new: bool,
    /// Whether it came back since it was resolved, and was not looked at since.
    pub is_regressed: bool,
    /// Who looks after it.
    pub assignee: Option<String>,
    /// Its last 24 hours.
    pub hours: Sparkline,
    /// How often it was seen.
    pub count: u64,
    /// How many users saw it, about.
    pub users: u64,
    /// When it was first seen.
    pub first_seen: Moment,
    /// When it was last seen.
    pub last_seen: Moment,
}

impl ErrorRow {
    fn letter(&self) -> &str {
        &self.level[..1]
    }
}
