use askama::Template;

use crate::{Frame, Moment};

/// The page with the releases of a project.
#[derive(Debug, Template)]
#[template(path = "releases.html")]
pub struct ReleasesPage {
    pub frame: Frame,
    pub project: String,
    /// Releases that build tools announced, and that have no occurrence yet, newest first.
    pub announced: Vec<ReleaseRow>,
    /// Releases with occurrences, newest first.
    pub releases: Vec<ReleaseRow>,
    /// The URL of the next page.
    pub next: Option<String>,
}

/// The page of a release.
#[derive(Debug, Template)]
#[template(path = "release.html")]
pub struct ReleasePage {
    pub frame: Frame,
    pub project: String,
    pub row: ReleaseRow,
    /// The repositories that it was built from, each with its commit.
    pub refs: Vec<(String, String)>,
    /// Its newest commits, as the build tool sent them.
    pub commits: Vec<CommitRow>,
    /// Its last deploys, newest first.
    pub deploys: Vec<DeployRow>,
}

/// A release.
#[derive(Debug)]
pub struct ReleaseRow {
    pub release: String,
    /// The URL of its page.
    pub href: String,
    /// The URL of the list of its errors.
    pub errors: String,
    /// The URL of the list of errors that it introduced.
    pub first_errors: String,
    pub first_seen: Option<Moment>,
    pub last_seen: Option<Moment>,
    pub announced_at: Option<Moment>,
    pub released_at: Option<Moment>,
    pub url: Option<String>,
    pub commits: u64,
    pub deploys: u64,
    pub last_deploy: Option<DeployRow>,
    pub new_errors: u64,
    pub regressed_errors: u64,
}

/// A deploy of a release.
#[derive(Debug)]
pub struct DeployRow {
    pub environment: String,
    pub name: Option<String>,
    pub url: Option<String>,
    pub at: Moment,
}

/// A commit of a release.
#[derive(Debug)]
pub struct CommitRow {
    pub id: String,
    pub message: String,
    pub author: Option<String>,
    pub at: Option<Moment>,
    pub repository: Option<String>,
}

impl ReleasesPage {
    /// All rows of the table.
    fn rows(&self) -> impl Iterator<Item = &ReleaseRow> {
        self.announced.iter().chain(&self.releases)
    }
}

impl CommitRow {
    /// The beginning of the id of a commit, which is enough to recognise it.
    fn short(&self) -> String {
        crate::text::line(&self.id).chars().take(12).collect()
    }

    /// The first line of the message.
    fn subject(&self) -> String {
        crate::text::line(self.message.lines().next().unwrap_or_default())
    }
}
