//! Checks what must hold of every upload, for fuzzing.

use model::id::DebugId;
use source_maps::{Directory, ObjectRange, around, find};

use super::build::{Build, BuiltMaps, build};
use super::decode::decode;
use super::script::scopes;

/// The maps of an upload, as they are stored.
#[derive(Debug)]
pub struct PackedBundle {
    pub object: Vec<u8>,
    /// Where the directory of each map is.
    pub maps: Vec<(DebugId, ObjectRange)>,
}

/// Reads an upload, and returns what is stored of it; for benchmarks. Fails with the reason if nothing of it can be used.
pub fn pack_bundle(bundle: &[u8]) -> Result<PackedBundle, String> {
    let BuiltMaps { object, maps, failure, .. } = build(bundle, &Build::default());
    failure.map_or(Ok(PackedBundle { object, maps }), Err)
}

/// Reads an upload, and looks a few places of each of its maps up. Panics if a map was stored that cannot be read.
pub fn check_bundle(bundle: &[u8]) {
    let of = Build { release: Some("shop@1".to_owned()), dist: None };
    let BuiltMaps { object, maps, failure, .. } = build(bundle, &of);
    assert!(failure.is_some() == maps.is_empty(), "an upload without maps has a reason");
    for (_, range) in maps {
        check_stored(&object, range);
    }
}

/// Reads a source map and its script, and looks a few places up. Panics if the map was stored and cannot be read.
pub fn check_map(map: &[u8], script: &[u8]) {
    let Ok(decoded) = decode(map) else { return };
    let found = scopes(script, &decoded);
    let mut object = Vec::new();
    let written = source_maps::write_map(&mut object, &decoded.mappings(), &found, decoded.sources());
    check_stored(&object, written.expect("memory can be written to"));
}

fn check_stored(object: &[u8], range: ObjectRange) {
    let part = |range: ObjectRange| &object[range.offset as usize..(range.offset + range.length) as usize];
    let directory = Directory::parse(part(range)).expect("a stored directory can be read");
    for (line, column) in [(0, 0), (0, 9), (0, 70_000), (1, 5), (3, 0), (1 << 20, 1)] {
        let Some(block) = directory.block(line, column) else { continue };
        let Some(place) = find(part(block), line, column).expect("a stored block can be read") else { continue };
        if let Some(text) = directory.source(place.source).and_then(|source| source.text) {
            around(part(text), place.line, place.column).expect("a stored source can be read");
        }
    }
}
