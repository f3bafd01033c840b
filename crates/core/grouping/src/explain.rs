//! Why an occurrence goes where it goes.

use serde::Serialize;

use super::basis::{Basis, ExceptionKey};
use super::fingerprint::FingerprintPart;
use super::frame::FrameKey;
use super::stack::StackKey;
use super::{Grouping, grouping};
use model::id::Fingerprint;
use model::occurrence::Occurrence;

/// Why an occurrence goes where it goes: what counted, what did not, and why not.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The version of the rules.
    pub version: u8,
    /// What names the error in lists.
    pub title: String,
    /// The rule that decided: `exceptions`, `message`, `fingerprint`, …
    pub basis: &'static str,
    /// The hashes, the one that names a new error first.
    pub variants: Vec<Variant>,
    /// What was looked at.
    pub components: Vec<Component>,
}

/// One hash.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Variant {
    /// What it is of: `app` (the application's own frames), `system` (all frames), or the basis.
    pub name: &'static str,
    /// The hash.
    pub fingerprint: Fingerprint,
}

/// Something that was looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Component {
    /// What it is: `exception`, `type`, `frame`, …
    pub name: &'static str,
    /// What went into the hash, after cleaning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Whether it counts.
    pub contributes: bool,
    /// Of a frame: whether it is the application's own, and so counts in the `app` variant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_app: Option<bool>,
    /// Why it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
    /// Its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
}

/// The most frames of a stack that are explained one by one. All of them count.
const MAX_SHOWN: usize = 100;

/// The same decision as [`group`](super::group), and why. For people, not for the hot path.
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
        let why = Some("the frames say more");
        parts.push(Component { name: "value", why, ..Component::default() });
    } else if !key.value.is_empty() {
        parts.push(leaf("value", &key.value));
    }
    let contributes = parts.iter().any(|part| part.contributes);
    Component { name: "exception", contributes, components: parts, ..Component::default() }
}

fn stack(key: &StackKey<'_>) -> Component {
    let contributes = key.contributes(false);
    let why = (!contributes).then_some("none of its frames counts");
    let components = if key.frames.len() <= MAX_SHOWN {
        key.frames.iter().map(frame).collect()
    } else {
        let (first, rest) = key.frames.split_at(MAX_SHOWN / 2);
        let (between, last) = rest.split_at(rest.len() - MAX_SHOWN / 2);
        let left_out = Component {
            contributes: between.iter().any(|frame| frame.ignored.is_none()),
            ..leaf("frames", &format!("{} frames that are not shown", between.len()))
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
