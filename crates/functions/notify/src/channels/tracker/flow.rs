use rules::Message;
use rules::target::IfExist;

use super::report::Report;
use super::{IssueChange, TrackedIssue, Tracker, has_marker};
use crate::channels::{Issue, SendError};
use crate::marker::MarkerSigner;

/// Creates the error's issue, or changes the existing one as `if_exist` says. Sending the same message again changes
/// nothing, because its text contains a hidden marker with the message's token.
///
/// A message about a project's limit is not about an error, and creates no issue.
pub(in crate::channels) async fn send<T: Tracker>(
    tracker: &T,
    if_exist: IfExist,
    message: &Message,
    known: Option<&Issue>,
    signer: &MarkerSigner,
) -> Result<Option<Issue>, SendError> {
    let Some(report) = Report::new(message, T::MAX_BODY_BYTES, signer)? else { return Ok(None) };
    let mut found = match known {
        Some(issue) => tracker.get(issue.number).await?,
        None => None,
    };
    if found.is_none() {
        found = tracker.find(&report.marker, &report.word).await?;
    }
    match found {
        None => tracker.create(&report.title, &report.body).await.map(Some),
        Some(found) => add_to_issue(tracker, if_exist, &report, found).await.map(Some),
    }
}

async fn add_to_issue<T: Tracker>(
    tracker: &T,
    if_exist: IfExist,
    report: &Report,
    found: TrackedIssue,
) -> Result<Issue, SendError> {
    // This message created or rewrote the issue before, but the answer was lost.
    if has_marker(&found.body, &report.sent_marker) {
        return Ok(found.issue);
    }
    let number = found.issue.number;
    let (reopen, rewrite, comment) = match if_exist {
        IfExist::ReopenAndComment => (true, false, true),
        IfExist::Reopen => (true, false, false),
        IfExist::ReopenAndUpdate => (true, true, false),
        IfExist::Comment => (false, false, true),
        IfExist::None => (false, false, false),
    };
    let change = IssueChange {
        reopen: reopen && !found.open,
        rewrite: rewrite.then_some((report.title.as_str(), report.body.as_str())),
    };
    if change != IssueChange::default() {
        tracker.change(number, change).await?;
    }
    if comment && !(found.comments > 0 && tracker.has_comment(number, &report.sent_marker).await?) {
        tracker.comment(number, &report.comment).await?;
    }
    Ok(found.issue)
}
