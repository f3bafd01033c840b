//! Releases of projects. The index orders them by when they were first seen.

use std::ops::Range;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use model::id::ProjectId;
use model::time::Timestamp;
use model::timeline::Hour;

use super::Table;
use super::item::{Attributes, Reader, is_expired, key, number, text, time};
use super::schema::{
    FORM, INDEX, INDEX_PK, INDEX_SK, PK, RELEASE, SK, TTL, project_pk, release_index_sk, release_sk, releases_index_pk,
};
use crate::error::{Kind, Result, StoreError};
use crate::ports::{Page, Release, ReleaseCursor, Releases};

const NAME: &str = "name";
const FIRST_SEEN: &str = "firstSeen";
const LAST_SEEN: &str = "lastSeen";

#[async_trait]
impl Releases for Table {
    async fn note(&self, project: ProjectId, seen: &Release, expires_at: Timestamp) -> Result<Release> {
        let doing = "recording a release";
        let first = self.update_release(project, seen, expires_at);
        // Another process may have recorded it, with an occurrence that was received earlier or later.
        let first = first
            .update_expression(
                "SET #form = :form, #ttl = :ttl, #name = :name, #first = :first, #ipk = :ipk, #isk = :isk, \
                 #last = if_not_exists(#last, :last)",
            )
            .condition_expression("attribute_not_exists(#pk) OR #first > :first")
            .expression_attribute_names("#pk", PK)
            .expression_attribute_names("#form", FORM)
            .expression_attribute_names("#name", NAME)
            .expression_attribute_names("#first", FIRST_SEEN)
            .expression_attribute_names("#ipk", INDEX_PK)
            .expression_attribute_names("#isk", INDEX_SK)
            .expression_attribute_values(":form", number(1))
            .expression_attribute_values(":name", text(seen.name.as_str()))
            .expression_attribute_values(":first", time(seen.first_seen))
            .expression_attribute_values(":ipk", text(releases_index_pk(project)))
            .expression_attribute_values(":isk", text(release_index_sk(seen.first_seen, &seen.name)))
            .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew);
        let known = match first.send().await.map_err(|error| StoreError::of_call(doing, &error)) {
            Ok(updated) => decode(doing, &updated.attributes.unwrap_or_default())?,
            Err(error) if error.kind() == Kind::Conflict => {
                let item = self.get(doing, key(project_pk(project), release_sk(&seen.name)), true).await?;
                // The item expired just now: return what was seen.
                item.map(|item| decode(doing, &item)).transpose()?.unwrap_or_else(|| seen.clone())
            }
            Err(error) => return Err(error),
        };
        if Hour::of(known.last_seen) >= Hour::of(seen.last_seen) {
            return Ok(known);
        }
        let last = self
            .update_release(project, seen, expires_at)
            .update_expression("SET #last = :last, #ttl = :ttl")
            .condition_expression("#last < :last");
        match last.send().await.map_err(|error| StoreError::of_call(doing, &error)) {
            // Another process was faster, or the item expired.
            Err(error) if error.kind() == Kind::Conflict => {}
            noted => drop(noted?),
        }
        Ok(Release { last_seen: seen.last_seen, ..known })
    }

    async fn release(&self, project: ProjectId, name: &str) -> Result<Option<Release>> {
        let doing = "reading a release";
        let item = self.get(doing, key(project_pk(project), release_sk(name)), false).await?;
        let item = item.filter(|item| !is_expired(item, self.clock.now()));
        item.map(|item| decode(doing, &item)).transpose()
    }

    async fn releases(
        &self,
        project: ProjectId,
        first_seen: Range<Timestamp>,
        after: Option<&ReleaseCursor>,
        limit: usize,
    ) -> Result<Page<Release, ReleaseCursor>> {
        let doing = "listing releases";
        let end = format!("{:016}", first_seen.end.micros());
        let end = after.map_or(end.as_str(), |after| after.as_str().min(&end));
        // One more than the page shows, to know whether there is a next page, and one for the cursor itself.
        let most = i32::try_from(limit + 2).unwrap_or(i32::MAX);
        let call = self
            .client
            .query()
            .table_name(&self.name)
            .index_name(INDEX)
            .key_condition_expression("#pk = :pk AND #sk BETWEEN :start AND :end")
            .expression_attribute_names("#pk", INDEX_PK)
            .expression_attribute_names("#sk", INDEX_SK)
            .expression_attribute_values(":pk", text(releases_index_pk(project)))
            .expression_attribute_values(":start", text(format!("{:016}", first_seen.start.micros())))
            .expression_attribute_values(":end", text(end))
            .limit(most)
            .scan_index_forward(false);
        let page = call.send().await.map_err(|error| StoreError::of_call(doing, &error))?;
        let mut entries = page.items.unwrap_or_default();
        entries.retain(|entry| entry.get(INDEX_SK).and_then(|sk| sk.as_s().ok()).is_some_and(|sk| sk != end));
        let more = entries.len() > limit;
        entries.truncate(limit);
        let cursor = |entry: &Attributes| Reader::of_any_form(doing, entry).parsed(INDEX_SK, ReleaseCursor::parse);
        let next = entries.last().filter(|_| more).map(cursor).transpose()?;
        let keys = entries.iter().map(|entry| {
            let read = Reader::of_any_form(doing, entry);
            Ok(key(read.text(PK)?, read.text(SK)?))
        });
        let items = self.get_all(doing, keys.collect::<Result<_>>()?, false).await?;
        let now = self.clock.now();
        let live = items.iter().filter(|item| !is_expired(item, now));
        let mut items = live.map(|item| decode(doing, item)).collect::<Result<Vec<_>>>()?;
        items.sort_by_cached_key(|release| std::cmp::Reverse(release_index_sk(release.first_seen, &release.name)));
        Ok(Page { items, next })
    }

    async fn remove_releases(&self, project: ProjectId) -> Result<bool> {
        let doing = "removing a project's releases";
        let mut range = super::call::Range::of_prefix(project_pk(project), RELEASE);
        range.limit = Some(1_000);
        let (items, next) = self.query(doing, &range).await?;
        let keys = items.iter().map(|item| {
            let read = Reader::of_any_form(doing, item);
            Ok(key(read.text(PK)?, read.text(SK)?))
        });
        self.remove_all(doing, keys.collect::<Result<_>>()?).await?;
        Ok(next.is_some())
    }
}

impl Table {
    /// A base for updates of a release that set its last-seen time.
    fn update_release(&self, project: ProjectId, seen: &Release, expires_at: Timestamp) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(key(project_pk(project), release_sk(&seen.name))))
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_names("#last", LAST_SEEN)
            .expression_attribute_values(":ttl", number(expires_at.seconds()))
            .expression_attribute_values(":last", time(seen.last_seen))
    }
}

fn decode(doing: &'static str, item: &Attributes) -> Result<Release> {
    let read = Reader::new(doing, item)?;
    Ok(Release {
        name: read.text(NAME)?.to_owned(),
        first_seen: read.time(FIRST_SEEN)?,
        last_seen: read.time(LAST_SEEN)?,
    })
}
