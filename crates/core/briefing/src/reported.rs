//! The text of events. All of it is hostile.

use std::collections::BTreeMap;

use model::error::Tag;
use model::occurrence::Occurrence;
use model::project::{Repository, SourceLinks};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::budget::{Budget, Detail};
use crate::facts::{Remark, Subject};
use crate::stack::ReportedException;
use crate::text::{inline, plain, value};

/// Text of events, cut and without invisible characters.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reported {
    #[serde(rename = "type", skip_serializing_if = "String::is_empty")]
    pub(crate) kind: String,
    pub(crate) message: String,
    /// Names that the client gave: `culprit`, `release`, `environment` and others.
    pub(crate) names: BTreeMap<String, String>,
    /// The exceptions, the raised one first and then its causes.
    #[schemars(length(max = 4))]
    pub(crate) exceptions: Vec<ReportedException>,
    /// The request that failed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) request: BTreeMap<String, String>,
    /// The breadcrumbs before the error, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub(crate) breadcrumbs: Vec<ReportedCrumb>,
    /// Contexts, extra data and the user.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) more: BTreeMap<String, BTreeMap<String, String>>,
    /// The most frequent values of the error's tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub(crate) tags: Vec<CountedTag>,
    /// Feedback of users of the application, newest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    pub(crate) feedback: Vec<Remark>,
}

/// A breadcrumb, as a line of the list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ReportedCrumb {
    pub(crate) at: String,
    pub(crate) category: String,
    pub(crate) message: String,
}

/// A tag, with its most frequent values.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CountedTag {
    pub(crate) key: String,
    /// Each value with its share in percent.
    pub(crate) values: BTreeMap<String, u64>,
}

impl Reported {
    /// The text of an error's occurrences.
    pub(crate) fn of_error(subject: &Subject<'_>, budget: &Budget, cut: &mut Vec<String>) -> Self {
        let error = subject.error;
        let mut reported = match &subject.occurrence {
            Some(picked) => Self::of(picked.occurrence, subject.repository, budget, cut),
            None => Self {
                kind: inline(&error.kind, budget.short),
                message: plain(&error.message, budget.long),
                ..Self::default()
            },
        };
        let names = [
            ("firstRelease", &error.first_release),
            ("lastRelease", &error.last_release),
            ("regressedIn", &error.regression.as_ref().and_then(|regression| regression.release.clone())),
            ("resolvedAfter", &error.resolution.as_ref().map(|resolution| resolution.after.clone())),
        ];
        reported.names.extend(given(names, budget));
        let tags: Vec<_> = error.tags.iter().collect();
        if tags.len() > budget.tags {
            cut.push(format!("{} of {} tags", tags.len() - budget.tags, tags.len()));
        }
        reported.tags = tags.into_iter().take(budget.tags).map(|(key, tag)| CountedTag::of(key, tag, budget)).collect();
        let feedback = subject.history.iter().filter_map(|entry| Remark::of_user(entry, budget));
        reported.feedback = feedback.take(budget.entries).collect();
        reported
    }

    /// The text of an occurrence, with links into `repository`. Adds to `cut` what was left out.
    pub fn of(
        occurrence: &Occurrence,
        repository: Option<&Repository>,
        budget: &Budget,
        cut: &mut Vec<String>,
    ) -> Self {
        let links = SourceLinks::new(repository, occurrence);
        let names = [
            ("culprit", &occurrence.culprit),
            ("platform", &Some(occurrence.platform.clone())),
            ("environment", &occurrence.environment),
            ("release", &occurrence.release),
            ("dist", &occurrence.dist),
            ("server", &occurrence.server_name),
            ("transaction", &occurrence.transaction),
            ("logger", &occurrence.logger),
            ("sdk", &occurrence.sdk.get("name").and_then(Value::as_str).map(str::to_owned)),
        ];
        let mut exceptions: Vec<_> = occurrence
            .exceptions
            .iter()
            .rev()
            .take(budget.exceptions)
            .collect::<Vec<_>>()
            .into_iter()
            .map(|exception| ReportedException::of(exception, links, budget, cut))
            .collect();
        let more = occurrence.exceptions.len().saturating_sub(budget.exceptions);
        if more > 0 {
            cut.push(format!("{more} causes of the exception"));
        }
        if exceptions.is_empty()
            && let Some(stack) = &occurrence.stacktrace
        {
            exceptions.push(ReportedException::of_stack(&occurrence.kind, stack, links, budget, cut));
        }
        let crumbs = occurrence.breadcrumbs.iter().rev().take(budget.breadcrumbs);
        let crumbs_left_out = occurrence.breadcrumbs.len().saturating_sub(budget.breadcrumbs);
        if crumbs_left_out > 0 {
            cut.push(format!("{crumbs_left_out} older breadcrumbs"));
        }
        let formatted = ["formatted", "message"].iter().find_map(|key| occurrence.logentry.get(*key)?.as_str());
        Self {
            kind: inline(&occurrence.kind, budget.short),
            message: plain(formatted.unwrap_or(&occurrence.message), budget.long),
            names: given(names, budget).collect(),
            exceptions,
            request: request(occurrence, budget),
            breadcrumbs: crumbs.map(|crumb| ReportedCrumb::of(crumb, budget)).collect(),
            more: match budget.detail {
                Detail::Full => BTreeMap::new(),
                Detail::Everything => everything(occurrence, budget, cut),
            },
            ..Self::default()
        }
    }
}

impl ReportedCrumb {
    fn of(crumb: &Map<String, Value>, budget: &Budget) -> Self {
        let text = |name: &str| crumb.get(name).filter(|it| !it.is_null()).map(|it| value(it, budget.short));
        let message = [text("message"), text("data")].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let category = text("category").or_else(|| text("type")).unwrap_or_default();
        Self { at: text("timestamp").unwrap_or_default(), category, message }
    }
}

impl CountedTag {
    pub(crate) fn of(key: &str, tag: &Tag, budget: &Budget) -> Self {
        let total = tag.total().max(1);
        let share = |count: u64| (count * 100 + total / 2) / total;
        let values = tag.values().into_iter().take(budget.entries.min(5));
        Self {
            key: inline(key, budget.short),
            values: values.map(|it| (inline(&it.text, budget.short), share(it.at_least))).collect(),
        }
    }
}

/// The names that are given.
fn given<const N: usize>(
    names: [(&'static str, &Option<String>); N],
    budget: &Budget,
) -> impl Iterator<Item = (String, String)> {
    let short = budget.short;
    let given: Vec<_> = names
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), inline(text.as_deref()?, short))))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    given.into_iter()
}

/// The method, the URL and the query of a request. Headers, cookies and the body may hold what identifies people.
fn request(occurrence: &Occurrence, budget: &Budget) -> BTreeMap<String, String> {
    let keys = ["method", "url", "query_string"];
    let parts = keys.into_iter().filter_map(|key| Some((key.to_owned(), occurrence.request.get(key)?)));
    let parts = parts.filter(|(_, part)| !part.is_null());
    parts.map(|(key, part)| (key, value(part, budget.short))).collect()
}

/// Contexts, extra data and the user.
fn everything(
    occurrence: &Occurrence,
    budget: &Budget,
    cut: &mut Vec<String>,
) -> BTreeMap<String, BTreeMap<String, String>> {
    let contexts = occurrence.contexts.iter().filter_map(|(name, context)| Some((name.as_str(), context.as_object()?)));
    let request = occurrence.request.iter().filter(|(key, _)| key.as_str() != "url" && key.as_str() != "method");
    let request: Map<_, _> = request.map(|(key, part)| (key.clone(), part.clone())).collect();
    let tags = occurrence.tags.iter().map(|(key, text)| (key.clone(), Value::from(text.as_str())));
    let tags: Map<_, _> = tags.collect();
    let own = [("user", &occurrence.user), ("extra", &occurrence.extra), ("request", &request), ("tags", &tags)];
    let sections: Vec<_> = own.into_iter().chain(contexts).filter(|(_, section)| !section.is_empty()).collect();
    if sections.len() > budget.values {
        cut.push(format!("{} contexts", sections.len() - budget.values));
    }
    let mut everything = BTreeMap::new();
    for (name, section) in sections.into_iter().take(budget.values) {
        if section.len() > budget.values {
            cut.push(format!("{} values of a context", section.len() - budget.values));
        }
        let values = section.iter().take(budget.values);
        let values = values.map(|(key, part)| (inline(key, budget.short), value(part, budget.short)));
        everything.insert(inline(name, budget.short), values.collect());
    }
    everything
}
