use askama::Template;

use crate::{Frame, Moment, Sparkline};

/// All projects that the visitor may see.
#[derive(Debug, Template)]
#[template(path = "projects.html")]
pub struct ProjectsPage {
    /// What is around it.
    pub frame: Frame,
    /// The projects of this page, by name.
    pub projects: Vec<ProjectRow>,
    /// Where the next page is.
    pub next: Option<String>,
}

/// A project as a row.
#[derive(Clone, Debug, Default)]
pub struct ProjectRow {
    /// Its name.
    pub name: String,
    /// Who looks after it.
    pub owner: Option<String>,
    /// How many unresolved errors it has, and whether there are more than were counted.
    pub open: (u64, bool),
    /// Its events of the last 24 hours.
    pub hours: Sparkline,
    /// When it last had an event.
    pub last_seen: Option<Moment>,
    /// Whether any event has come.
    pub has_events: bool,
    /// How many errors are new since yesterday, and how many came back.
    pub fresh: (u64, u64),
}
