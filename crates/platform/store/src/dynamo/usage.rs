//! The usage that counts against the limits of projects, and the mark that a limit was reached.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{Put, ReturnValue, TransactWriteItem, Update};
use model::id::ProjectId;
use model::project::{Mark, Window};
use model::time::Timestamp;

use super::ProjectData;
use super::item::{Attributes, Reader, Writer, key, number, text, time};
use super::project_item::{LIMITED_BY, LIMITED_TO, LIMITED_UNTIL, PER_MINUTE, PER_MONTH, mark};
use super::schema::{FORM, LIMITED, PK, PROJECT_IDS, SK, TTL, project_of_pk, project_pk, usage_sk};
use crate::error::{Kind, Result, StoreError};
use crate::ports::{Usage, Used};

const EVENTS: &str = "events";
const MINUTE: &str = "minute";
const IN_MINUTE: &str = "inMinute";

/// How long the usage of a month is kept after the month ends, in seconds, so that last month can be looked up.
const USAGE_KEPT_SECONDS: i64 = 31 * 86_400;

#[async_trait]
impl Usage for ProjectData {
    async fn count(&self, project: ProjectId, new: Used, now: Timestamp) -> Result<Used> {
        let Some(in_minute) = new.in_minute else { return self.add(project, new.in_month, now, None).await };
        // The minute in the item may be an earlier one, or the current one if another processor was faster. A later
        // minute, from a clock that is ahead, is left as it is.
        for minute in [OfMinute::Same, OfMinute::Later, OfMinute::Same] {
            match self.add(project, new.in_month, now, Some((minute, in_minute))).await {
                Err(error) if error.kind() == Kind::Conflict => {}
                counted => return counted,
            }
        }
        self.add(project, new.in_month, now, None).await
    }

    async fn mark(&self, project: ProjectId, reached: Mark) -> Result<()> {
        let doing = "marking a project as limited";
        let limit = match reached.limit.window {
            Window::Minute => PER_MINUTE,
            Window::Month => PER_MONTH,
        };
        let bad = |error| StoreError::corrupt(doing, error);
        // If the limit has changed in the meantime, somebody wants another one: do not mark the old one as reached.
        let update = Update::builder()
            .table_name(&self.directory.table.name)
            .set_key(Some(key(PROJECT_IDS, project.to_string())))
            .update_expression("SET #by = :by, #to = :to, #until = :until")
            .condition_expression("#limit = :to AND (attribute_not_exists(#until) OR #until < :until)")
            .expression_attribute_names("#limit", limit)
            .expression_attribute_names("#by", LIMITED_BY)
            .expression_attribute_names("#to", LIMITED_TO)
            .expression_attribute_names("#until", LIMITED_UNTIL)
            .expression_attribute_values(":by", text(reached.limit.window.name()))
            .expression_attribute_values(":to", number(reached.limit.most))
            .expression_attribute_values(":until", time(reached.until))
            .build()
            .map_err(bad)?;
        let notice = Writer::new(project_pk(project), LIMITED)
            .with(LIMITED_BY, text(reached.limit.window.name()))
            .with(LIMITED_TO, number(reached.limit.most))
            .with(LIMITED_UNTIL, time(reached.until))
            .expiring(reached.until.plus_seconds(USAGE_KEPT_SECONDS))
            .done();
        let notice = Put::builder().table_name(&self.table.name).set_item(Some(notice)).build().map_err(bad)?;
        let actions =
            vec![TransactWriteItem::builder().update(update).build(), TransactWriteItem::builder().put(notice).build()];
        match self.table.transact(doing, actions).await {
            Err(error) if error.kind() == Kind::Conflict => Ok(()),
            marked => marked,
        }
    }
}

/// The condition for writing the count of a minute.
#[derive(Clone, Copy)]
enum OfMinute {
    /// The item counts this minute already: add to it.
    Same,
    /// The item counts an earlier minute or none: replace it.
    Later,
}

impl ProjectData {
    async fn add(
        &self,
        project: ProjectId,
        in_month: u64,
        now: Timestamp,
        in_minute: Option<(OfMinute, u64)>,
    ) -> Result<Used> {
        let doing = "counting a project's usage";
        let call = self
            .table
            .client
            .update_item()
            .table_name(&self.table.name)
            .set_key(Some(key(project_pk(project), usage_sk(now))))
            .expression_attribute_names("#form", FORM)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_names("#events", EVENTS)
            .expression_attribute_values(":form", number(1))
            .expression_attribute_values(
                ":ttl",
                number(Window::Month.end(now).plus_seconds(USAGE_KEPT_SECONDS).seconds()),
            )
            .expression_attribute_values(":events", number(in_month))
            .return_values(ReturnValue::AllNew);
        let call = match in_minute {
            None => call.update_expression("SET #form = :form, #ttl = :ttl ADD #events :events"),
            Some((of, events)) => with_minute(call, of, events, now),
        };
        let updated = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        let item = updated.attributes.unwrap_or_default();
        let read = Reader::new(doing, &item)?;
        let in_minute = in_minute.map(|_| read.number(IN_MINUTE)).transpose()?;
        Ok(Used { in_month: read.number(EVENTS)?, in_minute })
    }
}

fn with_minute(call: UpdateItemFluentBuilder, of: OfMinute, events: u64, now: Timestamp) -> UpdateItemFluentBuilder {
    let (update, condition) = match of {
        OfMinute::Same => ("SET #form = :form, #ttl = :ttl ADD #events :events, #in :in", "#minute = :minute"),
        OfMinute::Later => (
            "SET #form = :form, #ttl = :ttl, #minute = :minute, #in = :in ADD #events :events",
            "attribute_not_exists(#minute) OR #minute < :minute",
        ),
    };
    call.update_expression(update)
        .condition_expression(condition)
        .expression_attribute_names("#minute", MINUTE)
        .expression_attribute_names("#in", IN_MINUTE)
        .expression_attribute_values(":minute", number(now.seconds() / 60))
        .expression_attribute_values(":in", number(events))
}

/// A project that reached a limit. Its rules may send a notification about this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitMark {
    pub project: ProjectId,
    /// Which limit was reached, and until when events are refused. One notification is sent for each [`Mark::episode`].
    pub mark: Mark,
}

/// Reads the mark that a change of the table set from the change's images in the stream. `None` for any other change.
pub fn limit_in_stream(old: &Attributes, new: &Attributes) -> Result<Option<LimitMark>> {
    let doing = "reading the stream";
    if new.get(SK).and_then(|value| value.as_s().ok()).is_none_or(|sk| sk != LIMITED) {
        return Ok(None);
    }
    if [LIMITED_BY, LIMITED_TO, LIMITED_UNTIL].iter().all(|name| old.get(*name) == new.get(*name)) {
        return Ok(None);
    }
    let read = Reader::new(doing, new)?;
    let project = read.parsed(PK, |pk| project_of_pk(pk).ok_or("the partition of no project"))?;
    Ok(mark(doing, &read)?.map(|mark| LimitMark { project, mark }))
}

#[cfg(test)]
mod tests {
    use model::project::Limit;

    use super::*;

    fn item(by: &str, to: u64, until: i64) -> Attributes {
        Writer::new("P#7", LIMITED)
            .with(LIMITED_BY, text(by))
            .with(LIMITED_TO, number(to))
            .with(LIMITED_UNTIL, time(Timestamp::from_seconds(until)))
            .done()
    }

    /// Only a newly set mark causes a notification; other changes do not.
    #[test]
    fn a_mark_that_was_set_is_found_in_the_stream() {
        let nothing = Attributes::new();
        let (first, next) = (item("minute", 3, 60), item("month", 9, 2_678_400));
        let found = |old, new| limit_in_stream(old, new).unwrap();
        let mark = |window, most, until| {
            let mark = Mark { limit: Limit { most, window }, until: Timestamp::from_seconds(until) };
            Some(LimitMark { project: ProjectId::new(7).unwrap(), mark })
        };
        assert_eq!(found(&nothing, &first), mark(Window::Minute, 3, 60));
        assert_eq!(found(&first, &next), mark(Window::Month, 9, 2_678_400));
        for (old, new) in [(&first, &first), (&first, &nothing)] {
            assert_eq!(found(old, new), None);
        }
        let mut other = first.clone();
        other.insert(SK.to_owned(), text("RULES"));
        assert_eq!(found(&nothing, &other), None);
        let damaged = item("week", 3, 60);
        assert!(limit_in_stream(&nothing, &damaged).unwrap_err().to_string().contains("limitedBy"));
    }
}
