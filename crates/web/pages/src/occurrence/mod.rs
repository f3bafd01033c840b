//! One occurrence: exceptions with their stack traces, then breadcrumbs, request, contexts and the rest.

mod attachments;
mod frames;
mod markdown;
mod sections;

use askama::Template;
pub use attachments::{AttachmentRow, AttachmentState, PREVIEW_BYTES, Preview};
use frames::Stack;
use grouping::{Component, Explanation};
pub use markdown::markdown;
use model::occurrence::{Exception, Occurrence};
use model::project::{Repository, SourceLinks};
use sections::{Crumb, Section};

use crate::text::{LONG, visible};
use crate::{Moment, text};
use model::time::Timestamp;

/// An occurrence as a part of a page.
#[derive(Debug, Template)]
#[template(path = "occurrence.html")]
pub struct OccurrenceView {
    event_id: String,
    when: Moment,
    received: Moment,
    facts: Vec<(&'static str, String)>,
    tags: Vec<(String, String)>,
    message: Option<String>,
    raised: Vec<Raised>,
    /// The number of exceptions in the chain that are not shown.
    left_out: usize,
    threads: Vec<(String, Stack)>,
    attachments: Vec<AttachmentRow>,
    crumbs: Vec<Crumb>,
    crumbs_left_out: usize,
    sections: Vec<Section>,
    scrubbed: Vec<String>,
    problems: Vec<String>,
    why: Option<Explanation>,
    /// The title and the address of another error that has the same source, by a source map that came late.
    same_source: Option<(String, String)>,
    markdown: String,
    steps: Steps,
}

/// URLs of the neighbours of an occurrence; `None` if there is no neighbour.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    pub first: Option<String>,
    /// The next older occurrence.
    pub older: Option<String>,
    /// The next newer occurrence.
    pub newer: Option<String>,
    pub last: Option<String>,
    /// The whole event as JSON.
    pub raw: String,
    /// The occurrence as Markdown, for a coding agent.
    pub markdown: String,
}

/// An exception in a chain of causes.
#[derive(Debug)]
struct Raised {
    kind: String,
    value: String,
    /// How the exception was caught, if the client says so.
    mechanism: Option<String>,
    stack: Option<Stack>,
    /// The stack as the client sent it, if source maps changed it.
    minified: Option<Stack>,
}

/// The numbers of exceptions, threads and breadcrumbs that a page shows: the newest ones.
const MOST_EXCEPTIONS: usize = 10;
const MOST_THREADS: usize = 20;
const MOST_CRUMBS: usize = 100;

impl OccurrenceView {
    /// Creates the view of an occurrence for a page that is rendered at `now`. Frames of the application link into
    /// `repository`.
    pub fn new(
        occurrence: &Occurrence,
        why: Option<Explanation>,
        steps: Steps,
        repository: Option<&Repository>,
        now: Timestamp,
    ) -> Self {
        let links = SourceLinks::new(repository, occurrence);
        let mut raised: Vec<_> = occurrence
            .exceptions
            .iter()
            .rev()
            .take(MOST_EXCEPTIONS)
            .enumerate()
            .map(|it| Raised::of(it, links))
            .collect();
        if raised.is_empty()
            && let Some(stack) = &occurrence.stacktrace
        {
            raised.push(Raised {
                kind: visible(&occurrence.kind, LONG),
                value: String::new(),
                mechanism: None,
                stack: Some(Stack::of(stack, true, links)),
                minified: frames::minified(stack).map(|stack| Stack::of(&stack, false, SourceLinks::default())),
            });
        }
        let stacks = occurrence.threads.iter().filter_map(|thread| {
            let name = thread.name.clone().or(thread.id.as_ref().map(text::value)).unwrap_or_default();
            Some((visible(&name, 100), Stack::of(thread.stacktrace.as_ref()?, false, links)))
        });
        let crumbs = occurrence.breadcrumbs.iter().rev().take(MOST_CRUMBS);
        let formatted = occurrence.logentry.get("formatted").or(occurrence.logentry.get("message"));
        let formatted = formatted.and_then(|text| text.as_str()).unwrap_or(&occurrence.message);
        Self {
            event_id: occurrence.event_id.to_string(),
            when: Moment::new(occurrence.timestamp, now),
            received: Moment::new(occurrence.received_at, now),
            facts: facts(occurrence),
            tags: occurrence.tags.iter().map(|(key, value)| (visible(key, 100), visible(value, 300))).collect(),
            message: (occurrence.exceptions.is_empty() && !formatted.is_empty()).then(|| visible(formatted, LONG)),
            left_out: occurrence.exceptions.len().saturating_sub(MOST_EXCEPTIONS),
            raised,
            threads: stacks.take(MOST_THREADS).collect(),
            attachments: Vec::new(),
            crumbs_left_out: occurrence.breadcrumbs.len().saturating_sub(MOST_CRUMBS),
            crumbs: crumbs.map(Crumb::of).collect(),
            sections: sections::of(occurrence),
            scrubbed: occurrence.scrubbed.iter().take(100).map(|path| visible(path, 200)).collect(),
            problems: occurrence
                .errors
                .iter()
                .map(|problem| visible(&format!("{}: {}", problem.name, problem.reason), 300))
                .collect(),
            why,
            same_source: None,
            markdown: markdown(occurrence),
            steps,
        }
    }

    /// The same view, with the files that came with the event.
    #[must_use]
    pub fn with_attachments(self, attachments: Vec<AttachmentRow>) -> Self {
        Self { attachments, ..self }
    }

    /// The same view, with the title and the address of another error that has the same source.
    #[must_use]
    pub fn with_same_source(self, same_source: Option<(String, String)>) -> Self {
        Self { same_source, ..self }
    }

    /// The components of the grouping explanation with their depth, in depth-first order.
    fn reasons(&self) -> Vec<(usize, &Component)> {
        fn walk<'a>(components: &'a [Component], depth: usize, out: &mut Vec<(usize, &'a Component)>) {
            for component in components {
                if out.len() == MOST_REASONS {
                    return;
                }
                out.push((depth.min(4), component));
                walk(&component.components, depth + 1, out);
            }
        }
        let mut reasons = Vec::new();
        if let Some(why) = &self.why {
            walk(&why.components, 0, &mut reasons);
        }
        reasons
    }
}

/// The number of components of a grouping explanation that a page shows.
const MOST_REASONS: usize = 200;

impl Raised {
    /// The exception at `index` in the order of the page. The error is named after the first one.
    fn of((index, exception): (usize, &Exception), links: SourceLinks<'_>) -> Self {
        let text = |value: &Option<String>| visible(value.as_deref().unwrap_or_default(), LONG);
        let handled = exception.mechanism.get("handled").and_then(|handled| handled.as_bool());
        let kind = exception.mechanism.get("type").and_then(|kind| kind.as_str()).map(|kind| visible(kind, 100));
        let mechanism = match (kind, handled) {
            (Some(kind), Some(false)) => Some(format!("{kind}, not handled")),
            (None, Some(false)) => Some("not handled".to_owned()),
            (Some(kind), _) => Some(kind),
            (None, _) => None,
        };
        let kind = match text(&exception.kind) {
            kind if kind.is_empty() => "Exception".to_owned(),
            kind => kind,
        };
        let stack = exception.stacktrace.as_ref().map(|stack| Stack::of(stack, index == 0, links));
        let minified = exception
            .stacktrace
            .as_ref()
            .and_then(frames::minified)
            .map(|stack| Stack::of(&stack, false, SourceLinks::default()));
        Self { kind, value: text(&exception.value), mechanism, stack, minified }
    }
}

fn facts(occurrence: &Occurrence) -> Vec<(&'static str, String)> {
    let sdk = |name: &str| occurrence.sdk.get(name).and_then(|value| value.as_str()).map(str::to_owned);
    let sdk = sdk("name").map(|name| format!("{name} {}", sdk("version").unwrap_or_default()));
    let facts = [
        ("Environment", &occurrence.environment),
        ("Release", &occurrence.release),
        ("Build", &occurrence.dist),
        ("Server", &occurrence.server_name),
        ("Transaction", &occurrence.transaction),
        ("Logger", &occurrence.logger),
        ("Trace", &occurrence.trace_id),
        ("SDK", &sdk),
    ];
    facts.into_iter().filter_map(|(name, fact)| Some((name, visible(fact.as_deref()?, 300)))).collect()
}
