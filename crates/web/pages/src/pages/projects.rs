use askama::Template;

use crate::{Frame, Moment, Sparkline};

/// The list of projects that the visitor may see.
#[derive(Debug, Template)]
#[template(path = "projects.html")]
pub struct ProjectsPage {
    pub frame: Frame,
    /// The projects of this page, in the order of their names.
    pub projects: Vec<ProjectRow>,
    /// URL of the next page.
    pub next: Option<String>,
    /// The name of a new project that was rejected.
    pub typed: String,
}

#[derive(Clone, Debug, Default)]
pub struct ProjectRow {
    pub name: String,
    pub owner: Option<String>,
    /// The number of unresolved errors, and whether there are more than were counted.
    pub open: (u64, bool),
    /// The events in each of the last 24 hours.
    pub hours: Sparkline,
    pub last_seen: Option<Moment>,
    /// Whether the project has received any event.
    pub has_events: bool,
    /// The numbers of errors that are new, and that regressed, in the last 24 hours.
    pub fresh: (u64, u64),
}
