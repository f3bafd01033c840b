//! Sample payloads: requests captured from official SDKs (tests/samples/captures), and larger ones made from them.

use std::path::Path;

use model::id::EventId;
use model::json::{self, Map, Value};
use model::occurrence::Occurrence;
use model::time::Timestamp;
use protocol::sentry::{Envelope, Received, normalise};
use scrub::{Rules, scrub};

/// The names of the samples: captures of SDKs, with a size if the capture is enlarged to it.
pub(crate) const ALL: [&str; 6] = [
    "python/message",
    "python/rich",
    "node/chained",
    "rust/caught-panic",
    "python/rich to 100 kB",
    "python/rich to 1 MB",
];

/// Returns the JSON of an event.
pub(crate) fn event(name: &str) -> Vec<u8> {
    let (file, size) = name.split_once(" to ").unwrap_or((name, ""));
    let event = captured(file);
    match size {
        "" => event,
        "100 kB" => grown(&event, 100_000),
        // Just below the limit of an event.
        "1 MB" => grown(&event, 1_000_000),
        other => panic!("unknown size `{other}`"),
    }
}

/// Returns the event of a capture.
fn captured(file: &str) -> Vec<u8> {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/samples/captures");
    let capture = std::fs::read(captures.join(file).with_extension("http")).expect("the capture exists");
    let head = capture.windows(2).position(|pair| pair == b"\n\n").expect("an empty line is before the body");
    let envelope = Envelope::parse(&capture[head + 2..]).expect("the body is an envelope");
    envelope.items[0].payload.clone()
}

/// Adds frames and breadcrumbs, each a little different, until the event has this size.
fn grown(event: &[u8], size: usize) -> Vec<u8> {
    let mut event: Value = serde_json::from_slice(event).expect("captures are JSON");
    let frames = |event: &Value| event["exception"]["values"][0]["stacktrace"]["frames"].clone();
    let (pattern, mut grown) = (frames(&event)[0].clone(), Vec::new());
    let each = pattern.to_string().len() + 120;
    for number in 0..(size - event.to_string().len()) / each {
        let mut frame = pattern.clone();
        frame["function"] = format!("step_{number}").into();
        frame["lineno"] = (10 + number).into();
        grown.push(frame);
    }
    let crumbs = grown.len();
    let list = event["exception"]["values"][0]["stacktrace"]["frames"].as_array_mut().expect("frames are a list");
    list.splice(0..0, grown);
    event["breadcrumbs"] = (0..crumbs)
        .map(|number| {
            serde_json::json!({ "category": "query", "level": "info", "timestamp": 1_790_000_000 + number,
                "message": format!("SELECT name FROM cart WHERE id = {number}") })
        })
        .collect();
    event.to_string().into_bytes()
}

pub(crate) fn parsed(name: &str) -> Map<String, Value> {
    json::parse(&event(name)).expect("samples are JSON")
}

pub(crate) fn received() -> Received {
    Received {
        event_id: EventId::from_bytes([1; 16]),
        received_at: Timestamp::from_seconds(1_795_000_000),
        sent_at: None,
        client_ip: None,
    }
}

pub(crate) fn normalised(name: &str) -> Occurrence {
    normalise(parsed(name), &received())
}

pub(crate) fn scrubbed(name: &str) -> Occurrence {
    let mut occurrence = normalised(name);
    scrub(&mut occurrence, &Rules::default());
    occurrence
}
