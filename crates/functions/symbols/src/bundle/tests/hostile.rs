//! Bundles that try to use up memory, time or the stack, or lie about themselves.

use serde_json::json;

use super::{ID, archive, build_bundle, bundle, manifest_of, map, problems};

#[track_caller]
fn assert_fails(bytes: &[u8], expected: &str) {
    let failure = build_bundle(bytes).failure.expect("it must fail");
    assert!(failure.contains(expected), "{failure}");
}

fn map_file(content: Vec<u8>) -> Vec<u8> {
    bundle(&[("a.map", "source_map", Some(ID), content)])
}

#[test]
fn what_is_not_a_bundle_is_refused() {
    assert_fails(b"", "not a ZIP archive");
    assert_fails(&[7; 5_000], "not a ZIP archive");
    assert_fails(&archive(&[("other", Vec::new())]), "manifest.json: the bundle does not contain it");
    assert_fails(&archive(&[("manifest.json", b"[]".to_vec())]), "manifest.json is not a manifest");
}

#[test]
fn a_zip_bomb_is_refused() {
    let packed = map_file(vec![b' '; 65 << 20]);
    assert!(packed.len() < 100_000, "{}", packed.len());
    assert_fails(&packed, "it has more than 64 MiB");
}

#[test]
fn many_large_files_are_refused_together() {
    let files: Vec<_> = (0..8).map(|number| (format!("{number}.map"), format!("{number}{}", &ID[1..]))).collect();
    let files: Vec<_> =
        files.iter().map(|(name, id)| (name.as_str(), "source_map", Some(id.as_str()), vec![b' '; 60 << 20])).collect();
    let problems = problems(&build_bundle(&bundle(&files))).join("\n");
    assert!(problems.contains("more than 384 MiB together"), "{problems}");
}

#[test]
fn too_many_files_are_refused() {
    let names: Vec<_> = (0..10_001).map(|number| number.to_string()).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), Vec::new())).collect();
    assert_fails(&archive(&files), "more than 10000 files");
}

/// Replaces all occurrences of some bytes by as many others.
fn replace(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut replaced = bytes.to_vec();
    for at in 0..=bytes.len() - old.len() {
        if bytes[at..].starts_with(old) {
            replaced[at..at + new.len()].copy_from_slice(new);
        }
    }
    replaced
}

/// Names of files are only keys: no file is written, and a name cannot lead anywhere.
#[test]
fn a_name_is_only_a_name() {
    // The writer of archives would remove the dots.
    let (honest, hostile) = ("xx/xx/etc/passwd", "../../etc/passwd");
    let bytes = archive(&[
        (honest, map("AAAA")),
        ("manifest.json", manifest_of(&[(hostile, "source_map", Some(ID), Vec::new())])),
    ]);
    let built = build_bundle(&replace(&bytes, honest.as_bytes(), hostile.as_bytes()));
    assert_eq!((built.maps.len(), built.files[0].url.as_str()), (1, "~/../../etc/passwd"));
    let manifest =
        json!({ "files": { "/etc/passwd": { "type": "source_map", "url": "a", "headers": { "Debug-Id": ID } } } });
    assert_fails(&archive(&[("manifest.json", manifest.to_string().into_bytes())]), "the bundle does not contain it");
}

/// A size or a checksum in the archive that is not that of the file.
#[test]
fn a_size_that_lies_is_refused() {
    let good = map_file(map("AAAA"));
    let mut refused = 0;
    // The central directory is at the end: change each of its bytes in turn.
    for at in good.len() - 200..good.len() {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        refused += usize::from(build_bundle(&bytes).failure.is_some());
    }
    assert!(refused > 30, "{refused}");
}

#[test]
fn a_cut_bundle_is_refused() {
    let good = map_file(map("AAAA"));
    for end in (0..good.len()).step_by(7) {
        assert!(build_bundle(&good[..end]).failure.is_some(), "{end}");
    }
}

#[test]
fn a_map_with_too_many_mappings_is_refused() {
    assert_fails(&map_file(map(&"A,".repeat(4_000_001))), "more than 4000000 mappings");
    assert_fails(&map_file(map(&";".repeat(4_000_001))), "more than 4000000 mappings");
}

#[test]
fn impossible_maps_are_refused() {
    let sections = |count: usize| {
        let section = json!({ "offset": { "line": 0, "column": 0 }, "map": { "version": 3, "mappings": "" } });
        json!({ "version": 3, "sections": vec![section; count] }).to_string().into_bytes()
    };
    assert_fails(&map_file(sections(10_001)), "more than 10000 sections");
    let far = json!({ "offset": { "line": u32::MAX, "column": 0 }, "map": { "version": 3, "mappings": "AAAA" } });
    let far = json!({ "version": 3, "sections": [far] }).to_string().into_bytes();
    assert_fails(&map_file(far), "impossible place");
    let deep = format!(
        "{}{}",
        "{\"version\":3,\"sections\":[{\"offset\":{\"line\":0,\"column\":0},\"map\":".repeat(10_000),
        "1"
    );
    assert_fails(&map_file(deep.into_bytes()), "it is not a source map");
    let nested = "[".repeat(1_000_000);
    assert_fails(&map_file(format!("{{\"version\":3,\"x\":{nested}").into_bytes()), "it is not a source map");
    // Sources and names that do not exist.
    let built = build_bundle(&map_file(map("AAAA,CAgggggBA,EAAAgggggB")));
    assert!(built.maps.len() <= 1);
}
