//! Explains why an occurrence belongs to an error.

use serde::Serialize;

use super::basis::{Basis, ExceptionKey};
use super::fingerprint::FingerprintPart;
use super::frame::FrameKey;
use super::stack::StackKey;
use super::{Grouping, grouping};
use model::id::Fingerprint;
use model::occurrence::Occurrence;

/// Explains why an occurrence belongs to an error: what contributed to the hash, what did not, and why not.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The version of the grouping rules.
    pub version: u8,
    /// The title of the error in lists.
    pub title: String,
    /// The rule that decided: `exceptions`, `message`, `fingerprint`, …
    pub basis: &'static str,
    /// The hashes. The first one names a new error.
    pub variants: Vec<Variant>,
    /// The parts of the event that were considered.
    pub components: Vec<Component>,
}

/// A hash and its name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Variant {
    /// `app` (in-app frames), `system` (all frames), or the basis.
    pub name: &'static str,
    pub fingerprint: Fingerprint,
}

/// A part of the event that was considered.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    /// The kind of the part: `exception`, `type`, `frame`, …
    pub name: &'static str,
    /// The value that went into the hash, after cleaning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Whether the part contributes to the hash.
    pub contributes: bool,
    /// Whether a frame is in-app, so that it contributes to the `app` variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_app: Option<bool>,
    /// Why the part does not contribute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
    /// The parts that it consists of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
}

/// The most frames of a stack that are explained individually. All frames contribute.
const MAX_SHOWN: usize = 100;

/// Makes the same decision as [`group`](super::group), and explains it. It is slower, and meant for people.
pub fn explain(occurrence: &Occurrence) -> (Grouping, Explanation) {
    let basis = Basis::of(occurrence);
    let grouping = grouping(&basis, occurrence);
    let (name, components) = components(&basis);
    let variants = basis.variants().into_iter().map(|(name, fingerprint)| Variant { name, fingerprint }).collect();
    let title = grouping.title.clone();
    let explanation = Explanation { version: grouping.version, title, basis: name, variants, components };
    (grouping, explanation)
}

fn components(basis: &Basis<'_>) -> (&'static str, Vec<Component>) {
    match basis {
        Basis::V1(message) => ("message", vec![leaf("message", message)]),
        Basis::Checksum(checksum) => ("checksum", vec![leaf("checksum", checksum)]),
        Basis::Custom(entries) => ("fingerprint", entries.iter().map(entry).collect()),
        Basis::Mixed(entries, default) => {
            let (_, rules) = components(default);
            let mut list: Vec<_> = entries.iter().filter(|entry| !entry.is_default()).map(entry).collect();
            list.push(Component { name: "default", contributes: true, components: rules, ..Component::default() });
            ("fingerprint", list)
        }
        Basis::Exceptions(keys) => ("exceptions", keys.iter().map(exception).collect()),
        Basis::Stack(of, key) => (of, vec![stack(key)]),
        Basis::Report(kind, message) => ("report", vec![leaf("type", kind), leaf("message", message)]),
        Basis::Template(filename, line) => ("template", vec![leaf("filename", filename), leaf("context_line", line)]),
        Basis::Message(message) => ("message", vec![leaf("message", message)]),
        Basis::Nothing => ("nothing", Vec::new()),
    }
}

fn leaf(name: &'static str, value: &str) -> Component {
    Component { name, value: Some(value.to_owned()), contributes: true, ..Component::default() }
}

fn entry(entry: &FingerprintPart<'_>) -> Component {
    let mut component = leaf("entry", &entry.value);
    if entry.value != entry.given {
        component.components.push(leaf("placeholder", entry.given));
    }
    component
}

fn exception(key: &ExceptionKey<'_>) -> Component {
    let mut parts = Vec::new();
    if let Some(kind) = &key.kind {
        let why = (!key.kind_counts()).then_some("the exception is synthetic");
        parts.push(Component { contributes: why.is_none(), why, ..leaf("type", kind) });
    }
    parts.extend(key.ns_error.as_deref().map(|error| leaf("ns_error", error)));
    let has_frames = key.stack.contributes(false);
    if !key.stack.frames.is_empty() {
        parts.push(stack(&key.stack));
    }
    if has_frames {
        let why = Some("the frames are used instead");
        parts.push(Component { name: "value", why, ..Component::default() });
    } else if !key.value.is_empty() {
        parts.push(leaf("value", &key.value));
    }
    let contributes = parts.iter().any(|part| part.contributes);
    Component { name: "exception", contributes, components: parts, ..Component::default() }
}

fn stack(key: &StackKey<'_>) -> Component {
    let contributes = key.contributes(false);
    let why = (!contributes).then_some("none of its frames contributes");
    let components = if key.frames.len() <= MAX_SHOWN {
        key.frames.iter().map(frame).collect()
    } else {
        let (first, rest) = key.frames.split_at(MAX_SHOWN / 2);
        let (between, last) = rest.split_at(rest.len() - MAX_SHOWN / 2);
        let left_out = Component {
            contributes: between.iter().any(|frame| frame.ignored.is_none()),
            ..leaf("frames", &format!("{} frames not shown", between.len()))
        };
        first.iter().map(frame).chain([left_out]).chain(last.iter().map(frame)).collect()
    };
    Component { name: "stacktrace", contributes, why, components, ..Component::default() }
}

fn frame(key: &FrameKey<'_>) -> Component {
    let parts = [
        ("module", &key.module),
        ("filename", &key.filename),
        ("context_line", &key.context),
        ("function", &key.function),
    ];
    let contributes = key.ignored.is_none();
    let parts =
        parts.into_iter().filter_map(|(name, value)| Some(Component { contributes, ..leaf(name, value.as_deref()?) }));
    Component {
        name: "frame",
        contributes,
        in_app: Some(key.in_app),
        why: key.ignored,
        components: parts.collect(),
        value: None,
    }
}
