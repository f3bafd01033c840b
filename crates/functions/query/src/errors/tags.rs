//! `GET …/errors/{message}/tags`: which values of which tags its occurrences have, and how often.

use http::Uri;
use http_common::Answer;
use http_common::describe::Description;
use model::error::{ErrorAggregate, Tag, Tags};
use schemars::JsonSchema;
use serde::Serialize;
use store::ports::Project;

use super::named;
use crate::Query;
use crate::list::Parameters;

pub(super) fn describe(api: &mut Description) {
    let path = "/projects/{project}/errors/{message}/tags";
    super::named_operation(api.operation("get", path, "listTags", "Lists the tags of an error's occurrences"))
        .says(
            "The most frequent values of each. Kept are `level`, `environment`, `release` and the first 20 other names \
             that came, at most 32 bytes long, and eight values of each; of a value longer than 60 bytes its beginning and \
             a hash. While a tag has no more values, its counts are exact.",
        )
        .limit(Tags::MAX_VALUES, Tags::MAX_VALUES)
        .data::<Listed<'_>>(200, "the tags");
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Tags")]
struct Listed<'a> {
    /// By name.
    #[schemars(length(max = Tags::MAX_SHOWN_TAGS))]
    tags: Vec<Entry<'a>>,
    /// Whether occurrences had tags that are not kept.
    is_partial: bool,
    /// About how many users the error had.
    users: u64,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Tag")]
struct Entry<'a> {
    key: &'a str,
    /// How many occurrences had it.
    total: u64,
    /// Whether all its values are kept, so that each count is exact.
    is_exact: bool,
    /// The most frequent first.
    #[schemars(length(max = Tags::MAX_VALUES))]
    values: Vec<Value<'a>>,
    /// How many occurrences had a value that is not listed, at most.
    rest: u64,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "TagValue")]
struct Value<'a> {
    value: &'a str,
    /// How many occurrences had it, at least.
    count: u64,
    /// How many had it at most.
    count_at_most: u64,
    /// `count` as a part of all that have the tag: 0 to 1.
    share: f64,
}

pub(super) async fn list(query: &Query, project: &Project, message: &str, uri: &Uri) -> Answer {
    let limit = Parameters::of(uri).limit(Tags::MAX_VALUES, Tags::MAX_VALUES)?;
    let ErrorAggregate { tags, users, .. } = named(query, project, message).await?;
    let listed = tags.iter().map(|(name, tag)| entry(name, tag, limit)).collect();
    http_common::data(Listed { tags: listed, is_partial: tags.is_partial(), users: users.count() })
}

fn entry<'a>(key: &'a str, tag: &'a Tag, limit: usize) -> Entry<'a> {
    let total = tag.total();
    let share = |count: u64| (count as f64 / total.max(1) as f64 * 1_000.0).round() / 1_000.0;
    let values: Vec<_> = tag
        .values()
        .into_iter()
        .take(limit)
        .map(|value| Value {
            value: &value.text,
            count: value.at_least,
            count_at_most: value.at_most,
            share: share(value.at_least),
        })
        .collect();
    let rest = total.saturating_sub(values.iter().map(|value| value.count).sum());
    Entry { key, total, is_exact: tag.is_exact(), values, rest }
}
