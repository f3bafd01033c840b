//! `manifest.json`: what a bundle says about its files.

use std::collections::BTreeMap;

use model::id::DebugId;
use serde::Deserialize;

/// The files of a bundle, by their name in the archive.
#[derive(Deserialize)]
pub(super) struct Manifest {
    #[serde(default)]
    pub(super) files: BTreeMap<String, ManifestFile>,
}

#[derive(Deserialize)]
pub(super) struct ManifestFile {
    #[serde(rename = "type", default)]
    pub(super) kind: FileKind,
    #[serde(default)]
    pub(super) url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FileKind {
    SourceMap,
    MinifiedSource,
    #[default]
    #[serde(other)]
    Other,
}

impl Manifest {
    /// Parses a manifest, which is an object: serde would take a list for one as well.
    pub(super) fn parse(json: &[u8]) -> Result<Self, String> {
        if json.trim_ascii_start().first() != Some(&b'{') {
            return Err("expected an object".to_owned());
        }
        serde_json::from_slice(json).map_err(|error| error.to_string())
    }
}

impl ManifestFile {
    /// The source map that a script names in its headers.
    pub(super) fn source_map(&self) -> Option<&str> {
        let names = ["sourcemap", "x-sourcemap"];
        let named = self.headers.iter().find(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)));
        named.map(|(_, url)| url.as_str())
    }

    /// The debug id, if there is one; the problem with it, if it is not one. Clients write the header's name in either
    /// case.
    pub(super) fn debug_id(&self) -> Result<Option<DebugId>, String> {
        let header = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("debug-id"));
        let Some((_, id)) = header else { return Ok(None) };
        DebugId::parse(id).map(Some).map_err(|error| error.to_string())
    }
}
