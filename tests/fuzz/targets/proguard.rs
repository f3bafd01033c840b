//! ProGuard mappings: whatever was uploaded, each class can be read, and an event of its frames is retraced within limits.

#![no_main]

use faultline_fuzz::received;
use libfuzzer_sys::fuzz_target;
use model::id::DebugId;
use protocol::sentry::normalise;
use retrace::{FoundClass, FoundClasses, MappingDirectory, apply, class_in, wanted, write_mapping};
use serde_json::{Value, json};
use source_maps::ObjectRange;

/// The most frames that a frame may become.
const MAX_INLINED: usize = 32;

fuzz_target!(|mapping: &[u8]| {
    let mut object = Vec::new();
    let Ok(written) = write_mapping(&mut object, mapping) else { return };
    let part = |range: ObjectRange| &object[range.offset as usize..(range.offset + range.length) as usize];
    let directory = MappingDirectory::parse(part(written.range)).expect("what was written can be read");
    // Frames of the classes and methods that the mapping names, as far as it is text.
    let text = String::from_utf8_lossy(mapping);
    let names = text.lines().filter_map(|line| Some(line.rsplit_once(" -> ")?.1.trim().trim_end_matches(':')));
    let names: Vec<_> = names.take(40).collect();
    let frames = names.iter().zip(names.iter().skip(1)).enumerate().map(|(line, (class, method))| {
        json!({ "module": class, "function": method, "lineno": line, "filename": "SourceFile" })
    });
    let event = json!({
        "platform": "java",
        "debug_meta": { "images": [{ "type": "proguard", "uuid": "4226bed7-ce47-5c49-9ce5-3af113009c2e" }] },
        "exception": { "values": [{ "type": names.first(), "stacktrace": { "frames": frames.collect::<Vec<_>>() } }] },
    });
    let Value::Object(event) = event else { unreachable!("it is an object") };
    let mut event = normalise(event, &received());
    let count = event.exceptions.first().and_then(|one| one.stacktrace.as_ref()).map_or(0, |stack| stack.frames.len());
    let Some(wanted) = wanted(&event) else { return };
    let id = DebugId::from_bytes([1; 16]);
    let mut found = FoundClasses { id: Some(id), ..FoundClasses::default() };
    for class in wanted.classes {
        let Some(block) = directory.block(&class) else { continue };
        if let Some(text) = class_in(part(block), &class).expect("a block can be read") {
            found.classes.insert(class, FoundClass { id, text });
        }
    }
    apply(&mut event, &found, true);
    for exception in &event.exceptions {
        let frames = exception.stacktrace.as_ref().map_or(0, |stack| stack.frames.len());
        assert!(frames <= count * MAX_INLINED, "{frames} of {count}");
    }
});
