//! Imports the issues of another tracker: the newest events of each, and what people set on it.

use model::id::EventId;
use model::occurrence::Occurrence;
use serde_json::Value;

use super::batch::{ImportBatch, text};
use super::issue_state::IssueState;
use super::tracker_api::Page;
use crate::progress::bar;
use crate::text::harmless;

/// A project of another tracker.
pub(super) trait IssueSource {
    /// The key of an issue's name for people, such as `WEB-12`.
    const NAME: &'static str;

    /// The project to import into, unless the command line names another one.
    fn project(&self) -> &str;

    /// Returns a page of issues.
    async fn issues(&self, cursor: Option<&str>) -> anyhow::Result<Page>;

    /// Returns a page of an issue's events, the newest first.
    async fn events(&mut self, issue: &str, cursor: Option<&str>) -> anyhow::Result<Page>;

    /// Converts an event of a list. The inner error says why this event cannot be imported.
    async fn occurrence(&self, listed: &Value) -> anyhow::Result<Result<Occurrence, String>>;

    /// Reads what people set on an issue whose newest imported event is `newest`.
    async fn state(&self, issue: &Value, id: &str, name: &str, newest: EventId) -> anyhow::Result<IssueState>;
}

/// Imports all issues with up to `most` events of each, the newest first.
pub(super) async fn import(
    mut source: impl IssueSource,
    most: usize,
    batch: &mut ImportBatch<'_>,
) -> anyhow::Result<()> {
    batch.shows(bar(0, "issues"));
    let mut cursor = None;
    loop {
        let page = source.issues(cursor.as_deref()).await?;
        for issue in &page.items {
            import_issue(&mut source, issue, most, batch).await?;
            batch.advance(1);
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    batch.send().await?;
    batch.restore().await
}

async fn import_issue<S: IssueSource>(
    source: &mut S,
    issue: &Value,
    most: usize,
    batch: &mut ImportBatch<'_>,
) -> anyhow::Result<()> {
    let Some(id) = text(issue, "id") else {
        batch.fail("an issue", "it has no id");
        return Ok(());
    };
    let name = harmless(text(issue, S::NAME).unwrap_or(id)).into_owned();
    let (mut left, mut cursor, mut newest) = (most, None, None);
    while left > 0 {
        let page = source.events(id, cursor.as_deref()).await?;
        for listed in page.items.iter().take(left) {
            match source.occurrence(listed).await? {
                Ok(occurrence) => {
                    newest.get_or_insert(occurrence.event_id);
                    let origin = format!("{name}, event {}", occurrence.event_id);
                    batch.add(origin, source.project(), &occurrence).await?;
                }
                Err(why) => batch.fail(&name, &why),
            }
        }
        left = left.saturating_sub(page.items.len());
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let Some(newest) = newest else {
        batch.fail(&name, "none of its events is left");
        return Ok(());
    };
    let state = source.state(issue, id, &name, newest).await?;
    batch.keep(name, source.project().to_owned(), state.line());
    Ok(())
}
