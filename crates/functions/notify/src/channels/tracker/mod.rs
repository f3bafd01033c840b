//! Trackers of issues: one issue for each error, found again, reopened, and added to.

mod flow;
mod github;
mod gitlab;
mod report;

use async_trait::async_trait;
pub(super) use flow::send;
pub(super) use github::GitHub;
pub(super) use gitlab::GitLab;

use super::{Issue, SendError};

/// The longest answer with issues in it, in bytes: each comes with its whole text.
const MAX_ISSUES_BYTES: usize = 4 * 1024 * 1024;

/// An issue as the tracker has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TrackedIssue {
    pub(super) issue: Issue,
    pub(super) open: bool,
    /// Its text, with the hidden marks in it.
    body: String,
    /// How many comments it has.
    comments: u64,
}

/// What to change about an issue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct IssueChange<'a> {
    /// Whether to open it again.
    reopen: bool,
    /// Title and text, to write anew.
    rewrite: Option<(&'a str, &'a str)>,
}

/// What a tracker can do.
#[async_trait]
pub(super) trait Tracker: Sync {
    /// The longest text of an issue or comment, in bytes.
    const MAX_BODY_BYTES: usize;

    /// The issue of that number; `None` if it is not there any more.
    async fn get(&self, number: u64) -> Result<Option<TrackedIssue>, SendError>;

    /// The issue whose text has `marker` on a line of its own; `word` is the part of it that a search can find.
    async fn find(&self, marker: &str, word: &str) -> Result<Option<TrackedIssue>, SendError>;

    /// Makes an issue.
    async fn create(&self, title: &str, body: &str) -> Result<Issue, SendError>;

    /// Changes an issue.
    async fn change(&self, number: u64, change: IssueChange<'_>) -> Result<(), SendError>;

    /// Comments on an issue.
    async fn comment(&self, number: u64, body: &str) -> Result<(), SendError>;

    /// Whether one of the newest comments has `marker` on a line of its own.
    async fn has_comment(&self, number: u64, marker: &str) -> Result<bool, SendError>;
}

/// Whether `body` has `marker` on a line of its own. Texts of events cannot: they stand in blocks, and what begins a
/// comment in them is broken up.
fn has_marker(body: &str, marker: &str) -> bool {
    body.lines().any(|line| line.trim() == marker)
}
