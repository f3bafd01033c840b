//! Decides what an occurrence is grouped by.

use std::borrow::Cow;

use serde_json::Value;

use super::fingerprint::{self, FingerprintPart};
use super::image::Images;
use super::platform::Family;
use super::stack::StackKey;
use super::{chain, message};
use model::id::Fingerprint;
use model::occurrence::{Exception, Occurrence, Source};

/// The data that an occurrence is grouped by: the first of these that is present, in this order.
#[derive(Debug)]
pub(super) enum Basis<'a> {
    /// A v1 error: only its message.
    V1(&'a str),
    /// A hash that an old client computed itself.
    Checksum(&'a str),
    /// The fingerprint that the client sent, and nothing else.
    Custom(Vec<FingerprintPart<'a>>),
    /// The fingerprint that the client sent, combined with the default rules.
    Mixed(Vec<FingerprintPart<'a>>, Box<Basis<'a>>),
    Exceptions(Vec<ExceptionKey<'a>>),
    /// The stack of the relevant thread, or of the event. The name says which.
    Stack(&'static str, StackKey<'a>),
    /// A report of a browser: its kind and title.
    Report(&'a str, Cow<'a, str>),
    /// A template that failed: its file and source line.
    Template(&'a str, &'a str),
    Message(Cow<'a, str>),
    /// The event has no data to group by. All such events are one error.
    Nothing,
}

/// The parts of an exception that contribute to the hash.
#[derive(Debug)]
pub(super) struct ExceptionKey<'a> {
    pub(super) stack: StackKey<'a>,
    /// The type, cleaned like other names.
    pub(super) kind: Option<Cow<'a, str>>,
    /// Nobody threw the exception (it is a signal, for example). Its type only contributes if there are no frames.
    pub(super) synthetic: bool,
    /// Domain and code of an Apple error.
    pub(super) ns_error: Option<String>,
    /// Contributes only if there are no frames.
    pub(super) value: Cow<'a, str>,
}

impl<'a> ExceptionKey<'a> {
    fn of(exception: &'a Exception, platform: &str, marked: bool, images: &Images<'_>) -> Self {
        let mechanism = &exception.mechanism;
        let ns_error = mechanism.get("meta").and_then(|meta| meta.get("ns_error")).and_then(|error| {
            Some(format!("{} {}", error.get("domain")?.as_str()?, error.get("code").unwrap_or(&Value::Null)))
        });
        let stack = exception
            .stacktrace
            .as_ref()
            .map(|stack| StackKey::of(stack, platform, marked, images))
            .unwrap_or_default();
        // Skipped if the frames contribute, because parameterising the value is most of the work.
        let value = if stack.contributes(false) { "" } else { exception.value.as_deref().unwrap_or_default() };
        Self {
            stack,
            kind: exception.kind.as_deref().and_then(|kind| Family::of(platform).exception_type(kind)),
            synthetic: mechanism.get("synthetic").is_some_and(|synthetic| *synthetic == true),
            ns_error,
            value: message::kind(value),
        }
    }

    pub(super) fn kind_counts(&self) -> bool {
        self.kind.is_some() && !(self.synthetic && self.stack.contributes(false))
    }

    fn contributes(&self) -> bool {
        self.stack.contributes(false) || self.kind.is_some() || !self.value.is_empty()
    }

    fn text(&self, app: bool) -> String {
        let mut out = String::with_capacity(64 + 48 * self.stack.frames.len());
        if let Some(kind) = self.kind.as_ref().filter(|_| self.kind_counts()) {
            out.push('t');
            out.push_str(kind);
        }
        if let Some(error) = &self.ns_error {
            out.push_str("\u{1e}n");
            out.push_str(error);
        }
        if self.stack.contributes(false) {
            self.stack.write(app, &mut out);
        } else {
            out.push_str("\u{1e}v");
            out.push_str(&self.value);
        }
        out
    }
}

impl<'a> Basis<'a> {
    /// Returns the basis for grouping `occurrence`.
    pub(super) fn of(occurrence: &'a Occurrence) -> Self {
        match occurrence.source {
            Source::V1 => return Self::V1(&occurrence.message),
            Source::Sentry | Source::Security | Source::Rollbar | Source::Airbrake | Source::Bugsnag | Source::Otlp => {
            }
        }
        if let Some(Value::String(checksum)) = occurrence.other.get("checksum")
            && !checksum.is_empty()
        {
            return Self::Checksum(checksum);
        }
        match fingerprint::wish(&occurrence.fingerprint) {
            fingerprint::FingerprintUse::Default => Self::by_the_rules(occurrence),
            fingerprint::FingerprintUse::Custom => Self::Custom(fingerprint::resolve(occurrence)),
            fingerprint::FingerprintUse::Mixed => {
                Self::Mixed(fingerprint::resolve(occurrence), Box::new(Self::by_the_rules(occurrence)))
            }
        }
    }

    fn by_the_rules(occurrence: &'a Occurrence) -> Self {
        if occurrence.source == Source::Security {
            // Reports about policies, certificates and requests are about a host. The messages of other reports vary.
            let is_about_host =
                matches!(occurrence.kind.as_str(), "csp" | "expect-ct" | "expect-staple" | "hpkp" | "network-error");
            let message = occurrence.message.as_str();
            let message = if is_about_host { Cow::Borrowed(message) } else { message::kind(message) };
            return Self::Report(&occurrence.kind, message);
        }
        let images = Images::of(occurrence);
        let platform = &occurrence.platform;
        let exceptions = &occurrence.exceptions;
        let stacks = exceptions.iter().filter_map(|exception| exception.stacktrace.as_ref());
        let marked = stacks.flat_map(|stack| &stack.frames).any(|frame| frame.in_app == Some(true));
        if let Some(chain) = chain::chain(exceptions) {
            let keys: Vec<_> = chain
                .members
                .iter()
                .map(|&index| ExceptionKey::of(&exceptions[index], platform, marked, &images))
                .collect();
            if keys.iter().any(ExceptionKey::contributes) {
                return Self::Exceptions(keys);
            }
        }
        let thread = chain::thread(&occurrence.threads).and_then(|thread| thread.stacktrace.as_ref());
        for (of, stack) in [("thread", thread), ("event", occurrence.stacktrace.as_ref())] {
            let Some(stack) = stack else { continue };
            let marked = stack.frames.iter().any(|frame| frame.in_app == Some(true));
            let key = StackKey::of(stack, platform, marked, &images);
            if key.contributes(false) {
                return Self::Stack(of, key);
            }
        }
        if let Some((filename, line)) = template(occurrence) {
            return Self::Template(filename, line);
        }
        let text =
            |key: &str| occurrence.logentry.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        match text("message").or_else(|| text("formatted")) {
            Some(text) => Self::Message(message::kind(text)),
            None => Self::Nothing,
        }
    }

    /// Returns the hashes with their names. The first one names the error. There is always at least one.
    ///
    /// Both hashes of a stack are computed in the same way, so the app hash of one event can equal the system hash of
    /// another: if a client begins to mark every frame as in-app, its old errors are still found.
    pub(super) fn variants(&self) -> Vec<(&'static str, Fingerprint)> {
        let one = |name: &'static str, method: &str, parts: &[&str]| {
            vec![(name, Fingerprint::of(method, parts.iter().copied()))]
        };
        match self {
            Self::V1(message) => vec![("message", super::message_fingerprint(message))],
            Self::Checksum(checksum) => one("checksum", "sentry:2:checksum", &[checksum]),
            Self::Custom(entries) => {
                let parts: Vec<&str> = entries.iter().map(|entry| entry.value.as_ref()).collect();
                one("fingerprint", "sentry:2:fingerprint", &parts)
            }
            Self::Mixed(entries, default) => {
                let mixed = |(name, hash): (&'static str, Fingerprint)| {
                    let hash = hash.to_string();
                    let parts =
                        entries.iter().map(|entry| if entry.is_default() { &hash } else { entry.value.as_ref() });
                    (name, Fingerprint::of("sentry:2:mixed", parts))
                };
                default.variants().into_iter().map(mixed).collect()
            }
            Self::Exceptions(keys) => {
                let contributes = |app: bool| keys.iter().any(|key| key.stack.contributes(app));
                stack_variants(contributes, |app| {
                    let texts: Vec<String> = keys.iter().map(|key| key.text(app)).collect();
                    Fingerprint::of("sentry:2:exceptions", texts.iter().map(String::as_str))
                })
            }
            Self::Stack(_, key) => stack_variants(
                |app| key.contributes(app),
                |app| {
                    let mut text = String::new();
                    key.write(app, &mut text);
                    Fingerprint::of("sentry:2:stack", [text.as_str()])
                },
            ),
            Self::Report(kind, message) => one("report", "sentry:2:report", &[kind, message]),
            Self::Template(filename, line) => one("template", "sentry:2:template", &[filename, line]),
            Self::Message(message) => one("message", "sentry:2:message", &[message]),
            Self::Nothing => one("nothing", "sentry:2:nothing", &[]),
        }
    }
}

/// Returns the hash of the in-app frames and the hash of all frames, if there are such frames.
fn stack_variants(
    contributes: impl Fn(bool) -> bool,
    hash: impl Fn(bool) -> Fingerprint,
) -> Vec<(&'static str, Fingerprint)> {
    if !contributes(false) {
        return vec![("value", hash(false))];
    }
    let system = hash(false);
    if !contributes(true) {
        return vec![("system", system)];
    }
    let app = hash(true);
    if app == system { vec![("app", app)] } else { vec![("app", app), ("system", system)] }
}

/// Returns the file and the source line of a template that failed.
fn template(occurrence: &Occurrence) -> Option<(&str, &str)> {
    let template = occurrence.other.get("template")?;
    let text = |key: &str| template.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let filename = text("filename").or_else(|| text("abs_path"))?;
    Some((filename, text("context_line").unwrap_or_default().trim()))
}
