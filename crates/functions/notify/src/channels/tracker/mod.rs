//! Issue trackers. Each error has one issue, which is found again, reopened and commented on.

mod flow;
mod github;
mod gitlab;
mod report;

use async_trait::async_trait;
pub(super) use flow::send;
pub(super) use github::GitHub;
pub(super) use gitlab::GitLab;

use super::{Issue, SendError};

/// Maximum size of an answer with issues, in bytes. Each issue comes with its whole text.
const MAX_ISSUES_BYTES: usize = 4 * 1024 * 1024;

/// An issue, as it is in the tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TrackedIssue {
    pub(super) issue: Issue,
    pub(super) open: bool,
    /// The text of the issue, including hidden markers.
    body: String,
    comments: u64,
}

/// A change to an issue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct IssueChange<'a> {
    /// Whether to reopen it.
    reopen: bool,
    /// The new title and text, to replace the old ones.
    rewrite: Option<(&'a str, &'a str)>,
}

#[async_trait]
pub(super) trait Tracker: Sync {
    /// Maximum length of an issue's or comment's text, in bytes.
    const MAX_BODY_BYTES: usize;

    /// Returns the issue with this number; `None` if it does not exist any more.
    async fn get(&self, number: u64) -> Result<Option<TrackedIssue>, SendError>;

    /// Finds the issue whose text has `marker` on a separate line. `word` is the part of the marker that a search can
    /// find.
    async fn find(&self, marker: &str, word: &str) -> Result<Option<TrackedIssue>, SendError>;

    async fn create(&self, title: &str, body: &str) -> Result<Issue, SendError>;

    async fn change(&self, number: u64, change: IssueChange<'_>) -> Result<(), SendError>;

    /// Adds a comment to an issue.
    async fn comment(&self, number: u64, body: &str) -> Result<(), SendError>;

    /// Whether one of the newest comments has `marker` on a separate line.
    async fn has_comment(&self, number: u64, marker: &str) -> Result<bool, SendError>;
}

/// Whether `body` has `marker` on a separate line. Texts from events cannot forge one: they are in code blocks, and
/// `<!--` in them is broken up.
fn has_marker(body: &str, marker: &str) -> bool {
    body.lines().any(|line| line.trim() == marker)
}
