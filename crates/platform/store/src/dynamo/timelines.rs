//! Timelines: one item for each hour with events, with one number for each minute with events.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::Update;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use model::id::ProjectId;
use model::time::Timestamp;
use model::timeline::{Hour, Timeline};

use super::Table;
use super::call::Range;
use super::item::{Attributes, Reader, key, number};
use super::schema::{FORM, SK, TIMELINE, TTL, timeline_sk, totals_pk};
use crate::error::{Result, StoreError};
use crate::ports::{Totals, TotalsScope};

/// The receive time of the first event of the batch that was counted last.
const RECEIVED: &str = "received";

#[async_trait]
impl Totals for Table {
    async fn add_totals(
        &self,
        of: TotalsScope,
        new: &Timeline,
        received_at: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        let doing = "updating totals";
        for (hour, minutes) in new.hours().into_iter().rev() {
            let update = count(totals_pk(of), hour, minutes, expires_at);
            let also =
                format!("{}, #received = :received", update.get_update_expression().as_deref().unwrap_or_default());
            let update = update
                .update_expression(also)
                .expression_attribute_names("#received", RECEIVED)
                .expression_attribute_values(":received", number(received_at.micros()));
            let update = update.table_name(&self.name).build();
            let update = update.map_err(|error| StoreError::corrupt(doing, error))?;
            let call = self
                .client
                .update_item()
                .table_name(update.table_name)
                .set_key(Some(update.key))
                .update_expression(update.update_expression)
                .set_expression_attribute_names(update.expression_attribute_names)
                .set_expression_attribute_values(update.expression_attribute_values);
            call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        }
        Ok(())
    }

    async fn counted_up_to(&self, of: TotalsScope) -> Result<Option<Timestamp>> {
        let doing = "reading how far the processor has caught up";
        let range = Range { newest_first: true, limit: Some(2), ..Range::of_prefix(totals_pk(of), TIMELINE) };
        let (items, _) = self.query(doing, &range).await?;
        let received = |item: &Attributes| {
            let micros = item.get(RECEIVED)?.as_n().ok()?.parse().ok()?;
            Some(Timestamp::from_micros(micros))
        };
        Ok(items.iter().filter_map(received).max())
    }

    async fn totals(&self, of: TotalsScope, hours: RangeInclusive<Hour>) -> Result<Timeline> {
        self.read_timeline("reading totals", totals_pk(of), hours).await
    }

    async fn remove_totals(&self, project: ProjectId) -> Result<bool> {
        self.remove_some_hours("removing totals", totals_pk(TotalsScope::Project(project))).await
    }
}

impl Table {
    pub(super) async fn read_timeline(
        &self,
        doing: &'static str,
        pk: String,
        hours: RangeInclusive<Hour>,
    ) -> Result<Timeline> {
        let (first, last) = hours.into_inner();
        let range = Range::between(pk, timeline_sk(first), timeline_sk(last));
        let mut timeline = Timeline::default();
        for item in self.query_all(doing, range).await? {
            let hour = Reader::new(doing, &item)?
                .parsed(SK, |sk| Hour::parse(&sk[TIMELINE.len()..]).ok_or("expected an hour"))?;
            for minute in 0..60 {
                if let Some(count) = item.get(&minute_attribute(minute)) {
                    let count = count.as_n().ok().and_then(|count| count.parse().ok());
                    let count = count.ok_or_else(|| StoreError::corrupt(doing, "a count is not a number"))?;
                    timeline.add(hour.minute(minute), count);
                }
            }
        }
        Ok(timeline)
    }

    /// Removes at most 1,000 hours. Returns whether any are left.
    pub(super) async fn remove_some_hours(&self, doing: &'static str, pk: String) -> Result<bool> {
        let mut range = Range::of_prefix(pk.as_str(), TIMELINE);
        range.limit = Some(1_000);
        let (items, next) = self.query(doing, &range).await?;
        let keys = items.iter().map(|item| Ok(key(pk.as_str(), Reader::new(doing, item)?.text(SK)?)));
        self.remove_all(doing, keys.collect::<Result<_>>()?).await?;
        Ok(next.is_some())
    }
}

/// An update that adds to the minutes of one hour of the timeline at `pk`.
pub(super) fn count(pk: String, hour: Hour, minutes: Vec<(u8, u64)>, expires_at: Timestamp) -> UpdateBuilder {
    let mut update = Update::builder()
        .set_key(Some(key(pk, timeline_sk(hour))))
        .expression_attribute_names("#form", FORM)
        .expression_attribute_values(":form", number(1))
        .expression_attribute_names("#ttl", TTL)
        .expression_attribute_values(":ttl", number(expires_at.seconds()));
    let mut adds = Vec::with_capacity(minutes.len());
    for (minute, count) in minutes {
        adds.push(format!("#m{minute} :m{minute}"));
        update = update
            .expression_attribute_names(format!("#m{minute}"), minute_attribute(minute))
            .expression_attribute_values(format!(":m{minute}"), number(count));
    }
    // The SET clause comes last, so that callers can append to it.
    update.update_expression(format!("ADD {} SET #form = :form, #ttl = :ttl", adds.join(", ")))
}

/// The attribute for a minute of an hour, 0 to 59.
fn minute_attribute(minute: u8) -> String {
    format!("m{minute:02}")
}
