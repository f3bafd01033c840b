//! The payloads: what official SDKs sent (tests/samples/captures), and larger ones made of it.

use std::path::Path;

use model::id::EventId;
use model::json::{self, Map, Value};
use model::occurrence::Occurrence;
use model::time::Timestamp;
use protocol::sentry::{Envelope, Received, normalise};
use scrub::{Rules, scrub};

/// The samples by name: an SDK's capture; with a size, it grows to that.
pub(crate) const ALL: [&str; 6] = [
    "python/message",
    "python/rich",
    "node/chained",
    "rust/caught-panic",
    "python/rich to 100 kB",
    "python/rich to 1 MB",
];

/// The JSON of an event.
pub(crate) fn event(name: &str) -> Vec<u8> {
    let (file, size) = name.split_once(" to ").unwrap_or((name, ""));
    let event = captured(file);
    match size {
        "" => event,
        "100 kB" => grown(&event, 100_000),
        // Just below the limit.
        "1 MB" => grown(&event, 1_000_000),
        other => panic!("no size is called `{other}`"),
    }
}

/// The event that an SDK sent.
fn captured(file: &str) -> Vec<u8> {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/samples/captures");
    let capture = std::fs::read(captures.join(file).with_extension("http")).expect("there is such a capture");
    let head = capture.windows(2).position(|pair| pair == b"\n\n").expect("an empty line before the body");
    let envelope = Envelope::parse(&capture[head + 2..]).expect("the body is an envelope");
    envelope.items[0].payload.clone()
}

/// The same with as many frames and breadcrumbs more, each a little different, as it takes.
fn grown(event: &[u8], size: usize) -> Vec<u8> {
    let mut event: Value = serde_json::from_slice(event).expect("a capture is JSON");
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
    let list = event["exception"]["values"][0]["stacktrace"]["frames"].as_array_mut().expect("a list of frames");
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
    json::parse(&event(name)).expect("a sample is JSON")
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
