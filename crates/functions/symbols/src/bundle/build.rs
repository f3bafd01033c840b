//! Builds what is stored of a bundle.

use std::collections::BTreeMap;

use model::id::DebugId;
use source_maps::ObjectRange;
use store::ports::{Upload, UploadedFile};

use super::archive::Archive;
use super::decode::decode;
use super::manifest::{FileKind, Manifest, ManifestFile};
use super::script::{registered_id, scopes};

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
    /// Why there is no map.
    pub(crate) failure: Option<String>,
}

impl BuiltMaps {
    pub(crate) fn failed(failure: String) -> Self {
        Self { failure: Some(failure), ..Self::default() }
    }
}

/// Reads a bundle. A file that cannot be used has its reason, and does not affect the others.
pub(crate) fn build(bundle: &[u8]) -> BuiltMaps {
    let read = || {
        let mut archive = Archive::open(bundle)?;
        let manifest = archive.read("manifest.json").map_err(|error| format!("manifest.json: {error}"))?;
        let manifest =
            Manifest::parse(&manifest).map_err(|error| format!("manifest.json is not a manifest: {error}"))?;
        Ok((archive, manifest))
    };
    match read() {
        Ok((archive, manifest)) => build_all(archive, &manifest),
        Err(failure) => BuiltMaps::failed(failure),
    }
}

fn build_all(mut archive: Archive<'_>, manifest: &Manifest) -> BuiltMaps {
    let mut built = BuiltMaps::default();
    let mut scripts = BTreeMap::new();
    for (name, file) in &manifest.files {
        if file.kind == FileKind::MinifiedSource
            && let Ok(Some(id)) = file.debug_id()
        {
            scripts.insert(id, name.as_str());
        }
    }
    let mut mapped = BTreeMap::new();
    let mut mismatches = BTreeMap::new();
    for (name, file) in manifest.files.iter().filter(|(_, file)| file.kind == FileKind::SourceMap) {
        let added = file.debug_id().and_then(|id| {
            let id = id.ok_or(
                "it has no debug id: run `sentry-cli sourcemaps inject` before the upload, or use a bundler plugin",
            )?;
            if mapped.len() == Upload::MAX_MAPS && !mapped.contains_key(&id) {
                return Err(format!("the bundle has more than {} source maps: upload fewer at once", Upload::MAX_MAPS));
            }
            let script = scripts.get(&id).map(|script| archive.read(script));
            if let Some(Ok(script)) = &script
                && let Some(registered) = registered_id(script).filter(|registered| *registered != id)
            {
                mismatches.insert(id, registered);
            }
            let (range, note) = add(&mut archive, &mut built.object, name, script.and_then(Result::ok))?;
            mapped.insert(id, range);
            Ok((id, note))
        });
        let (id, problem) = match added {
            Ok((id, note)) => (Some(id), note),
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
