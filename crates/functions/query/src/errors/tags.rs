//! `GET …/errors/{message}/tags`: the tags of an error's occurrences, with the counts of their values.

use http::Uri;
use http_common::describe::Description;
use http_common::{Answer, ReadableProject};
use model::error::{ErrorAggregate, Tag, Tags};
use schemars::JsonSchema;
use serde::Serialize;

use super::operation::describe_error_path;
use crate::Query;
use crate::list::Parameters;
use crate::lookup::find_error;

pub(super) fn describe(api: &mut Description) {
    let path = "/projects/{project}/errors/{message}/tags";
    describe_error_path(api.operation("get", path, "listTags", "Lists the tags of an error's occurrences"))
        .description(
            "Lists the most frequent values of each tag. faultline keeps `level`, `environment`, `release` and the first 20 \
             other tags with names of at most 32 bytes, and eight values per tag. Of a value longer than 60 bytes it keeps \
             the beginning and a hash. The counts of a tag are exact as long as it has at most eight values.",
        )
        .limit(Tags::MAX_VALUES, Tags::MAX_VALUES)
        .data::<TagsAnswer<'_>>(200, "the tags");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Tags")]
struct TagsAnswer<'a> {
    /// Sorted by name.
    #[schemars(length(max = Tags::MAX_SHOWN_TAGS))]
    tags: Vec<TagEntry<'a>>,
    /// Whether occurrences had further tags, which are not kept.
    is_partial: bool,
    /// The approximate number of affected users.
    users: u64,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Tag")]
struct TagEntry<'a> {
    key: &'a str,
    /// The number of occurrences with this tag.
    total: u64,
    /// Whether all values are kept, so that each count is exact.
    is_exact: bool,
    /// The most frequent values first.
    #[schemars(length(max = Tags::MAX_VALUES))]
    values: Vec<TagValueEntry<'a>>,
    /// The most occurrences that can have a value that is not listed.
    rest: u64,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TagValue")]
struct TagValueEntry<'a> {
    value: &'a str,
    /// The number of occurrences with this value, at least.
    count: u64,
    /// The number of occurrences with this value, at most.
    count_at_most: u64,
    /// `count` divided by the tag's total: 0 to 1.
    share: f64,
}

pub(super) async fn list(query: &Query, project: &ReadableProject, message: &str, uri: &Uri) -> Answer {
    let limit = Parameters::parse(uri).limit(Tags::MAX_VALUES, Tags::MAX_VALUES)?;
    let ErrorAggregate { tags, users, .. } = find_error(query, project, message).await?;
    let listed = tags.iter().map(|(name, tag)| describe_tag(name, tag, limit)).collect();
    http_common::data(TagsAnswer { tags: listed, is_partial: tags.is_partial(), users: users.count() })
}

fn describe_tag<'a>(key: &'a str, tag: &'a Tag, limit: usize) -> TagEntry<'a> {
    let total = tag.total();
    let share = |count: u64| (count as f64 / total.max(1) as f64 * 1_000.0).round() / 1_000.0;
    let values: Vec<_> = tag
        .values()
        .into_iter()
        .take(limit)
        .map(|value| TagValueEntry {
            value: &value.text,
            count: value.at_least,
            count_at_most: value.at_most,
            share: share(value.at_least),
        })
        .collect();
    let rest = total.saturating_sub(values.iter().map(|value| value.count).sum());
    TagEntry { key, total, is_exact: tag.is_exact(), values, rest }
}
