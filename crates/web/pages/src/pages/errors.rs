use askama::Template;

use crate::{Frame, Moment, Sparkline};

/// The list of a project's errors.
#[derive(Debug, Template)]
#[template(path = "errors.html")]
pub struct ErrorsPage {
    pub frame: Frame,
    pub project: String,
    /// One tab per status.
    pub tabs: Vec<Tab>,
    pub search: Search,
    pub rows: Vec<ErrorRow>,
    /// The fingerprints of the selected errors, after a form was rejected.
    pub chosen: Vec<String>,
    /// The cursor of this page; empty for the first page.
    pub cursor: String,
    /// Errors that may match. They have more tags, or more values of a tag, than are kept.
    pub uncertain: Vec<ErrorRow>,
    /// The number of errors that were searched, if the search stopped before the end of the list.
    pub examined: Option<u64>,
    /// URL of the first page, if this is not the first.
    pub first: Option<String>,
    /// URL of the next page.
    pub next: Option<String>,
    /// Whether the project has received any event.
    pub has_events: bool,
}

/// A tab: the errors of one status.
#[derive(Clone, Debug)]
pub struct Tab {
    pub name: &'static str,
    pub href: String,
    /// Whether it is the current tab.
    pub is_here: bool,
}

/// The search, as the URL has it.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The status of the tab; empty for all.
    pub status: String,
    /// The search as it was typed: words, and filters such as `level:error`.
    pub text: String,
    /// The sort order; empty for the default, `lastSeen`.
    pub sort: String,
    /// Why the search was rejected.
    pub problem: Option<String>,
    /// Explains a part of the search that looks like a filter and is none.
    pub hint: Option<String>,
}

impl ErrorsPage {
    fn is_chosen(&self, row: &ErrorRow) -> bool {
        self.chosen.contains(&row.fingerprint)
    }
}

impl Search {
    /// The label of the button that makes errors unresolved again.
    fn reopen_label(&self) -> &'static str {
        if self.status == "muted" { "Unmute" } else { "Reopen" }
    }

    fn is_sorted_by(&self, order: &str) -> bool {
        self.sort == order || (self.sort.is_empty() && order == "lastSeen")
    }
}

#[derive(Clone, Debug)]
pub struct ErrorRow {
    pub fingerprint: String,
    pub level: &'static str,
    /// The error's type, such as `TypeError`; may be empty.
    pub kind: String,
    pub message: String,
    /// Where the error occurs, in a few words.
    pub culprit: Option<String>,
    /// `unresolved`, `resolved` or `muted`.
    pub status: &'static str,
    /// Whether it was first seen in the last 24 hours.
    pub is_new: bool,
    /// Whether it regressed and is still unresolved.
    pub is_regressed: bool,
    pub assignee: Option<String>,
    /// The occurrences in each of the last 24 hours.
    pub hours: Sparkline,
    /// The number of occurrences.
    pub count: u64,
    /// The approximate number of affected users.
    pub users: u64,
    pub first_seen: Moment,
    pub last_seen: Moment,
}

impl ErrorRow {
    fn letter(&self) -> &str {
        &self.level[..1]
    }
}
