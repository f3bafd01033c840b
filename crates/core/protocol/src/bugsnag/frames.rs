//! Exceptions, threads and their frames.

use model::json::list_of;
use serde_json::{Map, Value};

use crate::translate::{Chain, Link, Take, each_object, put_code, raised_last};

/// Names of attributes of native frames.
const NATIVE: [(&str, &str); 5] = [
    ("frameAddress", "instruction_addr"),
    ("symbolAddress", "symbol_addr"),
    ("machoLoadAddress", "image_addr"),
    ("machoFile", "package"),
    ("machoUUID", "image_uuid"),
];

/// Takes the exceptions, of which the first one was caught, and the type of the first one, which names the platform.
pub(super) fn take_chain(event: &mut Map<String, Value>) -> (Chain, Option<String>) {
    let list =
        event.take_value("exceptions").map_or_else(Vec::new, |list| list_of(list).unwrap_or_else(|one| vec![one]));
    let exceptions: Vec<_> =
        list.into_iter().filter_map(|entry| if let Value::Object(map) = entry { Some(map) } else { None }).collect();
    let marks = exceptions.iter().any(has_marks);
    let mut platform = None;
    let link = |mut exception: Map<String, Value>| {
        let kind = exception.take_text("type");
        if platform.is_none() {
            platform = kind;
        }
        let message = exception.take_text("errorMessage");
        Link {
            kind: exception.take_text("errorClass"),
            value: exception.take_text("message").or(message),
            frames: take_frames(&mut exception, marks),
            rest: exception,
        }
    };
    (Chain(exceptions.into_iter().map(link).collect()), platform)
}

/// Whether the client marked the application's own frames. If so, a missing mark means that the frame is not its own.
fn has_marks(exception: &Map<String, Value>) -> bool {
    let frames = exception.get("stacktrace").and_then(Value::as_array);
    frames.into_iter().flatten().any(|frame| frame.get("inProject").is_some_and(Value::is_boolean))
}

fn take_frames(map: &mut Map<String, Value>, marks: bool) -> Vec<Value> {
    each_object(raised_last(map, "stacktrace"), |frame| translate_frame(frame, marks))
}

fn translate_frame(mut frame: Map<String, Value>, marks: bool) -> Map<String, Value> {
    let line = frame.take_value("lineNumber");
    let number = line.as_ref().and_then(Value::as_u64);
    let mut out = Map::new();
    for (theirs, ours) in [("file", "filename"), ("method", "function")] {
        out.extend(frame.take_text(theirs).map(|text| (ours.to_owned(), text.into())));
    }
    out.extend(line.map(|line| ("lineno".to_owned(), line)));
    out.extend(frame.take_value("columnNumber").map(|column| ("colno".to_owned(), column)));
    let in_project = frame.take_value("inProject").or(marks.then_some(Value::Bool(false)));
    out.extend(in_project.map(|in_project| ("in_app".to_owned(), in_project)));
    for (theirs, ours) in NATIVE {
        out.extend(frame.take_value(theirs).map(|value| (ours.to_owned(), value)));
    }
    put_code(&mut out, frame.take_object("code"), number);
    for (key, value) in frame {
        out.entry(key).or_insert(value);
    }
    out
}

/// Translates the threads of the process, each with its stack.
pub(super) fn translate_threads(threads: Vec<Value>) -> Vec<Value> {
    each_object(threads, |mut thread| {
        let mut out = Map::new();
        for key in ["id", "name"] {
            out.extend(thread.take_value(key).map(|value| (key.to_owned(), value)));
        }
        if thread.take_flag("errorReportingThread") {
            out.insert("current".to_owned(), true.into());
        }
        let frames = take_frames(&mut thread, false);
        if !frames.is_empty() {
            out.insert("stacktrace".to_owned(), serde_json::json!({ "frames": frames }));
        }
        for (key, value) in thread {
            out.entry(key).or_insert(value);
        }
        out
    })
}

/// Returns the platform by the type of an exception, or else by the name of the client.
pub(super) fn platform(kind: Option<&str>, notifier: &str) -> &'static str {
    match kind.unwrap_or_default() {
        "nodejs" | "electronnodejs" => return "node",
        "browserjs" | "reactnativejs" | "electronrendererjs" | "expojs" => return "javascript",
        "python" => return "python",
        "ruby" => return "ruby",
        "php" => return "php",
        "go" => return "go",
        "android" | "java" => return "java",
        "cocoa" => return "cocoa",
        "c" => return "native",
        "csharp" | "dotnet" | "unity" => return "csharp",
        "dart" | "flutter" => return "dart",
        _ => {}
    }
    let names = [
        ("ruby", "ruby"),
        ("php", "php"),
        ("laravel", "php"),
        ("symfony", "php"),
        ("python", "python"),
        ("go", "go"),
        ("node", "node"),
        ("javascript", "javascript"),
        ("java", "java"),
        ("spring", "java"),
        ("android", "java"),
        (".net", "csharp"),
        ("unity", "csharp"),
        ("cocoa", "cocoa"),
        ("ios", "cocoa"),
        ("flutter", "dart"),
    ];
    let notifier = notifier.to_ascii_lowercase();
    let is_word = |word: &str| notifier.split([' ', '-', '/']).any(|part| part == word);
    names.into_iter().find_map(|(word, platform)| is_word(word).then_some(platform)).unwrap_or("other")
}
