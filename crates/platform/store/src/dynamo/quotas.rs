//! Limits of projects, the usage that counts against them, and the mark that a limit was reached.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use formats::inbox::Addressee;
use model::id::{ProjectId, ProjectName};
use model::project::{Limit, Mark, PostedConfigs, Window};
use model::time::Timestamp;

use super::Table;
use super::item::{Attributes, Reader, key, number, text, time};
use super::project_item::{
    LIMITED_BY, LIMITED_TO, LIMITED_UNTIL, PER_MINUTE, PER_MONTH, POSTED_CONFIGS, allowed_origins, former_name_key,
    limits, setting,
};
use super::schema::{FORM, PK, PROJECT_IDS, PROJECTS, SK, TTL, project_pk, usage_sk};
use crate::error::{Kind, Result, StoreError};
use crate::ports::{Quota, Quotas, Usage, Used};

const EVENTS: &str = "events";
const MINUTE: &str = "minute";
const IN_MINUTE: &str = "inMinute";

/// How long the usage of a month is kept after the month ends, in seconds, so that last month can be looked up.
const USAGE_KEPT_SECONDS: i64 = 31 * 86_400;

#[async_trait]
impl Quotas for Table {
    async fn quota(&self, project: &Addressee) -> Result<Option<Quota>> {
        let doing = "reading a project's limits";
        let project = match project {
            Addressee::Id(id) => *id,
            Addressee::Name(name) => {
                let mut item = self.get(doing, key(PROJECTS, name.as_str()), false).await?;
                if item.is_none() {
                    item = self.get(doing, former_name_key(name), false).await?;
                }
                let Some(item) = item else { return Ok(None) };
                project_id(doing, Reader::new(doing, &item)?.number("id")?)?
            }
        };
        let Some(item) = self.get(doing, key(PROJECT_IDS, project.to_string()), false).await? else { return Ok(None) };
        let read = Reader::new(doing, &item)?;
        let origins = allowed_origins(&read)?.map(Arc::new);
        let posted_configs = setting(&read, POSTED_CONFIGS, PostedConfigs::parse)?;
        Ok(Some(Quota { project, limits: limits(&read)?, mark: mark(doing, &read)?, origins, posted_configs }))
    }
}

#[async_trait]
impl Usage for Table {
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

    async fn mark(&self, project: ProjectId, mark: Mark) -> Result<()> {
        let limit = match mark.limit.window {
            Window::Minute => PER_MINUTE,
            Window::Month => PER_MONTH,
        };
        // If the limit has changed in the meantime, somebody wants another one: do not mark the old one as reached.
        let call = self
            .client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(PROJECT_IDS, project.to_string())))
            .update_expression("SET #by = :by, #to = :to, #until = :until")
            .condition_expression("#limit = :to AND (attribute_not_exists(#until) OR #until < :until)")
            .expression_attribute_names("#limit", limit)
            .expression_attribute_names("#by", LIMITED_BY)
            .expression_attribute_names("#to", LIMITED_TO)
            .expression_attribute_names("#until", LIMITED_UNTIL)
            .expression_attribute_values(":by", text(mark.limit.window.name()))
            .expression_attribute_values(":to", number(mark.limit.most))
            .expression_attribute_values(":until", time(mark.until));
        match call.send().await.map_err(|error| StoreError::of_call("marking a project as limited", &error)) {
            Err(error) if error.kind() == Kind::Conflict => Ok(()),
            marked => marked.map(drop),
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

impl Table {
    async fn add(
        &self,
        project: ProjectId,
        in_month: u64,
        now: Timestamp,
        in_minute: Option<(OfMinute, u64)>,
    ) -> Result<Used> {
        let doing = "counting a project's usage";
        let call = self
            .client
            .update_item()
            .table_name(&self.name)
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

fn mark(doing: &'static str, read: &Reader<'_>) -> Result<Option<Mark>> {
    let Some(until) = read.number_if_any(LIMITED_UNTIL)?.map(Timestamp::from_micros) else { return Ok(None) };
    let window = read.parsed(LIMITED_BY, |word| Window::parse(word).ok_or("unknown window"))?;
    let most = read.number_if_any(LIMITED_TO)?.ok_or_else(|| StoreError::corrupt(doing, "the mark has no limit"))?;
    Ok(Some(Mark { limit: Limit { most, window }, until }))
}

fn project_id(doing: &'static str, number: u64) -> Result<ProjectId> {
    ProjectId::new(number).ok_or_else(|| StoreError::corrupt(doing, "0 is not a project number"))
}

/// A project that reached a limit. Its rules may send a notification about this.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitMark {
    pub project: ProjectId,
    pub name: ProjectName,
    /// Which limit was reached, and until when events are refused. One notification is sent for each [`Mark::episode`].
    pub mark: Mark,
}

/// Reads the mark that a change of the table set from the change's images in the stream. `None` for any other change,
/// including one that removes a mark.
pub fn limit_in_stream(old: &Attributes, new: &Attributes) -> Result<Option<LimitMark>> {
    let doing = "reading the stream";
    let of = |name: &str| new.get(name).and_then(|value| value.as_s().ok());
    if of(PK).is_none_or(|pk| pk != PROJECT_IDS) || !new.contains_key(LIMITED_UNTIL) {
        return Ok(None);
    }
    if [LIMITED_BY, LIMITED_TO, LIMITED_UNTIL].iter().all(|name| old.get(*name) == new.get(*name)) {
        return Ok(None);
    }
    let read = Reader::new(doing, new)?;
    let project = read.parsed(SK, ProjectId::parse)?;
    let name = read.parsed("name", ProjectName::parse)?;
    Ok(mark(doing, &read)?.map(|mark| LimitMark { project, name, mark }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamo::item::Writer;

    fn item(marked: Option<(&str, u64, i64)>) -> Attributes {
        let item = Writer::new(PROJECT_IDS, "7").with("name", text("shop")).with(PER_MINUTE, number(3));
        match marked {
            None => item.done(),
            Some((by, to, until)) => item
                .with(LIMITED_BY, text(by))
                .with(LIMITED_TO, number(to))
                .with(LIMITED_UNTIL, time(Timestamp::from_seconds(until)))
                .done(),
        }
    }

    /// Only a newly set mark causes a notification; other changes of the item do not.
    #[test]
    fn a_mark_that_was_set_is_found_in_the_stream() {
        let (nothing, free) = (Attributes::new(), item(None));
        let (first, next) = (item(Some(("minute", 3, 60))), item(Some(("month", 9, 2_678_400))));
        let found = |old, new| limit_in_stream(old, new).unwrap();
        let mark = |window, most, until| {
            let limit = Limit { most, window };
            let mark = Mark { limit, until: Timestamp::from_seconds(until) };
            let (project, name) = (ProjectId::new(7).unwrap(), ProjectName::parse("shop").unwrap());
            Some(LimitMark { project, name, mark })
        };
        assert_eq!(found(&free, &first), mark(Window::Minute, 3, 60));
        assert_eq!(found(&nothing, &first), mark(Window::Minute, 3, 60));
        assert_eq!(found(&first, &next), mark(Window::Month, 9, 2_678_400));
        for (old, new) in [(&first, &free), (&first, &first), (&nothing, &free), (&first, &nothing)] {
            assert_eq!(found(old, new), None);
        }
        let mut other = first.clone();
        other.insert(PK.to_owned(), text(PROJECTS));
        assert_eq!(found(&nothing, &other), None);
        let damaged = item(Some(("week", 3, 60)));
        assert!(limit_in_stream(&free, &damaged).unwrap_err().to_string().contains("limitedBy"));
    }
}
