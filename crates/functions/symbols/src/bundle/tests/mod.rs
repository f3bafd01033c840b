mod hostile;
mod names;
mod urls;

use std::io::Write;

use model::id::DebugId;
use serde_json::{Value, json};
use source_maps::{Directory, Place, find};

use super::build::{Build, BuiltMaps, build};

pub(super) const ID: &str = "c1b5cb37-8a72-5b7d-9d2a-0f6b0ae8a4ce";
pub(super) const OTHER: &str = "00000000-8a72-5b7d-9d2a-0f6b0ae8a4ce";

/// A file of a bundle: its name in the archive, its type, its debug id and its content.
pub(super) type TestFile<'a> = (&'a str, &'a str, Option<&'a str>, Vec<u8>);

/// A bundle as uploaders write it: eight bytes, then an archive whose offsets count them.
pub(super) fn bundle(files: &[TestFile<'_>]) -> Vec<u8> {
    let manifest = ("manifest.json", manifest_of(files));
    let contents = files.iter().map(|(name, _, _, content)| (*name, content.clone()));
    archive(&contents.chain([manifest]).collect::<Vec<_>>())
}

/// Builds a bundle of no release.
pub(super) fn build_bundle(bundle: &[u8]) -> BuiltMaps {
    build(bundle, &Build::default())
}

pub(super) fn of_release() -> Build {
    Build { release: Some("shop@1".to_owned()), dist: None }
}

pub(super) fn manifest_of(files: &[TestFile<'_>]) -> Vec<u8> {
    let entry = |(name, kind, id, _): &TestFile<'_>| {
        let headers = id.map_or(json!({}), |id| json!({ "debug-id": id }));
        let url = format!("~/{}", name.trim_start_matches("files/_/_/"));
        ((*name).to_owned(), json!({ "type": kind, "url": url, "headers": headers }))
    };
    let manifest = json!({ "files": files.iter().map(entry).collect::<serde_json::Map<_, _>>() });
    serde_json::to_vec(&manifest).unwrap()
}

pub(super) fn archive(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"SYSB\x02\0\0\0".to_vec();
    let mut writer = rawzip::ZipArchiveWriter::builder().with_offset(8).build(&mut bytes);
    for (name, content) in files {
        let (mut entry, config) =
            writer.new_file(name).compression_method(rawzip::CompressionMethod::DEFLATE).start().unwrap();
        let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
        let mut data = config.wrap(encoder);
        data.write_all(content).unwrap();
        let (encoder, descriptor) = data.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

pub(super) fn map(mappings: &str) -> Vec<u8> {
    json!({ "version": 3, "sources": ["../src/a.ts"], "sourcesContent": ["let a"], "names": ["total"], "mappings": mappings })
        .to_string()
        .into_bytes()
}

/// Looks a place up in a built map. Lines and columns are counted from 0.
pub(super) fn look_up(built: &BuiltMaps, id: &str, line: u32, column: u32) -> Option<Place> {
    let id = DebugId::parse(id).unwrap();
    let range = built.maps.iter().find(|(own, _)| *own == id)?.1;
    let part =
        |range: source_maps::ObjectRange| &built.object[range.offset as usize..(range.offset + range.length) as usize];
    let directory = Directory::parse(part(range)).unwrap();
    find(part(directory.block(line, column)?), line, column).unwrap()
}

pub(super) fn problems(built: &BuiltMaps) -> Vec<String> {
    built.files.iter().filter_map(|file| file.problem.clone()).collect()
}

#[test]
fn a_bundle_becomes_maps_by_debug_id() {
    let script = b"function a(){throw 1}a()".to_vec();
    let built = build_bundle(&bundle(&[
        ("files/_/_/a.js", "minified_source", Some(ID), script),
        // Column 9 is `total` in the source.
        ("files/_/_/a.js.map", "source_map", Some(&ID.to_uppercase()), map("AAAA,SAASA,KAAK")),
    ]));
    assert_eq!((built.failure.as_deref(), problems(&built)), (None, Vec::new()));
    let place = look_up(&built, ID, 0, 13).unwrap();
    assert_eq!((place.source, place.line, place.function.as_deref()), (0, 0, Some("total")));
    assert_eq!(look_up(&built, ID, 0, 22).unwrap().function, None, "it is outside of the function");
}

/// Minifiers move a function to where it is called, without its name.
#[test]
fn an_inlined_function_has_the_name_of_its_declaration() {
    let source = "export function total() {}";
    let map = json!({ "version": 3, "sources": ["a.ts"], "sourcesContent": [source], "names": [],
        // `(` at 0, `function` at 1 from column 7 of the source.
        "mappings": "AAAA,CAAO" });
    let built = build_bundle(&bundle(&[
        ("a.js", "minified_source", Some(ID), b"(function(t){throw t})(1)".to_vec()),
        ("a.js.map", "source_map", Some(ID), map.to_string().into_bytes()),
    ]));
    assert_eq!(look_up(&built, ID, 0, 14).unwrap().function.as_deref(), Some("total"));
}

#[test]
fn a_map_with_sections_is_one_map() {
    let section = |line: u32, column: u32, name: &str| {
        let map = json!({ "version": 3, "sources": [name], "names": [], "mappings": "AACA" });
        json!({ "offset": { "line": line, "column": column }, "map": map })
    };
    let map = |sections: Vec<Value>| json!({ "version": 3, "sections": sections }).to_string().into_bytes();
    let file = |content| bundle(&[("files/_/_/a.js.map", "source_map", Some(ID), content)]);
    let built = build_bundle(&file(map(vec![section(0, 0, "a.ts"), section(0, 50, "b.ts"), section(3, 7, "c.ts")])));
    for (line, column, source) in [(0, 10, 0), (0, 60, 1), (3, 9, 2)] {
        let place = look_up(&built, ID, line, column).unwrap();
        assert_eq!((place.source, place.line), (source, 1), "{line}:{column}");
    }
    assert_eq!(look_up(&built, ID, 2, 0), None);
    assert!(problems(&built)[0].contains("no text of 3 of its sources, such as a.ts"), "{:?}", problems(&built));
    let nested =
        json!({ "offset": { "line": 0, "column": 0 }, "map": { "version": 3, "sections": [section(0, 0, "a.ts")] } });
    let built = build_bundle(&file(map(vec![nested])));
    assert!(built.failure.unwrap().contains("its sections have sections"));
    let remote = json!({ "offset": { "line": 0, "column": 0 }, "url": "https://shop.test/a.map" });
    let failure = build_bundle(&file(map(vec![remote]))).failure.unwrap();
    assert!(failure.contains("a section has a `url`"), "{failure}");
}

#[test]
fn a_file_that_cannot_be_used_does_not_affect_the_others() {
    let registers = format!("e._sentryDebugIdIdentifier=\"sentry-dbid-{OTHER}\"").into_bytes();
    let built = build_bundle(&bundle(&[
        ("files/_/_/a.js", "minified_source", Some(ID), registers),
        ("files/_/_/a.js.map", "source_map", Some(ID), map("AAAA")),
        ("files/_/_/b.js.map", "source_map", None, map("AAAA")),
        ("files/_/_/c.js.map", "source_map", Some("undefined"), map("AAAA")),
        ("files/_/_/d.js.map", "source_map", Some(OTHER), b"<html>".to_vec()),
        ("files/_/_/e.js", "minified_source", Some("11111111-8a72-5b7d-9d2a-0f6b0ae8a4ce"), b"1".to_vec()),
        ("files/_/_/f.js.map", "source_map", Some(OTHER), b"{\"version\":4,\"mappings\":\"\"}".to_vec()),
    ]));
    assert_eq!((built.failure.as_deref(), built.maps.len()), (None, 1));
    let problems = problems(&built).join("\n");
    for expected in [
        "it has no debug id, and the upload names no release: run `sentry-cli sourcemaps inject`",
        "`undefined` is not a debug id",
        "it is not a source map: expected value",
        "it is not of version 3",
        "its source map is not in this upload",
        "it registers the debug id 00000000-8a72-5b7d-9d2a-0f6b0ae8a4ce, but was uploaded as c1b5cb37",
    ] {
        assert!(problems.contains(expected), "{expected} is not in\n{problems}");
    }
}

#[test]
fn an_upload_without_maps_says_so() {
    let failure = build_bundle(&bundle(&[("files/_/_/a.js", "minified_source", None, b"1".to_vec())])).failure.unwrap();
    assert!(failure.contains("none of the 1 files is a source map"), "{failure}");
}

#[test]
fn maps_may_begin_with_a_line_that_is_not_json() {
    let junk = [b")]}'\n".to_vec(), map("AAAA")].concat();
    let built = build_bundle(&bundle(&[("a.map", "source_map", Some(ID), junk)]));
    assert!(look_up(&built, ID, 0, 3).is_some());
}
