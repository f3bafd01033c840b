//! Measures source maps and ProGuard mappings of the largest applications: time and peak memory of reading an upload, and of
//! a look-up. Each step has a process of its own, so that the peak is that of the step:
//! `cargo bench -p faultline-symbols --bench maps`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on panics, and prints")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use model::id::{DebugId, EventId};
use model::occurrence::{Exception, Frame, Occurrence, Source, Stacktrace};
use model::time::Timestamp;
use retrace::{FoundClass, FoundClasses, MappingDirectory, class_in, write_mapping};
use serde_json::json;
use source_maps::{Directory, ObjectRange, around, find};
use symbols::{PackedBundle, pack_bundle};

const ID: &str = "c1b5cb37-8a72-5b7d-9d2a-0f6b0ae8a4ce";
/// A map of 32 MB: as a bundle of react-dom, three, echarts, antd, mermaid and typescript has.
const SOURCES: usize = 2_800;
const LINES: usize = 142;
/// Classes of a mapping of 50 MB.
const CLASSES: usize = 34_000;
const METHODS: usize = 11;
/// How often a look-up is repeated.
const TIMES: u32 = 200;

fn main() {
    let step = std::env::args().nth(1).filter(|step| !step.starts_with("--"));
    match step.as_deref() {
        None => {
            // Inputs of an earlier run may be of an earlier version.
            INPUTS.iter().for_each(|name| drop(std::fs::remove_file(path_of(name))));
            STEPS.iter().for_each(|(name, _)| run(name));
            INPUTS.iter().for_each(|name| drop(std::fs::remove_file(path_of(name))));
        }
        Some(name) => STEPS.iter().find(|(own, _)| *own == name).unwrap().1(),
    }
}

/// A step: its name, and what it does.
type MeasuredStep = (&'static str, fn());

const STEPS: [MeasuredStep; 4] =
    [("bundle", read_bundle), ("place", look_up_place), ("mapping", read_mapping), ("classes", look_up_classes)];

/// Runs a step in a process of its own.
fn run(step: &str) {
    let ran = Command::new(std::env::current_exe().unwrap()).arg(step).output().unwrap();
    assert!(ran.status.success(), "{step}: {}", String::from_utf8_lossy(&ran.stderr));
    print!("{}", String::from_utf8_lossy(&ran.stdout));
}

/// The peak memory of this process, in MB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() >> 10
}

fn report(what: &str, input: usize, took: Duration, before: u64, more: &str) {
    let (megabytes, peak) = (input as f64 / 1e6, peak());
    println!("{what}: {megabytes:.1} MB in {took:.1?}, peak {peak} MB ({before} MB of it are the input), {more}");
}

/// A number in the form of source maps.
fn vlq(out: &mut String, number: i64) {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut rest = if number < 0 { (-number as u64) << 1 | 1 } else { (number as u64) << 1 };
    loop {
        let more = rest > 31;
        out.push(char::from(DIGITS[(rest & 31 | if more { 32 } else { 0 }) as usize]));
        rest >>= 5;
        if !more {
            return;
        }
    }
}

/// A line of source, of 60 bytes.
fn line(source: usize, line: usize) -> String {
    format!("  const value{line} = compute{}(input{source}, {}, 'text');", source % 97, line * source % 9_973)
}

/// A script of one line, and its map.
fn script_and_map() -> (String, String) {
    let (mut script, mut mappings) = (String::new(), String::new());
    let (mut column, mut before) = (0i64, (0i64, 0i64, 0i64));
    let mut contents = Vec::new();
    for source in 0..SOURCES {
        let mut text = String::new();
        let function = format!("function f{source}(a,b){{");
        script += &function;
        column += function.len() as i64;
        for number in 0..LINES {
            text += &line(source, number);
            text.push('\n');
            for part in 0..5i64 {
                let code = ["var a=", "b", "(c,", "d,", "e);"][part as usize];
                if !mappings.is_empty() {
                    mappings.push(',');
                }
                vlq(&mut mappings, column);
                vlq(&mut mappings, source as i64 - before.0);
                vlq(&mut mappings, number as i64 - before.1);
                vlq(&mut mappings, part * 11 - before.2);
                before = (source as i64, number as i64, part * 11);
                script += code;
                column = code.len() as i64;
            }
        }
        script.push('}');
        column += 1;
        contents.push(text);
    }
    let names: Vec<_> = (0..SOURCES).map(|source| format!("webpack://shop/./src/module{source}.ts")).collect();
    let map = json!({ "version": 3, "sources": names, "sourcesContent": contents, "names": [], "mappings": mappings });
    (script, map.to_string())
}

fn bundle() -> Vec<u8> {
    let (script, map) = script_and_map();
    let entry = |kind: &str, url: &str| json!({ "type": kind, "url": url, "headers": { "debug-id": ID } });
    let manifest = json!({ "files": { "a.js": entry("minified_source", "~/a.js"), "a.js.map": entry("source_map", "~/a.js.map") } });
    let mut bytes = Vec::new();
    let mut writer = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, content) in [("a.js", script), ("a.js.map", map), ("manifest.json", manifest.to_string())] {
        let (mut entry, config) =
            writer.new_file(name).compression_method(rawzip::CompressionMethod::DEFLATE).start().unwrap();
        let encoder = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::default());
        let mut data = config.wrap(encoder);
        data.write_all(content.as_bytes()).unwrap();
        let (encoder, descriptor) = data.finish().unwrap();
        encoder.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

/// The inputs that steps share through files.
const INPUTS: [&str; 4] = ["bundle", "object", "mapping", "classes"];

fn path_of(input: &str) -> PathBuf {
    std::env::temp_dir().join(format!("faultline-bench-{input}"))
}

/// Writes an input once, so that making it does not count.
fn kept(name: &str, make: impl FnOnce() -> Vec<u8>) -> Vec<u8> {
    let path = path_of(name);
    if let Ok(bytes) = std::fs::read(&path) {
        return bytes;
    }
    std::fs::write(&path, make()).unwrap();
    // In another process: this one's peak is that of making it.
    let ran = Command::new(std::env::current_exe().unwrap()).args(std::env::args().skip(1)).status().unwrap();
    std::process::exit(ran.code().unwrap_or(1));
}

/// Writes an object once, as [`kept`] does. Returns it, and where the directory of its map is.
fn stored(name: &str, make: impl FnOnce() -> (Vec<u8>, ObjectRange)) -> (Vec<u8>, ObjectRange) {
    let mut bytes = kept(name, || {
        let (mut object, range) = make();
        object.extend([range.offset.to_le_bytes(), range.length.to_le_bytes()].concat());
        object
    });
    let end = bytes.split_off(bytes.len() - 16);
    let number = |at: usize| u64::from_le_bytes(end[at..at + 8].try_into().unwrap());
    (bytes, ObjectRange { offset: number(0), length: number(8) })
}

fn read_bundle() {
    let bundle = kept("bundle", bundle);
    let before = peak();
    let started = Instant::now();
    let PackedBundle { object, maps } = pack_bundle(&bundle).unwrap();
    assert_eq!(maps.len(), 1);
    let (_, map) = script_and_map();
    let stored = format!("{:.1} MB are stored", object.len() as f64 / 1e6);
    report("symbols, a bundle with a source map", map.len(), started.elapsed(), before, &stored);
}

fn look_up_place() {
    let (object, range) = stored("object", || {
        let PackedBundle { object, maps } = pack_bundle(&kept("bundle", bundle)).unwrap();
        let range = maps[0].1;
        (object, range)
    });
    let part = |range: ObjectRange| &object[range.offset as usize..(range.offset + range.length) as usize];
    let (before, mut read) = (peak(), 0);
    let started = Instant::now();
    let mut directory = Directory::default();
    for number in 0..TIMES {
        directory = Directory::parse(part(range)).unwrap();
        let column = 1_000 + 20_000 * number;
        let block = directory.block(0, column).unwrap();
        let place = find(part(block), 0, column).unwrap().unwrap();
        let text = directory.source(place.source).unwrap().text.unwrap();
        assert!(around(part(text), place.line, place.column).unwrap().is_some());
        read = range.length + block.length + text.length;
    }
    let took = started.elapsed() / TIMES;
    let more = format!("reads {read} bytes in three parts, the directory takes {} kB", directory.size() >> 10);
    report("processor and query, a cold look-up of a place", object.len(), took, before, &more);
}

/// A mapping as R8 writes it, with a call that was inlined into each method.
fn mapping() -> Vec<u8> {
    let mut text = "# compiler: R8\n".to_owned();
    for class in 0..CLASSES {
        writeln!(text, "com.shop.feature{}.Class{class} -> a.b{class}:", class % 300).unwrap();
        writeln!(text, "# {{\"id\":\"sourceFile\",\"fileName\":\"Class{class}.kt\"}}").unwrap();
        for method in 0..METHODS {
            let (first, last) = (method * 10 + 1, method * 10 + 9);
            let other = class * 7 % CLASSES;
            writeln!(
                text,
                "    {first}:{last}:void com.shop.feature{}.Class{other}.helper{method}(int):40:48 -> m{method}",
                other % 300
            )
            .unwrap();
            writeln!(text, "    {first}:{last}:void method{method}(int,java.lang.String):{} -> m{method}", first + 30)
                .unwrap();
        }
    }
    text.into_bytes()
}

fn read_mapping() {
    let mapping = kept("mapping", mapping);
    let before = peak();
    let started = Instant::now();
    let mut object = Vec::new();
    let written = write_mapping(&mut object, &mapping).unwrap();
    let more = format!("{} classes, {:.1} MB are stored", written.classes, object.len() as f64 / 1e6);
    report("symbols, a ProGuard mapping", mapping.len(), started.elapsed(), before, &more);
}

fn look_up_classes() {
    let (object, range) = stored("classes", || {
        let mut object = Vec::new();
        let range = write_mapping(&mut object, &mapping()).unwrap().range;
        (object, range)
    });
    let part = |range: ObjectRange| &object[range.offset as usize..(range.offset + range.length) as usize];
    let before = peak();
    let at = Timestamp::from_seconds(1);
    let mut event = Occurrence::new(EventId::from_bytes([1; 16]), Source::Sentry, at, at);
    event.platform = "java".to_owned();
    let frames = (0..30).map(|number| Frame {
        module: Some(format!("a.b{}", number * 1_117)),
        function: Some(format!("m{}", number % METHODS)),
        lineno: Some((number % METHODS * 10 + 3) as u64),
        ..Frame::default()
    });
    let stack = Stacktrace { frames: frames.collect(), ..Stacktrace::default() };
    event.exceptions.push(Exception { stacktrace: Some(stack), ..Exception::default() });
    let id = DebugId::parse(ID).unwrap();
    event.other.insert("debug_meta".to_owned(), json!({ "images": [{ "type": "proguard", "uuid": ID }] }));
    let started = Instant::now();
    for _ in 0..TIMES {
        let mut event = event.clone();
        let directory = MappingDirectory::parse(part(range)).unwrap();
        let mut found = FoundClasses { id: Some(id), ..FoundClasses::default() };
        for class in retrace::wanted(&event).unwrap().classes {
            let text = class_in(part(directory.block(&class).unwrap()), &class).unwrap().unwrap();
            found.classes.insert(class, FoundClass { id, text });
        }
        assert!(retrace::apply(&mut event, &found, false));
        assert_eq!(event.exceptions[0].stacktrace.as_ref().unwrap().frames.len(), 60);
    }
    let more = "an event of 30 frames in 30 classes, each in a block of its own";
    report("processor and query, a cold look-up of classes", object.len(), started.elapsed() / TIMES, before, more);
}
