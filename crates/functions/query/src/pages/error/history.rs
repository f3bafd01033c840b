//! Describes the entries of an error's history.

use model::error::history::{Action, Actor};
use model::id::Fingerprint;
use model::time::Timestamp;
use serde::Deserialize;
use web_pages::{Comment, HistoryRow, Moment};
use web_session::Visit;

use super::words::describe_limits;

/// An entry of the history, as the API returns it.
#[derive(Deserialize)]
pub(super) struct HistoryEntry {
    id: String,
    at: Timestamp,
    by: Actor,
    #[serde(flatten)]
    action: Action,
}

impl HistoryEntry {
    pub(super) fn into_row(self, visit: &Visit) -> HistoryRow {
        let now = visit.now;
        let is_deletable = visit.may_administer() || (visit.may_work() && self.by.is_same(&visit.caller.actor()));
        let in_release = |release: Option<String>| release.map(|release| format!(" in {release}")).unwrap_or_default();
        let errors = |errors: &[Fingerprint]| match errors {
            [one] => format!("error {}", &one.to_string()[..8]),
            more => format!("{} errors", more.len()),
        };
        let mut feedback = None;
        let (what, comment) = match self.action {
            Action::Resolved { after: None } => ("resolved it".to_owned(), None),
            Action::Resolved { after: Some(after) } => (format!("resolved it in the next release after {after}"), None),
            Action::Unresolved => ("reopened it".to_owned(), None),
            Action::Muted { until, until_count } => (format!("muted it{}", describe_limits(until, until_count)), None),
            Action::Regressed { release } => (format!("caused a regression{}", in_release(release)), None),
            Action::MuteEnded { release } => (format!("ended the mute{}", in_release(release)), None),
            Action::Assigned { assignee, .. } => (format!("assigned it to {assignee}"), None),
            Action::Unassigned => ("removed the assignee".to_owned(), None),
            Action::Commented { text } => ("commented".to_owned(), Some(text)),
            Action::FeedbackReceived { about, email, text, .. } => {
                feedback = Some(text);
                let address = email.map(|email| format!(" <{email}>")).unwrap_or_default();
                (format!("{address} sent feedback about the event {about}").trim_start().to_owned(), None)
            }
            Action::CommentDeleted => ("deleted a comment".to_owned(), None),
            Action::Merged { errors: others } => (format!("merged {} into it", errors(&others)), None),
            Action::Unmerged { errors: others } => (format!("unmerged {} from it", errors(&others)), None),
        };
        let comment = comment.map(|text| Comment { id: self.id, text, is_deletable });
        HistoryRow { at: Moment::new(self.at, now), by: self.by.to_string(), what, comment, feedback }
    }
}
