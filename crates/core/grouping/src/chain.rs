//! Selects the exceptions of a chain, and the frame, that an error is about.

use std::borrow::Cow;

use serde_json::Value;

use super::in_app::is_in_app;
use super::message;
use super::name::bounded;
use super::platform::Family;
use model::occurrence::{Exception, Frame, Occurrence, Stacktrace, Thread};

/// Messages of React 19 when it recovered from an error. The error itself is the cause.
const REACT_RECOVERY: [&str; 3] = [
    "There was an error during concurrent rendering but React was able to recover",
    "There was an error while hydrating but React was able to recover",
    "There was an error while hydrating this Suspense boundary",
];

/// The exceptions that contribute to the hash, as indexes into the list (cause first), and the one that gives the
/// title.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) members: Vec<usize>,
    pub(super) main: usize,
}

/// Returns the exception that gives an event its title: the last one. If all members of an exception group are alike,
/// it is that member. If React recovered from an error, it is the cause.
pub fn main_exception(exceptions: &[Exception]) -> Option<&Exception> {
    let chain = chain(exceptions)?;
    exceptions.get(chain.main)
}

/// Returns the frame that raised the error: the last in-app frame with a location, else the last frame with a location,
/// else the last frame. In native code, the functions at the end of every error (such as `abort`) are skipped.
pub fn crash_frame(occurrence: &Occurrence) -> Option<&Frame> {
    let frames = &title_stack(occurrence)?.frames;
    let says_where = |frame: &&Frame| {
        let family = family(frame, occurrence);
        let in_file = family != Family::Native && (frame.module.is_some() || frame.filename.is_some());
        in_file || family.function(frame).is_some()
    };
    let counting = &frames[Family::of(&occurrence.platform).trim(frames)];
    // Marked by the client, unless the mark is known to be wrong.
    let is_own = |frame: &&Frame| frame.in_app == Some(true) && is_in_app(frame, family(frame, occurrence), true);
    let own = counting.iter().rev().filter(is_own).find(says_where);
    own.or_else(|| counting.iter().rev().find(says_where)).or(frames.last())
}

/// Returns the frames that the client marks as in-app, else those that it does not mark at all, else all frames. The
/// one that raised the error comes first.
pub fn own_frames(occurrence: &Occurrence) -> impl Iterator<Item = &Frame> {
    let frames = title_stack(occurrence).map(|stack| stack.frames.as_slice()).unwrap_or_default();
    let marked = |own: Option<bool>| frames.iter().any(|frame| frame.in_app == own);
    let wanted = [Some(true), None].into_iter().find(|own| marked(*own));
    frames.iter().rev().filter(move |frame| wanted.is_none_or(|own| frame.in_app == own))
}

/// Returns the function that raised the error, if it has a meaningful name: as it was sent, or demangled.
pub fn crash_function(occurrence: &Occurrence) -> Option<Cow<'_, str>> {
    let frame = crash_frame(occurrence)?;
    let cleaned = family(frame, occurrence).function(frame)?;
    let given = frame.function.as_deref()?;
    let is_mangled = given.starts_with("_R") || given.starts_with("_ZN");
    Some(if is_mangled { cleaned } else { Cow::Borrowed(bounded(given)) })
}

/// Returns the type of one of the occurrence's exceptions, cleaned like other names, or `None` if it has no meaning.
pub(super) fn exception_type<'a>(occurrence: &Occurrence, kind: &'a str) -> Option<Cow<'a, str>> {
    Family::of(&occurrence.platform).exception_type(kind)
}

/// Returns whether synthetic exceptions of the platform are thrown values other than errors, and not signals.
pub(super) fn throws_anything(occurrence: &Occurrence) -> bool {
    Family::of(&occurrence.platform) == Family::JavaScript
}

fn family(frame: &Frame, occurrence: &Occurrence) -> Family {
    Family::of(frame.platform.as_deref().unwrap_or(&occurrence.platform))
}

/// Returns the stack of the exception that gives the title, else that of the thread, else the event's own.
fn title_stack(occurrence: &Occurrence) -> Option<&Stacktrace> {
    let has_frames = |stack: &&Stacktrace| !stack.frames.is_empty();
    let of_exception = main_exception(&occurrence.exceptions).and_then(|exception| exception.stacktrace.as_ref());
    of_exception
        .filter(has_frames)
        .or_else(|| thread(&occurrence.threads)?.stacktrace.as_ref().filter(has_frames))
        .or_else(|| occurrence.stacktrace.as_ref().filter(has_frames))
}

/// Returns the relevant thread: the only one that crashed, else the only current one, else the only one.
pub(super) fn thread(threads: &[Thread]) -> Option<&Thread> {
    let only = |wanted: &dyn Fn(&Thread) -> bool| {
        let mut found = threads.iter().filter(|thread| wanted(thread));
        (found.next(), found.next().is_none())
    };
    for wanted in [
        (&|thread: &Thread| thread.crashed == Some(true)) as &dyn Fn(&Thread) -> bool,
        &|thread: &Thread| thread.current == Some(true),
        &|_: &Thread| true,
    ] {
        if let (Some(thread), single) = only(wanted) {
            return single.then_some(thread);
        }
    }
    None
}

/// Returns the chain of `exceptions`, or `None` if there are none.
pub(super) fn chain(exceptions: &[Exception]) -> Option<Chain> {
    let last = exceptions.len().checked_sub(1)?;
    Some(tree(exceptions).unwrap_or_else(|| Chain { members: (0..=last).collect(), main: recovered(exceptions, last) }))
}

/// Returns the cause if the exception at `last` is React's report of a recovery.
fn recovered(exceptions: &[Exception], last: usize) -> usize {
    let value = exceptions[last].value.as_deref().unwrap_or_default();
    let is_recovery = REACT_RECOVERY.iter().any(|text| value.starts_with(text));
    if is_recovery { last.saturating_sub(1) } else { last }
}

/// Returns whether two members of an exception group are the same error: they have the same type and the same frames,
/// or without frames the same kind of message.
fn alike(one: &Exception, other: &Exception) -> bool {
    fn frames(exception: &Exception) -> impl Iterator<Item = [Option<&str>; 3]> {
        let frames = exception.stacktrace.iter().flat_map(|stack| &stack.frames);
        frames.map(|frame| [frame.module.as_deref(), frame.filename.as_deref(), frame.function.as_deref()])
    }
    let value = |exception: &Exception| message::kind(exception.value.as_deref().unwrap_or_default()).into_owned();
    one.kind == other.kind
        && frames(one).eq(frames(other))
        && (frames(one).next().is_some() || value(one) == value(other))
}

/// Returns the chain of an exception group, by the ids of its members. `None` if this is not a group, or if the ids do
/// not form a tree: the list is then used as it is.
fn tree(exceptions: &[Exception]) -> Option<Chain> {
    let number = |exception: &Exception, key: &str| exception.mechanism.get(key).and_then(Value::as_u64);
    let is_group = |index: usize| exceptions[index].mechanism.get("is_exception_group").is_some_and(|is| *is == true);
    if exceptions.len() < 2 || !(0..exceptions.len()).any(is_group) {
        return None;
    }
    let ids: Vec<u64> = exceptions.iter().map(|exception| number(exception, "exception_id")).collect::<Option<_>>()?;
    let ids = &ids;
    let index_of = |id: u64| ids.iter().position(|&other| other == id);
    if (0..ids.len()).any(|index| index_of(ids[index]) != Some(index)) {
        return None;
    }
    let root = index_of(0)?;
    // Newest first, the order in which they were raised in their group.
    let children = |parent: usize| {
        (0..ids.len())
            .rev()
            .filter(move |&index| index != parent && number(&exceptions[index], "parent_id") == Some(ids[parent]))
    };

    let (mut top, mut open, mut steps) = (Vec::new(), vec![root], 0);
    while let Some(index) = open.pop() {
        steps += 1;
        if steps > exceptions.len() {
            return None;
        }
        if is_group(index) {
            open.extend(children(index));
        } else {
            top.push(index);
        }
    }
    top.sort_by_key(|&index| (exceptions[index].kind.as_deref().unwrap_or_default(), ids[index]));
    let mut distinct: Vec<usize> = Vec::new();
    for index in top {
        if !distinct.iter().any(|&other| alike(&exceptions[other], &exceptions[index])) {
            distinct.push(index);
        }
    }
    match distinct.as_slice() {
        [] => None,
        &[main] => {
            let (mut members, mut next) = (vec![main], main);
            while let Some(child) = children(next).next() {
                if members.contains(&child) {
                    return None;
                }
                members.push(child);
                next = child;
            }
            members.sort_unstable();
            Some(Chain { members, main })
        }
        _ => {
            let mut members = distinct;
            members.push(root);
            Some(Chain { members, main: root })
        }
    }
}
