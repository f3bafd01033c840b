//! Measures the peak memory of the Lambda binaries with the largest inputs that are allowed, next to the memory that
//! template.yaml gives them: `sam build && cargo bench -p faultline-lambda --bench memory [-- DIRECTORY]`, like
//! `startup`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on panics, and prints")]

mod standin;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use formats::inbox::{self, Addressee, Header, Message};
use formats::segment::SegmentWriter;
use model::id::{EventId, ProjectId};
use model::occurrence::{Occurrence, Source};
use model::time::Timestamp;
use protocol::json_api::Parsed;
use serde_json::{Value, json};
use standin::{Life, binaries, live, sample};

/// The largest payload that Lambda passes to a function: 6 MB.
const PAYLOAD: usize = 6 << 20;
/// How often each input is sent, so that memory that is not freed becomes visible.
const TIMES: usize = 3;

fn main() {
    let [ingest, processor, query, notify] = binaries().map(|(_, binary)| binary);
    let (large, claimed) = (v1_body(15), Message { payload: taken(&v1_body(15)), ..message(Source::V1, 0, 15) }.pack());
    println!("{:60} {:>8} {:>8} {:>10}", "", "peak", "limit", "slowest");
    tell("IngestFunction", "a body of 15 MB, compressed to 4", &ingest, &post(&large), b"");
    tell("ProcessorFunction", "6 MB of messages, each with a different error", &processor, &batch(inline()), b"");
    let claims = (0..10).map(|n| format!("@inbox/v=1/{n}")).collect();
    tell("ProcessorFunction", "10 messages of 15 MB that are in S3", &processor, &batch(claims), &claimed);
    tell("QueryFunction", "100 errors", &query, &get("/projects/sample/errors", "limit=100"), b"");
    let path = "/projects/sample/errors/00000000000000000000000000000000/occurrences";
    tell("QueryFunction", "occurrences of 1 MB", &query, &get(path, "limit=100"), &frame());
    tell("NotifyFunction", "100 changes, 6 MB in total", &notify, &changes(), b"");
}

fn tell(function: &str, input: &str, binary: &Path, event: &Value, object: &[u8]) {
    if !binary.exists() {
        println!("{function:16} is not built: see the bench `startup`");
        return;
    }
    let Life { start, cpu, worked, answers, peak } = live(binary, event, TIMES, object);
    let (peak, slowest) = (peak >> 20, answers.iter().max().map_or(0, Duration::as_millis));
    let what = format!("{function}: {input}");
    println!(
        "{what:60} {peak:>5} MB {:>5} MB {slowest:>7} ms, ready in {start:.1?}, CPU {cpu:.1?} and {worked:.0?}",
        memory(function)
    );
}

/// The memory that template.yaml gives a function, in MB.
fn memory(function: &str) -> u64 {
    let template = include_str!("../../../../template.yaml");
    let of = template.split(&format!("\n  {function}:\n")).nth(1).unwrap();
    let size = of.split("MemorySize: ").nth(1).unwrap();
    size.lines().next().unwrap().parse().unwrap()
}

/// Text of this many bytes that compresses to about half.
fn hard_to_pack(seed: u64, bytes: usize) -> String {
    let mut x = seed | 1;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        format!("{x:016x}")
    };
    (0..bytes / 16).map(|_| next()).collect()
}

/// A body with errors of 1 MB, half of which is hard to compress.
fn v1_body(errors: u64) -> Vec<u8> {
    let error = |n| {
        let frame = json!({ "file": hard_to_pack(n, 480_000), "line": 1, "function": "x".repeat(480_000) });
        json!({ "type": "E", "message": format!("large {n}"), "backtrace": [frame] })
    };
    json!({ "errors": (0..errors).map(error).collect::<Vec<_>>() }).to_string().into_bytes()
}

/// The payload of the message that ingest makes of this body.
fn taken(body: &[u8]) -> Vec<u8> {
    serde_json::to_vec(&Parsed::of(body).unwrap().taken).unwrap()
}

fn post(body: &[u8]) -> Value {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(body).unwrap();
    let mut event = sample("http-api-post-errors.json");
    event["body"] = BASE64.encode(packer.finish().unwrap()).into();
    event["headers"]["content-encoding"] = "gzip".into();
    event["headers"]["x-api-key"] = "bench".into();
    event
}

fn get(path: &str, query: &str) -> Value {
    let mut event = sample("http-api-post-errors.json");
    event["rawPath"] = path.into();
    event["rawQueryString"] = query.into();
    event["requestContext"]["http"]["method"] = "GET".into();
    event["headers"]["x-api-key"] = "bench".into();
    event["body"] = Value::Null;
    event
}

fn message(source: Source, number: u128, events: u128) -> Message {
    let ids = (0..events).map(|event| EventId::from_bytes((number * 100 + event + 1).to_be_bytes())).collect();
    let project = Addressee::Id(ProjectId::new(1).unwrap());
    Message { header: Header::new(source, project, moment(), ids), payload: Vec::new() }
}

fn moment() -> Timestamp {
    Timestamp::parse("2026-11-02T00:01:00Z").unwrap()
}

/// As many messages as fit into a payload, with events of 3 kB.
fn inline() -> Vec<String> {
    let (mut texts, mut bytes) = (Vec::new(), 0);
    for number in 0.. {
        let frames: Vec<_> = (0..8)
            .map(|frame| json!({
                "filename": format!("shop/module_{frame}.py"), "function": format!("call_{number}_{frame}"), "lineno": frame,
                "in_app": true, "context_line": hard_to_pack(number as u64 * 8 + frame, 160),
            }))
            .collect();
        let exception = json!({ "type": format!("Error{number}"), "value": "no", "stacktrace": { "frames": frames } });
        let event = json!({ "platform": "python", "exception": { "values": [exception] } });
        let message = Message { payload: event.to_string().into_bytes(), ..message(Source::Sentry, number, 1) };
        let text = inbox::inline(&message.pack());
        bytes += text.len() + 1_000;
        if bytes > PAYLOAD {
            return texts;
        }
        texts.push(text);
    }
    texts
}

fn batch(texts: Vec<String>) -> Value {
    let record = sample("sqs-inbox-batch.json")["Records"][0].clone();
    let records = texts.into_iter().enumerate().map(|(number, text)| {
        let mut record = record.clone();
        record["messageId"] = number.to_string().into();
        record["body"] = text.into();
        record
    });
    json!({ "Records": records.collect::<Vec<_>>() })
}

/// A frame with one occurrence of 1 MB.
fn frame() -> Vec<u8> {
    let mut occurrence = Occurrence::new(EventId::from_bytes([7; 16]), Source::V1, moment(), moment());
    occurrence.message = hard_to_pack(7, 1 << 20);
    let mut writer = SegmentWriter::new();
    writer.frame([serde_json::to_vec(&occurrence).unwrap().as_slice()]).unwrap();
    writer.finish()
}

fn changes() -> Value {
    let mut record = sample("dynamodb-stream-batch.json")["Records"][0].clone();
    let image = |seen: &str| {
        let mut image = record["dynamodb"]["NewImage"].clone();
        image["count"]["N"] = seen.into();
        image["culprit"]["S"] = "x".repeat(PAYLOAD / 220).into();
        image
    };
    let (old, new) = (image("1"), image("2"));
    record["eventName"] = "MODIFY".into();
    (record["dynamodb"]["OldImage"], record["dynamodb"]["NewImage"]) = (old, new);
    json!({ "Records": vec![record; 100] })
}
