//! Requests that official SDKs sent (`captures/`, see README.md) are posted again as they were sent.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use axum::body::Body;
use base64::Engine;
use faultline_tests::Faultline;
use http::Request;
use serde_json::{Value, json};

use crate::held::{lost, seconds};

/// The placeholder for the key in captures.
const KEY: &str = "CLIENT-KEY";
/// The password that the clients send.
const SECRET: &str = "correct-horse-battery";

/// A request of an SDK.
struct Capture {
    name: String,
    path: String,
    headers: Vec<(String, String)>,
    /// Whether the body was encoded as base64, which no header says.
    base64: bool,
    /// The unpacked body.
    body: Vec<u8>,
}

impl Capture {
    fn read(file: &Path) -> Self {
        let bytes = std::fs::read(file).unwrap();
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let mut lines = std::str::from_utf8(&bytes[..end]).unwrap().lines();
        let path = lines.next().unwrap().strip_prefix("POST ").unwrap().to_owned();
        let (notes, headers): (Vec<_>, Vec<_>) = lines.partition(|line| line.starts_with('#'));
        let headers = headers.into_iter().map(|line| line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")));
        Self {
            name: file.file_stem().unwrap().to_str().unwrap().to_owned(),
            path,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            base64: notes.iter().any(|note| note.contains("base64(zlib)")),
            body: bytes[end + 2..].to_owned(),
        }
    }

    /// Returns the request, packed as the SDK packed it.
    fn request(&self, key: &str) -> Request<Body> {
        let mut request = Request::post(self.path.replace(KEY, key));
        for (name, value) in &self.headers {
            request = request.header(name, value.replace(KEY, key));
        }
        // Replace only in the header of an envelope: the lengths of later parts must stay right.
        let line = self.body.iter().position(|&byte| byte == b'\n').unwrap_or_default();
        let first = std::str::from_utf8(&self.body[..line]).unwrap().replace(KEY, key);
        let body = [first.as_bytes(), &self.body[line..]].concat();
        let encoding = self.headers.iter().find(|(name, _)| name == "content-encoding");
        let body = match encoding.map_or("", |(_, value)| value.as_str()) {
            "" if self.base64 => base64::prelude::BASE64_STANDARD.encode(zlib(&body)).into_bytes(),
            "" => body,
            "br" => brotli(&body),
            other => panic!("{}: packed with {other}", self.name),
        };
        request.body(body.into()).unwrap()
    }

    /// Returns the event in it, if there is one.
    fn event(&self) -> Option<Value> {
        let payload = if self.path.contains("/store/") { &self.body[..] } else { event_item(&self.body)? };
        // Python's form of a byte that is not valid Unicode, which is itself not valid Unicode.
        let text = std::str::from_utf8(payload).unwrap().replace("caf\\udce9", "caf\\ufffd");
        Some(serde_json::from_str(&text).unwrap())
    }
}

/// Returns the payload of an envelope's event, or of its feedback, which has the form of an event.
fn event_item(envelope: &[u8]) -> Option<&[u8]> {
    let line = |rest: &[u8]| rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
    let mut rest = &envelope[line(envelope) + 1..];
    while !rest.is_empty() {
        let (header, payload) = rest.split_at(line(rest));
        let header: Value = serde_json::from_slice(header).unwrap();
        let payload = &payload[1..];
        let length = header["length"].as_u64().map_or_else(|| line(payload), |length| usize::try_from(length).unwrap());
        if header["type"] == "event" || header["type"] == "feedback" {
            return Some(&payload[..length]);
        }
        rest = payload.get(length + 1..).unwrap_or_default();
    }
    None
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &brotli::enc::BrotliEncoderParams::default()).unwrap();
    packed
}

/// Returns the entries of a directory, sorted.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    entries
}

/// Every SDK's requests get answers that it understands, however often they are sent. Alike events become one error,
/// different ones do not, requests without an event create nothing, and each event reads back completely.
/// `expected.snap` next to the captures has the expected errors.
#[tokio::test]
async fn captured_requests_become_the_expected_errors() {
    let clients = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/captures"));
    assert_eq!(clients.len(), 7);
    for client in clients {
        let files = entries(&client).into_iter().filter(|file| file.extension().unwrap() == "http");
        let captures: Vec<_> = files.map(|file| Capture::read(&file)).collect();
        let made = made_of(client.file_name().unwrap().to_str().unwrap(), &captures).await;
        insta::with_settings!({ snapshot_path => client, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_json_snapshot!("expected", made);
        });
    }
}

/// Returns the errors that a client's captures become.
async fn made_of(client: &str, captures: &[Capture]) -> Value {
    let faultline = Faultline::new().await;
    let events: BTreeMap<String, (&str, Value)> = captures
        .iter()
        .filter_map(|capture| capture.event().map(|event| (id(&event), (capture.name.as_str(), event))))
        .collect();
    // They are received when the last of them was sent.
    let newest = events.values().map(|(_, event)| seconds(&event["timestamp"]).ceil()).fold(0.0, f64::max);
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970")]
    faultline.clock.advance(newest as i64 - store::clock::Clock::now(&*faultline.clock).seconds());

    for capture in captures.iter().chain(captures) {
        let answer = faultline.send(capture.request(faultline.client_key())).await;
        let body = capture.event().map_or(json!({}), |event| json!({ "id": id(&event) }));
        assert_eq!((answer.status.as_u16(), &answer.body), (200, &body), "{client}/{}", capture.name);
        assert_eq!(faultline.process().await, 0, "{client}/{}", capture.name);
    }

    let (mut errors, mut faulty) = (Vec::new(), Vec::new());
    for error in faultline.all("/projects/sample/errors?limit=100", "cursor").await {
        let path = format!("/projects/sample/errors/{}/occurrences?limit=100", error["fingerprint"].as_str().unwrap());
        let mut occurrences = BTreeMap::new();
        for occurrence in faultline.all(&path, "after").await {
            let (name, event) = &events[occurrence["eventId"].as_str().unwrap()];
            faulty.extend(faults(name, event, &occurrence["event"]).map(|fault| format!("{client}/{name}: {fault}")));
            occurrences.insert(*name, occurrence["event"].clone());
        }
        assert_eq!(error["count"], occurrences.len(), "{client}: {error}");
        errors.push(described(&error, &occurrences));
    }
    assert!(faulty.is_empty(), "{}", faulty.join("\n"));
    errors.sort_by_key(|error| error["captures"][0].to_string());
    let nothing = captures.iter().filter(|capture| capture.event().is_none()).map(|capture| &capture.name);
    let sdk = &events.values().next().unwrap().1["sdk"];
    let sdk = format!("{} {}", sdk["name"].as_str().unwrap(), sdk["version"].as_str().unwrap());
    json!({ "sdk": sdk, "errors": errors, "nothing": nothing.collect::<Vec<_>>() })
}

fn id(event: &Value) -> String {
    event["event_id"].as_str().unwrap().replace('-', "")
}

/// Returns what is missing in the occurrence of an event, or should not be in it.
fn faults(name: &str, event: &Value, stored: &Value) -> impl Iterator<Item = String> {
    let (mut faults, filtered) = lost(event, stored);
    if stored.to_string().contains(SECRET) {
        faults.push("contains the password".to_owned());
    }
    if filtered.is_empty() == (name == "rich") {
        faults.push(format!("scrubbed: {filtered:?}"));
    }
    if let Some(errors) = stored.get("errors") {
        faults.push(format!("unusable: {errors}"));
    }
    faults.into_iter()
}

/// Summarises an error; each stack by its number of frames and the application's innermost function.
fn described(error: &Value, occurrences: &BTreeMap<&str, Value>) -> Value {
    let occurrence = occurrences.values().next().unwrap();
    let stack = |of: &Value| {
        let frames = of["stacktrace"]["frames"].as_array()?;
        let own = frames.iter().rfind(|frame| frame["in_app"] == true);
        Some(format!(
            "{} frames, {}",
            frames.len(),
            own.map_or("none in app", |frame| frame["function"].as_str().unwrap_or("?"))
        ))
    };
    let list = |key: &str| occurrence[key].as_array().cloned().unwrap_or_default();
    let exceptions = list("exceptions").into_iter().map(|exception| {
        let text = |key: &str| exception[key].as_str().unwrap_or("none").to_owned();
        format!("{}: {}: {}", text("type"), text("value"), stack(&exception).unwrap_or("no stack".to_owned()))
    });
    json!({
        "captures": occurrences.keys().collect::<Vec<_>>(),
        "type": error["type"],
        "message": error["message"],
        "culprit": error["culprit"],
        "level": occurrence["level"],
        "platform": occurrence["platform"],
        "exceptions": exceptions.collect::<Vec<_>>(),
        "threads": list("threads").iter().filter_map(stack).collect::<Vec<_>>(),
        "fingerprint": error["fingerprint"],
    })
}
