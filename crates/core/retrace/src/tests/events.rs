//! Events and their mappings, in the form in which the SDKs for Java and Android send them.

use std::collections::BTreeMap;

use model::id::{DebugId, EventId};
use model::occurrence::{Exception, Frame, Occurrence, Source, Stacktrace};
use model::time::Timestamp;
use serde_json::json;

use super::{ID, MAPPING, look_up, written};
use crate::{FoundClass, FoundClasses, RetraceProblem, apply, wanted};

fn frame(class: &str, method: &str, line: Option<u64>) -> Frame {
    Frame {
        module: Some(class.to_owned()),
        function: Some(method.to_owned()),
        filename: Some("SourceFile".to_owned()),
        lineno: line,
        ..Frame::default()
    }
}

/// An event with one exception of the class `a.d`. The newest frame is the last one.
fn event(frames: Vec<Frame>) -> Occurrence {
    let at = Timestamp::from_seconds(1);
    let mut event = Occurrence::new(EventId::from_bytes([1; 16]), Source::Sentry, at, at);
    event.platform = "java".to_owned();
    event.kind = "d".to_owned();
    event.exceptions.push(Exception {
        kind: Some("d".to_owned()),
        module: Some("a".to_owned()),
        stacktrace: Some(Stacktrace { frames, ..Stacktrace::default() }),
        ..Exception::default()
    });
    event.other.insert("debug_meta".to_owned(), json!({ "images": [{ "type": "proguard", "uuid": ID }] }));
    event
}

fn found(mapping: &str, event: &Occurrence) -> FoundClasses {
    let (object, written) = written(mapping.as_bytes());
    let id = DebugId::parse(ID).unwrap();
    let wanted = wanted(event).unwrap();
    let classes: BTreeMap<_, _> = wanted
        .classes
        .into_iter()
        .filter_map(|class| Some((class.clone(), FoundClass { id, text: look_up(&object, &written, &class)? })))
        .collect();
    FoundClasses { classes, problem: None, id: Some(id) }
}

/// The frames of the first exception, newest first, as Java prints them.
fn shown(event: &Occurrence) -> Vec<String> {
    let frames = &event.exceptions[0].stacktrace.as_ref().unwrap().frames;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    frames
        .iter()
        .rev()
        .map(|frame| {
            let line = frame.lineno.map(|line| format!(":{line}")).unwrap_or_default();
            format!("{}.{}({}{line})", text(&frame.module), text(&frame.function), text(&frame.filename))
        })
        .collect()
}

fn problems(event: &Occurrence) -> Vec<String> {
    let frames = &event.exceptions[0].stacktrace.as_ref().unwrap().frames;
    frames.iter().rev().filter_map(|frame| source_maps::problem_of(frame).map(str::to_owned)).collect()
}

#[test]
fn frames_and_exceptions_are_as_they_were_written() {
    let mut event = event(vec![
        Frame {
            in_app: Some(false),
            filename: Some("Thread.java".to_owned()),
            ..frame("java.lang.Thread", "run", Some(9))
        },
        frame("com.shop.MainActivity", "onCreate", Some(1)),
        frame("a.b", "a", Some(3)),
        frame("a.b", "a", Some(1)),
    ]);
    let sent = event.clone();
    assert!(apply(&mut event, &found(MAPPING, &sent), true));
    assert_eq!(
        shown(&event),
        [
            "com.shop.Prices.check(PriceList.kt:20)",
            "com.shop.Cart.total(Cart.kt:11)",
            "com.shop.Cart.total(Cart.kt:13)",
            "com.shop.MainActivity.onCreate(MainActivity.java:9)",
            "java.lang.Thread.run(Thread.java:9)",
        ]
    );
    let exception = &event.exceptions[0];
    assert_eq!((exception.kind.as_deref(), exception.module.as_deref()), (Some("NoPrice"), Some("com.shop")));
    assert_eq!(event.kind, "NoPrice", "the event is named after it");
    assert_eq!(source_maps::minified_type_of(exception).unwrap()["type"], "d");
    let frames = &exception.stacktrace.as_ref().unwrap().frames;
    assert_eq!(
        frames.iter().map(|frame| frame.in_app).collect::<Vec<_>>(),
        [Some(false), Some(true), Some(true), Some(true), Some(true)]
    );
    let again: Vec<_> = frames.iter().flat_map(source_maps::sent_frames).collect();
    let place = |frame: &Frame| (frame.module.clone(), frame.function.clone(), frame.lineno, frame.filename.clone());
    let sent_frames = &sent.exceptions[0].stacktrace.as_ref().unwrap().frames;
    assert!(again.iter().map(place).eq(sent_frames.iter().map(place)), "the sent frames are kept");
    assert_eq!(problems(&event), [""; 0]);

    let mapped = event.clone();
    let rest = wanted(&event).map(|wanted| wanted.classes.into_iter().collect::<Vec<_>>());
    assert_eq!(rest, Some(vec!["java.lang.Thread".to_owned()]), "what was mapped is not looked up again");
    assert!(!apply(&mut event, &FoundClasses::default(), true));
    assert_eq!(event, mapped);
    source_maps::distrust(&mut event);
    assert_eq!(source_maps::minified_type_of(&event.exceptions[0]), None);
}

/// R8 moves equal code of several methods into one. The frame of that method is left out, and its caller has the line.
#[test]
fn outlined_code_is_shown_where_it_was_written() {
    let mut event = event(vec![frame("a.b", "b", Some(7)), frame("a.o", "a", Some(2))]);
    let sent = event.clone();
    assert!(apply(&mut event, &found(MAPPING, &sent), true));
    assert_eq!(shown(&event), ["com.shop.Cart.pay(Cart.kt:32)"]);
    let frames = &event.exceptions[0].stacktrace.as_ref().unwrap().frames;
    let again: Vec<_> = frames.iter().flat_map(source_maps::sent_frames).filter_map(|frame| frame.module).collect();
    assert_eq!(again, ["a.b", "a.o"], "callers first");
}

/// A rule of R8 depends on the exception: here the check of a null pointer was not there in the source.
#[test]
fn frames_that_the_compiler_added_are_removed() {
    let mapping = "\
com.shop.Cart -> a:
    4:4:void com.shop.Null.check():23:23 -> a
    4:4:void pay():7 -> a
    # {\"id\":\"com.android.tools.r8.rewriteFrame\",\"conditions\":[\"throws(Ljava/lang/NullPointerException;)\"],\"actions\":[\"removeInnerFrames(1)\"]}
";
    for (kind, expected) in [
        ("NullPointerException", vec!["com.shop.Cart.pay(Cart.java:7)"]),
        ("Error", vec!["com.shop.Null.check(Null.java:23)", "com.shop.Cart.pay(Cart.java:7)"]),
    ] {
        let mut event = event(vec![frame("a", "a", Some(4))]);
        event.exceptions[0].kind = Some(kind.to_owned());
        event.exceptions[0].module = Some("java.lang".to_owned());
        let sent = event.clone();
        apply(&mut event, &found(mapping, &sent), false);
        assert_eq!(shown(&event), expected, "{kind}");
        assert_eq!(event.kind, "d", "another name of the event stays");
    }
}

#[test]
fn a_frame_that_cannot_be_mapped_says_why() {
    let frames = || {
        vec![
            frame("java.lang.Thread", "run", Some(1)),
            frame("x.y", "a", Some(1)),
            frame("a.b", "b", Some(99)),
            frame("a.b", "pay", Some(2)),
        ]
    };
    let mut unknown = event(frames());
    let found_classes = found(MAPPING, &unknown);
    apply(&mut unknown, &found_classes, true);
    let problems_found = problems(&unknown);
    assert_eq!(problems_found.len(), 2, "{problems_found:?}");
    assert!(problems_found[0].contains("this method but not this line"), "{problems_found:?}");
    assert!(problems_found[1].contains("does not have this class"), "{problems_found:?}");
    let id = DebugId::parse(ID).unwrap();
    for (problem, count, words) in [
        (RetraceProblem::NotUploaded(id), 3, "sentry-cli upload-proguard --uuid 4226bed7"),
        (RetraceProblem::NotRead, 3, "reload the page"),
        (RetraceProblem::Damaged(id), 3, "cannot be read"),
        (RetraceProblem::NoId, 3, "names no ProGuard mapping"),
    ] {
        let mut event = event(frames());
        assert!(!apply(&mut event, &FoundClasses { problem: Some(problem), ..FoundClasses::default() }, true));
        let problems = problems(&event);
        assert_eq!(problems.len(), count, "{problems:?}");
        assert!(problems[0].contains(words), "{problems:?}");
    }
}

#[test]
fn only_java_is_looked_up() {
    let mut python = event(vec![frame("a.b", "a", Some(1))]);
    python.platform = "python".to_owned();
    assert_eq!(wanted(&python), None);
    // React Native sends frames of Java in events of JavaScript.
    python.exceptions[0].stacktrace.as_mut().unwrap().frames[0].platform = Some("java".to_owned());
    assert!(wanted(&python).unwrap().classes.contains("a.b"));

    let mut without = event(vec![frame("a.b", "a", Some(1))]);
    without.other.clear();
    assert_eq!(wanted(&without).unwrap().ids, []);
    without.exceptions[0].stacktrace.as_mut().unwrap().frames[0].filename = Some("Cart.java".to_owned());
    assert_eq!(wanted(&without), None, "an event of a server is not obfuscated");
}

#[test]
fn the_classes_of_an_event_are_limited() {
    let frames = (0..5_000).map(|number| frame(&format!("a{number}"), "a", Some(1))).collect();
    assert_eq!(wanted(&event(frames)).unwrap().classes.len(), 200);
}
