use rules::Telling;
use rules::target::IfExist;

use super::report::Report;
use super::{Change, Found, Tracker, has_marker};
use crate::channels::{Failed, Issue};
use crate::marker::Mark;

/// Makes the error's issue, or does to the one that it has what `if_exist` says. The same telling again changes nothing
/// more: what it wrote has a hidden mark with its token.
///
/// That a project is limited is about no error, and makes no issue.
pub(in crate::channels) async fn tell<T: Tracker>(
    tracker: &T,
    if_exist: IfExist,
    telling: &Telling,
    known: Option<&Issue>,
    mark: &Mark,
) -> Result<Option<Issue>, Failed> {
    let Some(report) = Report::of(telling, T::BODY, mark)? else { return Ok(None) };
    let mut found = match known {
        Some(issue) => tracker.get(issue.number).await?,
        None => None,
    };
    if found.is_none() {
        found = tracker.find(&report.marker, &report.word).await?;
    }
    match found {
        None => tracker.create(&report.title, &report.body).await.map(Some),
        Some(found) => add(tracker, if_exist, &report, found).await.map(Some),
    }
}

async fn add<T: Tracker>(tracker: &T, if_exist: IfExist, report: &Report, found: Found) -> Result<Issue, Failed> {
    // Made or rewritten by this very telling, whose answer was lost.
    if has_marker(&found.body, &report.told) {
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
    let change = Change {
        reopen: reopen && !found.open,
        rewrite: rewrite.then_some((report.title.as_str(), report.body.as_str())),
    };
    if change != Change::default() {
        tracker.change(number, change).await?;
    }
    if comment && !(found.comments > 0 && tracker.has_comment(number, &report.told).await?) {
        tracker.comment(number, &report.comment).await?;
    }
    Ok(found.issue)
}
