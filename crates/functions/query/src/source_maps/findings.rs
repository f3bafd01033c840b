//! Findings about the set-up of source maps and ProGuard mappings, from a few events and uploads.

use std::collections::{BTreeMap, BTreeSet};

use model::id::Fingerprint;
use model::occurrence::{Frame, Occurrence};
use schemars::JsonSchema;
use serde::Serialize;
use store::ports::Upload;

/// The most findings of a kind.
const MAX_OF_A_KIND: usize = 20;
/// SDKs for JavaScript send debug ids from this version on.
const SENDS_IDS: (u64, u64) = (7, 56);

/// One thing that is right or wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "SourceMapFinding")]
pub(super) struct Finding {
    state: FindingState,
    /// One sentence; for a problem with the fix.
    text: String,
    /// How many of the events that were looked at it is about; 0 if it is about uploads.
    events: usize,
    /// An error with such an event.
    #[schemars(with = "Option<Fingerprint>")]
    example: Option<Fingerprint>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) enum FindingState {
    Problem,
    Note,
    Good,
}

/// An event, as far as it shows whether the set-up works.
#[derive(Debug, Default)]
pub(super) struct SeenEvent {
    error: Option<Fingerprint>,
    is_java: bool,
    is_mapped: bool,
    problems: BTreeSet<String>,
    /// The name and version of an SDK that is too old to send debug ids.
    old_sdk: Option<String>,
}

impl SeenEvent {
    /// Looks at an event after it was mapped. `None` if it has no frames of JavaScript or Java.
    pub(super) fn of(error: Fingerprint, occurrence: &Occurrence) -> Option<Self> {
        let platform = |frame: &Frame| frame.platform.clone().unwrap_or_else(|| occurrence.platform.clone());
        let frames: Vec<_> = frames(occurrence).filter(|frame| platform(frame) != "native").collect();
        let is_script = frames.iter().any(|frame| matches!(platform(frame).as_str(), "javascript" | "node"));
        let is_java = frames.iter().any(|frame| platform(frame) == "java");
        if !is_script && !is_java {
            return None;
        }
        let problems = frames.iter().filter_map(|frame| source_maps::problem_of(frame)).map(str::to_owned).collect();
        let sdk = |key: &str| occurrence.sdk.get(key).and_then(|value| value.as_str()).unwrap_or_default();
        let (name, version) = (sdk("name"), sdk("version"));
        let is_old = is_script && name.starts_with("sentry.javascript.") && is_older(version, SENDS_IDS);
        Some(Self {
            error: Some(error),
            is_java,
            is_mapped: frames.iter().any(|frame| source_maps::is_rewritten(frame)),
            problems,
            old_sdk: is_old.then(|| format!("{name} {version}")),
        })
    }
}

fn frames(occurrence: &Occurrence) -> impl Iterator<Item = &Frame> {
    let raised = occurrence.exceptions.iter().filter_map(|exception| exception.stacktrace.as_ref());
    let threads = occurrence.threads.iter().filter_map(|thread| thread.stacktrace.as_ref());
    raised.chain(&occurrence.stacktrace).chain(threads).flat_map(|stack| &stack.frames)
}

fn is_older(version: &str, than: (u64, u64)) -> bool {
    let mut parts = version.split('.').map(|part| part.parse().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor) < than,
        (None, _) | (_, None) => false,
    }
}

/// Returns the findings, problems first. `uploads` are the newest first.
pub(super) fn find(seen: &[SeenEvent], uploads: &[Upload]) -> Vec<Finding> {
    let mut findings = about_uploads(seen, uploads);
    let mut problems: BTreeMap<&str, Vec<&SeenEvent>> = BTreeMap::new();
    for event in seen {
        event.problems.iter().for_each(|problem| problems.entry(problem).or_default().push(event));
    }
    let about = |state: FindingState, text: String, events: &[&SeenEvent]| Finding {
        state,
        text,
        events: events.len(),
        example: events.first().and_then(|event| event.error),
    };
    let mut problems: Vec<_> = problems.into_iter().collect();
    problems.sort_by_key(|(_, events)| std::cmp::Reverse(events.len()));
    let problems = problems.into_iter().take(MAX_OF_A_KIND);
    findings.extend(problems.map(|(text, events)| about(FindingState::Problem, text.to_owned(), &events)));

    let old: Vec<_> = seen.iter().filter(|event| event.old_sdk.is_some() && !event.is_mapped).collect();
    if let Some(sdk) = old.first().and_then(|event| event.old_sdk.as_deref()) {
        let text =
            format!("{sdk} sends no debug ids: use version 7.56 or later, or upload with the release of the SDK.");
        findings.push(about(FindingState::Problem, text, &old));
    }
    for (is_java, kind) in [(false, "JavaScript"), (true, "Java")] {
        let own: Vec<_> = seen.iter().filter(|event| event.is_java == is_java).collect();
        let mapped: Vec<_> = own.iter().filter(|event| event.is_mapped).copied().collect();
        let plain: Vec<_> = own.iter().filter(|event| !event.is_mapped && event.problems.is_empty()).copied().collect();
        if !mapped.is_empty() {
            let text = format!("Events of {kind} are shown as the code was written.");
            findings.push(about(FindingState::Good, text, &mapped));
        }
        if !plain.is_empty() {
            let text = format!("Events of {kind} have no frames that look minified or obfuscated.");
            findings.push(about(FindingState::Note, text, &plain));
        }
    }
    if seen.is_empty() {
        let text =
            "None of the newest errors has an event of JavaScript or Java: throw an error in the application, and \
                    check again."
                .to_owned();
        findings.push(about(FindingState::Note, text, &[]));
    }
    findings.sort_by_key(|finding| finding.state);
    findings
}

fn about_uploads(seen: &[SeenEvent], uploads: &[Upload]) -> Vec<Finding> {
    let finding = |state: FindingState, text: String| Finding { state, text, events: 0, example: None };
    let Some(newest) = uploads.first() else {
        let needed = seen.iter().any(|event| !event.problems.is_empty());
        let text = "Nothing was uploaded in the last 90 days: create an upload key, and let the build upload its maps.";
        return vec![finding(if needed { FindingState::Problem } else { FindingState::Note }, text.to_owned())];
    };
    let at = newest.id.at();
    if let Some(failure) = &newest.failure {
        return vec![finding(
            FindingState::Problem,
            format!("The newest upload, of {at}, could not be used: {failure}."),
        )];
    }
    let problems = newest.files.iter().filter_map(|file| Some(format!("{}: {}", file.url, file.problem.as_ref()?)));
    let problems: Vec<_> = problems.take(MAX_OF_A_KIND).collect();
    match problems.is_empty() {
        true => {
            let text = format!("The newest upload, of {at}, has {} maps and no problems.", newest.ids.len());
            vec![finding(FindingState::Good, text)]
        }
        false => problems
            .into_iter()
            .map(|problem| finding(FindingState::Problem, format!("In the newest upload, {problem}.")))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (version, expected) in
            [("7.55.9", true), ("7.56.0", false), ("6.100.1", true), ("10.2.0", false), ("", false), ("next", false)]
        {
            assert_eq!(is_older(version, SENDS_IDS), expected, "{version}");
        }
    }

    #[test]
    fn problems_come_first_and_each_is_counted_once_for_an_event() {
        let with = |problems: &[&str]| SeenEvent {
            problems: problems.iter().map(|problem| (*problem).to_owned()).collect(),
            ..SeenEvent::default()
        };
        let mapped = SeenEvent { is_mapped: true, ..SeenEvent::default() };
        let findings = find(&[mapped, with(&["a"]), with(&["a", "b"])], &[]);
        let shown: Vec<_> = findings.iter().map(|one| (one.state, one.text.as_str(), one.events)).collect();
        assert_eq!(shown.len(), 4);
        assert!(shown[0].1.starts_with("Nothing was uploaded") && shown[0].0 == FindingState::Problem, "{shown:?}");
        assert_eq!(shown[1..3], [(FindingState::Problem, "a", 2), (FindingState::Problem, "b", 1)]);
        assert_eq!(shown[3], (FindingState::Good, "Events of JavaScript are shown as the code was written.", 1));
        assert_eq!(find(&[], &[]).iter().map(|one| one.state).collect::<Vec<_>>(), [FindingState::Note; 2]);
    }
}
