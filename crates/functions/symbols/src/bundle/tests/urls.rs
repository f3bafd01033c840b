//! Files without debug ids, which are found by release and URL.

use serde_json::{Value, json};

use super::{archive, map, of_release, problems};
use crate::bundle::build::{Build, build};
use crate::bundle::url::{named_in, resolve};

/// A file of a bundle: its URL, its type, its headers and its content.
type UrlFile<'a> = (&'a str, &'a str, Value, Vec<u8>);

fn bundle(files: &[UrlFile<'_>]) -> Vec<u8> {
    let named = |(url, ..): &UrlFile<'_>| format!("_/_/{}", url.trim_start_matches("~/"));
    let entry = |file: &UrlFile<'_>| (named(file), json!({ "type": file.1, "url": file.0, "headers": file.2 }));
    let manifest = json!({ "files": files.iter().map(entry).collect::<serde_json::Map<_, _>>() });
    let mut contents: Vec<_> = files.iter().map(|file| (named(file), file.3.clone())).collect();
    contents.push(("manifest.json".to_owned(), manifest.to_string().into_bytes()));
    let contents: Vec<_> = contents.iter().map(|(name, content)| (name.as_str(), content.clone())).collect();
    archive(&contents)
}

#[test]
fn a_map_without_debug_id_belongs_to_the_scripts_that_name_it() {
    let script = |text: &str| text.as_bytes().to_vec();
    let built = build(
        &bundle(&[
            ("~/a/main.js", "minified_source", json!({ "Sourcemap": "main.js.map" }), script("1")),
            ("~/a/main.js.map", "source_map", json!({}), map("AAAA")),
            ("~/a/old.js", "minified_source", json!({}), script("1\n//# sourceMappingURL=../maps/x.json\n")),
            ("~/maps/x.json", "source_map", json!({}), map("AAAA")),
            ("~/alone.js.map", "source_map", json!({}), map("AAAA")),
            ("~/b.js", "minified_source", json!({ "sourcemap": "gone.js.map" }), script("1")),
        ]),
        &of_release(),
    );
    let mut ids: Vec<_> = built.maps.iter().map(|(id, _)| *id).collect();
    ids.sort();
    let mut expected: Vec<_> =
        ["~/a/main.js", "~/a/old.js", "~/alone.js"].map(|url| of_release().id_of(url).unwrap()).into();
    expected.sort();
    assert_eq!((ids, built.has_urls), (expected, true));
    assert_eq!(problems(&built), ["its source map is not in this upload"]);
}

#[test]
fn without_a_release_a_debug_id_is_needed() {
    let bundle = bundle(&[("~/main.js.map", "source_map", json!({}), map("AAAA"))]);
    let failure = build(&bundle, &Build::default()).failure.unwrap();
    assert!(failure.contains("it has no debug id, and the upload names no release"), "{failure}");
}

#[test]
fn urls_are_resolved_as_browsers_do() {
    for (script, named, expected) in [
        ("~/a/main.js", "main.js.map", Some("~/a/main.js.map")),
        ("~/a/main.js", "./main.js.map", Some("~/a/main.js.map")),
        ("~/a/main.js", "../../../m.map", Some("~/m.map")),
        ("~/a/main.js", "/m.map", Some("~/m.map")),
        ("~/a/main.js", "~/m.map", Some("~/m.map")),
        ("~/a/main.js", "https://cdn.test/x/m.map", Some("~/x/m.map")),
        ("https://shop.test/a/main.js", "main.js.map", Some("https://shop.test/a/main.js.map")),
        ("~/a/main.js", "data:application/json;base64,e30=", None),
        ("~/a/main.js", "", None),
        ("~/a/main.js", "https://cdn.test", None),
    ] {
        assert_eq!(resolve(script, named).as_deref(), expected, "{script} {named}");
    }
    assert_eq!(named_in(b"a\n//# sourceMappingURL=x.map"), Some("x.map"));
    assert_eq!(named_in(b"sourceMappingURL=old.map\n//# sourceMappingURL=new.map \n"), Some("new.map"));
    assert_eq!(named_in(b"1"), None);
}
