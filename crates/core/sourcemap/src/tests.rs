use model::id::{DebugId, EventId};
use model::occurrence::{Exception, Frame, Occurrence, Source as Origin, Stacktrace};
use model::time::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn packed(mappings: &[Mapping<'_>], scopes: &[Scope], sources: &[Source<'_>]) -> (Vec<u8>, Directory) {
    let mut object = b"something before".to_vec();
    let range = write_map(&mut object, mappings, scopes, sources.iter().copied()).unwrap();
    let directory = Directory::parse(part(&object, range)).unwrap();
    (object, directory)
}

fn part(object: &[u8], range: ObjectRange) -> &[u8] {
    &object[range.offset as usize..(range.offset + range.length) as usize]
}

fn look_up(object: &[u8], directory: &Directory, line: u32, column: u32) -> Option<Place> {
    find(part(object, directory.block(line, column)?), line, column).unwrap()
}

fn mapping(line: u32, column: u32, source: u32) -> Mapping<'static> {
    Mapping { line, column, target: Some(Target { source, line: column, column: line, name: None }) }
}

proptest! {
    /// A look-up finds the mapping with the greatest position at or before the wanted one on the same line, and the scope
    /// with the greatest position, whatever block they are in.
    #[test]
    fn a_lookup_finds_what_a_search_of_everything_finds(
        positions in proptest::collection::btree_set((0..40u32, 0..400u32), 1..9_000),
        scopes in proptest::collection::btree_set((0..40u32, 0..400u32), 0..300),
        wanted in proptest::collection::vec((0..42u32, 0..420u32), 30),
    ) {
        let mappings: Vec<_> = positions.iter().map(|(line, column)| Mapping {
            target: (column % 7 != 0).then(|| Target { source: column % 3, line: column * 5, column: line * 3, name: (column % 2 == 0).then_some("name") }),
            ..mapping(*line, *column, 0)
        }).collect();
        let scopes: Vec<_> = scopes.iter().map(|(line, column)| Scope {
            line: *line, column: *column, function: (column % 3 != 0).then(|| format!("f{column}")),
        }).collect();
        let (object, directory) = packed(&mappings, &scopes, &[]);
        for (line, column) in wanted {
            let last = mappings.iter().rfind(|mapping| mapping.line == line && mapping.column <= column);
            let scope = scopes.iter().rfind(|scope| (scope.line, scope.column) <= (line, column));
            let expected = last.and_then(|mapping| mapping.target).map(|target| Place {
                source: target.source,
                line: target.line,
                column: target.column,
                name: target.name.map(str::to_owned),
                function: scope.and_then(|scope| scope.function.clone()),
            });
            prop_assert_eq!(look_up(&object, &directory, line, column), expected, "{}:{}", line, column);
        }
    }

    /// Damage is an error, and neither a panic nor a large allocation.
    #[test]
    fn damaged_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let packed = directory::pack(&bytes).unwrap();
        for bytes in [&bytes, &packed] {
            let _ = Directory::parse(bytes);
            let _ = find(bytes, 1, 1);
            let _ = around(bytes, 1, 1);
        }
    }
}

#[test]
fn a_bomb_is_refused() {
    let bomb = directory::pack(&vec![1; 64 << 20]).unwrap();
    assert!(bomb.len() < 100_000 && Directory::parse(&bomb).is_err() && find(&bomb, 0, 0).is_err());
    assert_eq!(around(&bomb, 5, 0), Ok(None));
}

#[test]
fn sources_are_read_with_the_lines_around_a_place() {
    let text: String = (1..=20).map(|line| format!("line {line}\r\n")).collect();
    let large = "x".repeat(MAX_SOURCE + 1);
    let source = |name, text| Source { name, is_ignored: name == "b.ts", text };
    let (object, directory) = packed(
        &[mapping(0, 0, 0)],
        &[],
        &[source("a.ts", Some(&text)), source("b.ts", None), source("c.ts", Some(&large))],
    );
    assert_eq!(directory.source(1).map(|source| (source.is_ignored, source.text)), Some((true, None)));
    assert_eq!(directory.source(2).unwrap().text, None, "it is too large");
    let stored = part(&object, directory.source(0).unwrap().text.unwrap());
    let context = around(stored, 1, 0).unwrap().unwrap();
    assert_eq!((context.before, context.line.as_str(), context.after.len()), (vec!["line 1".to_owned()], "line 2", 5));
    assert_eq!(around(stored, 99, 0), Ok(None));
}

#[test]
fn a_long_line_is_cut_around_its_column() {
    let line = format!("{}here{}", "😀".repeat(200), "b".repeat(300));
    let cut = cut_line(&line, 400);
    assert!(cut.starts_with("{snip}😀") && cut.contains("here") && cut.ends_with("b{snip}"), "{cut}");
    assert_eq!(cut_line("short", 900), "short");
}

#[test]
fn paths_are_as_people_know_them() {
    for (source, expected) in [
        ("webpack://shop/./src/cart.ts", "src/cart.ts"),
        ("webpack:///./src/cart.ts?06aa", "src/cart.ts"),
        ("webpack:///src/cart.ts", "src/cart.ts"),
        ("turbopack:///[project]/src/cart.ts", "src/cart.ts"),
        ("../../src/cart.ts", "src/cart.ts"),
        ("/../../src/cart.ts", "src/cart.ts"),
        ("/srv/shop/src/cart.ts", "/srv/shop/src/cart.ts"),
        ("file:///srv/cart.ts", "/srv/cart.ts"),
        ("..", ".."),
        ("", ""),
    ] {
        assert_eq!(readable(source), expected, "{source}");
    }
    assert!(is_third_party("webpack://shop/./node_modules/react/index.js") && !is_third_party("src/modules/a.ts"));
}

const ID: &str = "c1b5cb37-8a72-5b7d-9d2a-0f6b0ae8a4ce";

fn event(frames: Vec<Frame>) -> Occurrence {
    let at = Timestamp::from_seconds(1);
    let mut event = Occurrence::new(EventId::from_bytes([1; 16]), Origin::Sentry, at, at);
    event.platform = "javascript".to_owned();
    let stack = Stacktrace { frames, ..Stacktrace::default() };
    event.exceptions.push(Exception { stacktrace: Some(stack), ..Exception::default() });
    let images = json!({ "images": [
        { "type": "sourcemap", "code_file": "https://shop.test/a.js", "debug_id": ID.to_uppercase() },
        { "type": "sourcemap", "code_file": "https://shop.test/b.js", "debug_id": "undefined" },
    ]});
    event.other.insert("debug_meta".to_owned(), images);
    event
}

fn frame(file: &str, line: Option<u64>, column: Option<u64>, function: &str) -> Frame {
    Frame {
        abs_path: Some(format!("https://shop.test/{file}")),
        filename: Some(format!("/{file}")),
        function: Some(function.to_owned()),
        lineno: line,
        colno: column,
        in_app: Some(true),
        context_line: Some("minified".to_owned()),
        ..Frame::default()
    }
}

#[test]
fn frames_are_looked_up_by_the_debug_id_of_their_file() {
    let event = event(vec![
        frame("a.js", Some(1), Some(10), "a"),
        frame("a.js", Some(1), None, "a"),
        frame("a.js", Some(0), Some(3), "a"),
        frame("b.js", Some(1), Some(10), "b"),
        frame("b.js", Some(1), Some(10_000), "b"),
    ]);
    let id = DebugId::parse(ID).unwrap();
    let found: Vec<_> = lookups(&event, false).into_iter().map(|(at, lookup)| (at.frame, lookup)).collect();
    let expected = vec![
        (4, Lookup::Impossible(FrameProblem::NoDebugId)),
        (2, Lookup::Impossible(FrameProblem::NoColumn)),
        (1, Lookup::Impossible(FrameProblem::NoColumn)),
        (0, Lookup::Find(Wanted { id, line: 0, column: 9 })),
    ];
    assert_eq!(found, expected);
    let mut python = event;
    python.platform = "python".to_owned();
    assert_eq!(lookups(&python, true), []);
}

#[test]
fn a_file_without_debug_id_is_looked_up_by_release_and_url() {
    let mut event = event(vec![
        frame("c.js?v=1#top", Some(1), Some(10), "c"),
        frame("c.js", Some(1), None, "c"),
        frame("c.min.js", Some(2), Some(1), "c"),
    ]);
    assert_eq!(lookups(&event, true).len(), 1, "without a release, only the minified file has a problem");
    event.release = Some("shop@1".to_owned());
    event.dist = Some("7".to_owned());
    assert!(may_have_file_maps(&event));
    let without: Vec<_> = lookups(&event, false).into_iter().map(|(_, lookup)| lookup).collect();
    assert_eq!(without, [Lookup::Impossible(FrameProblem::NoDebugId)], "no URL is looked up");
    let found: Vec<_> = lookups(&event, true).into_iter().map(|(at, lookup)| (at.frame, lookup)).collect();
    let id = |url: &str| DebugId::of_file("shop@1", Some("7"), url);
    let Lookup::FindFile(query) = &found[1].1 else { panic!("{found:?}") };
    let host = "https://shop.test";
    let expected = [id(&format!("{host}/c.js?v=1")), id(&format!("{host}/c.js")), id("~/c.js?v=1"), id("~/c.js")];
    assert_eq!((found[1].0, query.ids.as_slice(), query.line, query.column), (0, &expected[..], 0, 9));
    assert_eq!((&query.no_id, &query.no_file), (&None, &None), "it may not be minified at all");
    let Lookup::FindFile(minified) = &found[0].1 else { panic!("{found:?}") };
    assert_eq!((found[0].0, &minified.no_id), (2, &Some(FrameProblem::NoDebugId)));
    let sentence = minified.no_file.as_ref().unwrap().sentence();
    assert!(sentence.contains("for https://shop.test/c.min.js in release shop@1"), "{sentence}");
    assert_eq!(found.len(), 2);
}

#[test]
fn a_mapped_frame_keeps_its_minified_form_and_is_not_looked_up_again() {
    let mut event = event(vec![frame("a.js", Some(1), Some(10), "x"), frame("a.js", Some(1), Some(20), "n.pay")]);
    let original = |function: Option<&str>, name: Option<&str>| Original {
        id: DebugId::parse(ID).unwrap(),
        source: "webpack://shop/./src/cart.ts".to_owned(),
        is_ignored: false,
        line: 4,
        column: 2,
        name: name.map(str::to_owned),
        function: function.map(str::to_owned),
        context: Some(Context { line: "throw new Error()".to_owned(), ..Context::default() }),
    };
    let at = |frame| At { stack: 0, frame };
    let mut named = event.clone();
    let results = vec![(at(0), Ok(original(None, Some("total")))), (at(1), Ok(original(None, None)))];
    apply(&mut named, results, false);
    let functions = |event: &Occurrence| {
        let frames = &event.exceptions[0].stacktrace.as_ref().unwrap().frames;
        frames.iter().map(|frame| frame.function.clone().unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(functions(&named), ["x", "total"], "the caller's map names the function");

    let results = vec![(at(0), Err(FrameProblem::NoColumn)), (at(1), Ok(original(Some("Checkout.pay"), None)))];
    apply(&mut event, results, true);
    assert_eq!(functions(&event), ["x", "Checkout.pay"]);
    let frames = &event.exceptions[0].stacktrace.as_ref().unwrap().frames;
    assert!(frames[0].other["data"]["sourceMapProblem"].as_str().unwrap().contains("no column"));
    assert_eq!(
        (frames[1].filename.as_deref(), frames[1].lineno, frames[1].colno),
        (Some("src/cart.ts"), Some(5), Some(3))
    );
    assert_eq!(frames[1].context_line.as_deref(), Some("throw new Error()"));
    let minified = json!({ "filename": "/a.js", "abs_path": "https://shop.test/a.js", "function": "n.pay", "lineno": 1, "colno": 20, "in_app": true });
    assert_eq!(frames[1].other["data"]["minified"], minified);
    assert_eq!(lookups(&event, false).len(), 1);
    distrust(&mut event);
    assert_eq!(lookups(&event, false).len(), 1, "its file has no debug id any more, since it is the source");
    assert_eq!(event.exceptions[0].stacktrace.as_ref().unwrap().frames[0].other["data"], json!({}));
}
