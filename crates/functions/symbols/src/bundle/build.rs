//! Builds what is stored of a bundle.

use std::collections::BTreeMap;

use model::id::DebugId;
use source_maps::ObjectRange;
use store::ports::{Upload, UploadedFile};

use super::archive::Archive;
use super::decode::decode;
use super::manifest::{FileKind, Manifest, ManifestFile};
use super::script::{registered_id, scopes};
use super::url::{named_in, resolve, script_of};

/// The longest URL of a file that is kept, in characters.
const MAX_URL: usize = 300;
const MAX_PROBLEM: usize = 300;

/// The maps of a bundle.
#[derive(Debug, Default)]
pub(crate) struct BuiltMaps {
    /// All maps, one after the other.
    pub(crate) object: Vec<u8>,
    /// Where the directory of each map is.
    pub(crate) maps: Vec<(DebugId, ObjectRange)>,
    pub(crate) files: Vec<UploadedFile>,
    /// Whether some are of files without debug ids, which are found by release and URL.
    pub(crate) has_urls: bool,
    /// Why there is no map.
    pub(crate) failure: Option<String>,
}

impl BuiltMaps {
    pub(crate) fn failed(failure: String) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }
}

/// The build that an upload belongs to, as the uploader names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Build {
    pub(crate) release: Option<String>,
    pub(crate) dist: Option<String>,
}

impl Build {
    /// The id of a file without a debug id; `None` if the release is not known.
    pub(crate) fn id_of(&self, url: &str) -> Option<DebugId> {
        Some(DebugId::of_file(self.release.as_deref()?, self.dist.as_deref(), url))
    }
}

/// Reads a bundle. A file that cannot be used has its reason, and does not affect the others.
pub(crate) fn build(bundle: &[u8], of: &Build) -> BuiltMaps {
    let read = || {
        let mut archive = Archive::open(bundle)?;
        let manifest = archive.read("manifest.json").map_err(|error| format!("manifest.json: {error}"))?;
        let manifest =
            Manifest::parse(&manifest).map_err(|error| format!("manifest.json is not a manifest: {error}"))?;
        Ok((archive, manifest))
    };
    match read() {
        Ok((archive, manifest)) => build_all(archive, &manifest, of),
        Err(failure) => BuiltMaps::failed(failure),
    }
}

fn build_all(mut archive: Archive<'_>, manifest: &Manifest, of: &Build) -> BuiltMaps {
    let mut built = BuiltMaps::default();
    let mut scripts = BTreeMap::new();
    for (name, file) in &manifest.files {
        if file.kind == FileKind::MinifiedSource
            && let Ok(Some(id)) = file.debug_id()
        {
            scripts.insert(id, name.as_str());
        }
    }
    let by_map = scripts_by_map(&mut archive, manifest);
    let mut mapped = BTreeMap::new();
    let mut mismatches = BTreeMap::new();
    for (name, file) in manifest.files.iter().filter(|(_, file)| file.kind == FileKind::SourceMap) {
        let added = file.debug_id().and_then(|id| {
            let (ids, script) = match id {
                Some(id) => (vec![id], scripts.get(&id).copied()),
                None => {
                    let (urls, script) = scripts_of(file, &by_map);
                    (urls.iter().filter_map(|url| of.id_of(url)).collect(), script)
                }
            };
            if ids.is_empty() {
                return Err(
                    "it has no debug id, and the upload names no release: run `sentry-cli sourcemaps inject` before \
                            the upload, use a bundler plugin, or upload with `--release`"
                        .to_owned(),
                );
            }
            if mapped.len() + ids.len() > Upload::MAX_MAPS && !ids.iter().all(|id| mapped.contains_key(id)) {
                return Err(format!("the bundle has more than {} source maps: upload fewer at once", Upload::MAX_MAPS));
            }
            let script = script.map(|script| archive.read(script));
            if let (Some(id), Some(Ok(script))) = (id, &script)
                && let Some(registered) = registered_id(script).filter(|registered| *registered != id)
            {
                mismatches.insert(id, registered);
            }
            let (range, note) = add(&mut archive, &mut built.object, name, script.and_then(Result::ok))?;
            built.has_urls |= id.is_none();
            mapped.extend(ids.into_iter().map(|id| (id, range)));
            Ok((id, note))
        });
        let (id, problem) = match added {
            Ok((id, note)) => (id, note),
            Err(problem) => (file.debug_id().ok().flatten(), Some(problem)),
        };
        built.files.push(describe(name, file, id, problem));
    }
    for (name, file) in manifest.files.iter().filter(|(_, file)| file.kind != FileKind::SourceMap) {
        let (id, problem) = match file.debug_id() {
            Ok(Some(id)) if mismatches.contains_key(&id) => {
                let registered = mismatches[&id];
                let problem = format!(
                    "it registers the debug id {registered}, but was uploaded as {id}: inject debug ids only once, by the plugin \
                     or by the command line"
                );
                (Some(id), Some(problem))
            }
            Ok(Some(id)) if !mapped.contains_key(&id) && file.kind == FileKind::MinifiedSource => {
                (Some(id), Some("its source map is not in this upload".to_owned()))
            }
            Ok(None) if file.kind == FileKind::MinifiedSource && lacks_map(file, manifest) => {
                (None, Some("its source map is not in this upload".to_owned()))
            }
            Ok(id) => (id, None),
            Err(problem) => (None, Some(problem)),
        };
        built.files.push(describe(name, file, id, problem));
    }
    built.maps = mapped.into_iter().collect();
    if built.maps.is_empty() {
        built.failure = Some(explain_failure(&built.files));
    }
    built
}

/// A script without a debug id: its URL, and its name in the archive.
type NamedScript<'a> = (&'a str, &'a str);

/// The scripts without debug ids, by the URLs of the maps that they name.
fn scripts_by_map<'a>(archive: &mut Archive<'_>, manifest: &'a Manifest) -> BTreeMap<String, Vec<NamedScript<'a>>> {
    let mut by_map: BTreeMap<String, Vec<NamedScript<'a>>> = BTreeMap::new();
    for (name, file) in manifest.files.iter().filter(|(_, file)| file.kind == FileKind::MinifiedSource) {
        if !matches!(file.debug_id(), Ok(None)) {
            continue;
        }
        let map = match file.source_map() {
            Some(map) => resolve(&file.url, map),
            None => archive.read(name).ok().and_then(|script| resolve(&file.url, named_in(&script)?)),
        };
        if let Some(map) = map {
            by_map.entry(map).or_default().push((&file.url, name));
        }
    }
    by_map
}

/// The URLs of the scripts of a map without a debug id, and the script to read names of functions from.
fn scripts_of<'a>(
    map: &'a ManifestFile,
    by_map: &BTreeMap<String, Vec<NamedScript<'a>>>,
) -> (Vec<&'a str>, Option<&'a str>) {
    match by_map.get(&map.url) {
        Some(scripts) => (scripts.iter().map(|(url, _)| *url).collect(), scripts.first().map(|(_, name)| *name)),
        // The script may be in another upload.
        None => (script_of(&map.url).into_iter().collect(), None),
    }
}

/// Whether a script names a map in its headers that is not in the bundle.
fn lacks_map(script: &ManifestFile, manifest: &Manifest) -> bool {
    let named = script.source_map().and_then(|map| resolve(&script.url, map));
    named.is_some_and(|map| manifest.files.values().all(|file| file.url != map))
}

/// Why a bundle has no map that can be used.
fn explain_failure(files: &[UploadedFile]) -> String {
    let count = files.len();
    match files.iter().find_map(|file| Some((&file.url, file.problem.as_ref()?))) {
        Some((url, problem)) => format!("none of the {count} files is a source map that can be used; {url}: {problem}"),
        None => format!(
            "none of the {count} files is a source map: let the bundler write them (such as `sourcemap: \"hidden\"`), and upload them"
        ),
    }
}

/// Adds a map to the object. Returns where it is, and what is wrong with it although it can be used.
fn add(
    archive: &mut Archive<'_>,
    object: &mut Vec<u8>,
    name: &str,
    script: Option<Vec<u8>>,
) -> Result<(ObjectRange, Option<String>), String> {
    let map = archive.read(name)?;
    write(object, map, script)
}

/// Builds what is stored of a single map, which belongs to the scripts with these ids.
pub(crate) fn build_file(url: &str, ids: Vec<DebugId>, map: Vec<u8>) -> BuiltMaps {
    let mut built = BuiltMaps { has_urls: true, ..BuiltMaps::default() };
    let problem = match write(&mut built.object, map, None) {
        Ok((range, note)) => {
            built.maps.extend(ids.into_iter().map(|id| (id, range)));
            note
        }
        Err(problem) => {
            built.failure = Some(problem.clone());
            Some(problem)
        }
    };
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let problem = problem.map(|problem| cut(&problem, MAX_PROBLEM));
    built.files.push(UploadedFile { url: cut(url, MAX_URL), debug_id: None, problem });
    built
}

fn write(object: &mut Vec<u8>, map: Vec<u8>, script: Option<Vec<u8>>) -> Result<(ObjectRange, Option<String>), String> {
    let decoded = decode(&map)?;
    drop(map);
    let found = match script {
        Some(script) if decoded.scopes.is_empty() => scopes(&script, &decoded),
        Some(_) | None => Vec::new(),
    };
    let scopes = if decoded.scopes.is_empty() { &found } else { &decoded.scopes };
    let range = source_maps::write_map(object, &decoded.mappings(), scopes, decoded.sources())
        .map_err(|error| format!("it cannot be compressed: {error}"))?;
    Ok((range, decoded.note()))
}

fn describe(name: &str, file: &ManifestFile, debug_id: Option<DebugId>, problem: Option<String>) -> UploadedFile {
    let url = if file.url.is_empty() { name } else { &file.url };
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let problem = problem.map(|problem| cut(&problem, MAX_PROBLEM));
    UploadedFile { url: cut(url, MAX_URL), debug_id, problem }
}
