//! The places of an occurrence that a source map may explain.

use std::collections::{BTreeSet, HashMap};

use model::id::DebugId;
use model::occurrence::{Frame, Occurrence, Stacktrace};
use serde_json::Value;

use crate::FrameProblem;
use crate::marks::minified_of;

/// The most frames of a stack that are looked up: those nearest to the fault.
const MAX_FRAMES: usize = 50;
/// The most frames of an event that are looked up.
const MAX_LOOKUPS: usize = 200;
/// The most maps that an event is looked up in.
const MAX_MAPS: usize = 20;
/// The most scripts of an event whose ids are read.
const MAX_IMAGES: usize = 1_000;
/// The longest URL that is looked up, in bytes.
const MAX_URL: usize = 1_000;
/// A column that only minified code has.
const MINIFIED_COLUMN: u64 = 500;

/// The position of a frame in an occurrence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct At {
    pub(crate) stack: usize,
    pub(crate) frame: usize,
}

/// A place in a minified file. Line and column count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub id: DebugId,
    pub line: u32,
    pub column: u32,
}

/// A frame that may be of a minified file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The map with this id may explain it.
    Find(Wanted),
    /// The map of this file may explain it, if one was uploaded for the release of the event.
    FindFile(WantedFile),
    /// No map can explain it.
    Impossible(FrameProblem),
}

/// A place in a minified file without a debug id. Line and column count from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedFile {
    /// The ids under which its map may be stored, best first.
    pub ids: Vec<DebugId>,
    pub line: u32,
    pub column: u32,
    /// Why it is shown minified if its URL is not looked up; `None` if it may not be minified at all.
    pub no_id: Option<FrameProblem>,
    /// Why it is shown minified if there is no map.
    pub no_file: Option<FrameProblem>,
}

/// Whether an event names debug ids at all, or scripts of a release: a cheap question before anything else.
pub fn may_have_maps(occurrence: &Occurrence) -> bool {
    let is_script = matches!(occurrence.platform.as_str(), "javascript" | "node");
    occurrence.other.contains_key("debug_meta") || (is_script && occurrence.release.is_some())
}

/// Whether an event names a release, so that its scripts may have maps that are found by URL.
pub fn may_have_file_maps(occurrence: &Occurrence) -> bool {
    occurrence.release.is_some()
        && stacks(occurrence).any(|stack| stack.frames.iter().any(|frame| is_script(frame, occurrence)))
}

/// Returns the frames of minified files that were not mapped yet. Empty for events without stacks of JavaScript, at the
/// cost of a look at their platforms. `finds_files`: whether the project has maps that are found by URL.
pub fn lookups(occurrence: &Occurrence, finds_files: bool) -> Vec<(At, Lookup)> {
    if !stacks(occurrence).any(|stack| stack.frames.iter().any(|frame| is_script(frame, occurrence))) {
        return Vec::new();
    }
    let images = images(occurrence);
    let mut all = Vec::new();
    let (mut ids, mut files) = (BTreeSet::new(), BTreeSet::new());
    let release = occurrence.release.as_deref().filter(|_| finds_files);
    let mut urls = FileIds { release, dist: occurrence.dist.as_deref(), known: HashMap::new() };
    for (stack, frames) in stacks(occurrence).map(|stack| &stack.frames).enumerate() {
        let first = frames.len().saturating_sub(MAX_FRAMES);
        for (frame, entry) in frames.iter().enumerate().skip(first).rev() {
            if all.len() == MAX_LOOKUPS {
                return all;
            }
            if !is_script(entry, occurrence) || minified_of(entry).is_some() {
                continue;
            }
            let Some(lookup) = lookup(entry, &images, &mut urls) else { continue };
            let lookup = match lookup {
                Lookup::Find(wanted) if !ids.contains(&wanted.id) && ids.len() == MAX_MAPS => {
                    Lookup::Impossible(FrameProblem::NotRead)
                }
                Lookup::Find(wanted) => {
                    ids.insert(wanted.id);
                    lookup
                }
                Lookup::FindFile(wanted) => {
                    let first = wanted.ids.first().copied();
                    if !files.contains(&first) && files.len() == MAX_MAPS {
                        match wanted.no_id {
                            Some(problem) => Lookup::Impossible(problem),
                            None => continue,
                        }
                    } else {
                        files.insert(first);
                        Lookup::FindFile(wanted)
                    }
                }
                Lookup::Impossible(_) => lookup,
            };
            all.push((At { stack, frame }, lookup));
        }
    }
    all
}

fn lookup<'a>(frame: &'a Frame, images: &HashMap<&str, DebugId>, urls: &mut FileIds<'a>) -> Option<Lookup> {
    let paths = [&frame.abs_path, &frame.filename];
    let id = paths.into_iter().flatten().find_map(|path| images.get(bare(path)));
    let from_zero = |number: Option<u64>| u32::try_from(number?.checked_sub(1)?).ok();
    let (line, column) = (from_zero(frame.lineno), from_zero(frame.colno));
    let Some(&id) = id else {
        let path = frame.filename.as_deref().or(frame.abs_path.as_deref()).unwrap_or_default();
        let is_minified = frame.colno.is_some_and(|column| column >= MINIFIED_COLUMN) || path.ends_with(".min.js");
        let is_own = frame.in_app != Some(false) && !path.is_empty();
        let no_id = (is_own && is_minified).then_some(FrameProblem::NoDebugId);
        let url = bare(frame.abs_path.as_deref().unwrap_or(path));
        let Some((release, (line, column))) = urls.release.zip(line.zip(column)) else {
            return no_id.map(Lookup::Impossible);
        };
        let ids = urls.of(url);
        if ids.is_empty() {
            return no_id.map(Lookup::Impossible);
        }
        let no_file = || FrameProblem::NoFile { url: url.to_owned(), release: release.to_owned() };
        let no_file = no_id.as_ref().map(|_| no_file());
        return Some(Lookup::FindFile(WantedFile { ids, line, column, no_id, no_file }));
    };
    Some(match (line, column) {
        (Some(line), Some(column)) => Lookup::Find(Wanted { id, line, column }),
        // In a bundle of one line, a line alone says nothing.
        (None, _) | (_, None) => Lookup::Impossible(FrameProblem::NoColumn),
    })
}

/// Maps the files of the event to their debug ids.
fn images(occurrence: &Occurrence) -> HashMap<&str, DebugId> {
    let images = occurrence.other.get("debug_meta").and_then(|meta| meta.get("images")).and_then(Value::as_array);
    let entry = |image: &'_ Value| {
        let is_map = image.get("type").and_then(Value::as_str) == Some("sourcemap");
        let id = DebugId::parse(image.get("debug_id")?.as_str()?).ok()?;
        is_map.then_some(id)
    };
    let named = |image| Some((bare(Value::as_str(Value::get(image, "code_file")?)?), entry(image)?));
    images.into_iter().flatten().take(MAX_IMAGES).filter_map(named).collect()
}

/// The ids of the files of an event. Frames of one file need one computation.
struct FileIds<'a> {
    /// `None` if no URL is looked up.
    release: Option<&'a str>,
    dist: Option<&'a str>,
    known: HashMap<&'a str, Vec<DebugId>>,
}

impl<'a> FileIds<'a> {
    fn of(&mut self, url: &'a str) -> Vec<DebugId> {
        let Some(release) = self.release else { return Vec::new() };
        self.known.entry(url).or_insert_with(|| file_ids(release, self.dist, url)).clone()
    }
}

/// The ids under which the map of a file may be stored: by its URL, and by its path on any host.
fn file_ids(release: &str, dist: Option<&str>, url: &str) -> Vec<DebugId> {
    let url = url.split('#').next().unwrap_or(url);
    let bare = url.split('?').next().unwrap_or(url);
    let path = |url: &str| match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map(|at| format!("~{}", &rest[at..])),
        None => url.starts_with('/').then(|| format!("~{url}")),
    };
    let mut ids = Vec::new();
    for name in [Some(url.to_owned()), Some(bare.to_owned()), path(url), path(bare)].into_iter().flatten() {
        let id = DebugId::of_file(release, dist, &name);
        if !ids.contains(&id) && name.contains('/') && name.len() <= MAX_URL {
            ids.push(id);
        }
    }
    ids
}

/// Old SDKs put `async ` before the path.
fn bare(path: &str) -> &str {
    path.strip_prefix("async ").unwrap_or(path)
}

fn is_script(frame: &Frame, occurrence: &Occurrence) -> bool {
    matches!(frame.platform.as_deref().unwrap_or(&occurrence.platform), "javascript" | "node")
}

/// All stacks, in a fixed order.
pub(crate) fn stacks(occurrence: &Occurrence) -> impl Iterator<Item = &Stacktrace> {
    let raised = occurrence.exceptions.iter().rev().filter_map(|exception| exception.stacktrace.as_ref());
    let threads = occurrence.threads.iter().filter_map(|thread| thread.stacktrace.as_ref());
    raised.chain(&occurrence.stacktrace).chain(threads)
}

/// The stacks in the same order, to change them.
pub(crate) fn stacks_mut(occurrence: &mut Occurrence) -> impl Iterator<Item = &mut Stacktrace> {
    let raised = occurrence.exceptions.iter_mut().rev().filter_map(|exception| exception.stacktrace.as_mut());
    let threads = occurrence.threads.iter_mut().filter_map(|thread| thread.stacktrace.as_mut());
    raised.chain(&mut occurrence.stacktrace).chain(threads)
}
