//! A stand-in on loopback for Lambda's runtime API and the AWS services, for the benches.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use md5::{Digest, Md5};
use serde_json::{Value, json};

/// An observation of a binary.
enum Observed {
    /// It asked for an event, at this time.
    Asked(Instant),
    /// It answered an event, after this time and with this body.
    Answered(Duration, Vec<u8>),
}

/// The life of one execution environment.
pub(crate) struct Life {
    /// The time from exec to asking for the first event.
    pub(crate) start: Duration,
    /// The CPU time until then, which does not depend on other load.
    pub(crate) cpu: Duration,
    /// The CPU time for all events.
    pub(crate) worked: Duration,
    /// The time for each event.
    pub(crate) answers: Vec<Duration>,
    /// The peak memory, in bytes.
    pub(crate) peak: u64,
}

/// The names and paths of the binaries: those from `sam build`, or those in the directory given as an argument.
pub(crate) fn binaries() -> [(&'static str, PathBuf); 4] {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    ["ingest", "processor", "query", "notify"].map(|name| {
        let built = root.join(format!(".aws-sam/build/{}{}Function/bootstrap", name[..1].to_uppercase(), &name[1..]));
        (name, given.as_ref().map_or(built, |given| Path::new(given).join(name)))
    })
}

/// Reads a file of the folder `events`.
pub(crate) fn sample(name: &str) -> Value {
    let events = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../events");
    serde_json::from_slice(&std::fs::read(events.join(name)).unwrap()).unwrap()
}

/// Starts a binary, sends it an event `times` times, and ends it. Every S3 object has the content `object`. An answer
/// that reports a failure panics.
pub(crate) fn live(binary: &Path, event: &Value, times: usize, object: &[u8]) -> Life {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (seen, what) = channel();
    let object = object.to_vec();
    let stand_in = Arc::new(StandIn { event: event.to_string(), object, given: Mutex::new(None), seen });
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stand_in = stand_in.clone();
            std::thread::spawn(move || stand_in.serve(stream.unwrap()));
        }
    });
    let began = Instant::now();
    let mut child = Command::new(binary)
        .env_clear()
        .envs([("AWS_LAMBDA_FUNCTION_NAME", "bench"), ("AWS_LAMBDA_FUNCTION_VERSION", "1")])
        .envs([("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"), ("AWS_LAMBDA_LOG_GROUP_NAME", "bench")])
        .envs([("AWS_LAMBDA_LOG_STREAM_NAME", "bench"), ("AWS_REGION", "eu-central-1")])
        .envs([("AWS_ACCESS_KEY_ID", "bench"), ("AWS_SECRET_ACCESS_KEY", "bench")])
        .envs([
            ("DIRECTORY", "bench"),
            ("TABLE", "bench"),
            ("FIRST_PER_MONTH", "0"),
            ("BUCKET", "bench"),
            ("RETENTION_DAYS", "90"),
        ])
        .env("ADMIN_KEY_SHA256", "0".repeat(64))
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        .env("INBOX_URL", format!("http://{address}/inbox"))
        .env("DEAD_LETTERS_URL", format!("http://{address}/dead-letters"))
        .env("UNDELIVERED_URL", format!("http://{address}/undelivered"))
        .envs([("ALLOWED_DESTINATIONS", ""), ("EMAIL_FROM", ""), ("PUBLIC_URL", "https://errors.example")])
        .envs([("BASE_URL", ""), ("PROXIES", "0"), ("TABLE_CAPACITY", "provisioned")])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (asked, cpu, answers) = watch(&what, times, child.id());
    let worked = cpu_of(child.id()).saturating_sub(cpu);
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
    child.kill().unwrap();
    child.wait().unwrap();
    Life { start: asked - began, cpu, worked, answers, peak: peak.unwrap_or(0) * 1_024 }
}

/// The CPU time of all threads of a process.
fn cpu_of(process: u32) -> Duration {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let nanoseconds = threads.filter_map(|thread| {
        let schedstat = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        schedstat.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

fn watch(what: &Receiver<Observed>, times: usize, process: u32) -> (Instant, Duration, Vec<Duration>) {
    let next = || what.recv_timeout(Duration::from_secs(60)).expect("a binary that asks and answers");
    let (mut asked, mut answers) = (None, Vec::new());
    while answers.len() < times {
        match next() {
            Observed::Asked(at) => asked = asked.or_else(|| Some((at, cpu_of(process)))),
            Observed::Answered(after, answer) => {
                let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
                let status = answer["statusCode"].as_u64().unwrap_or(200);
                let failed = answer["batchItemFailures"].as_array().map_or(0, Vec::len);
                assert!(status < 300 && failed == 0 && answer["errorType"].is_null(), "the binary answered {answer}");
                answers.push(after);
            }
        }
    }
    let (asked, cpu) = asked.unwrap();
    (asked, cpu, answers)
}

struct StandIn {
    event: String,
    object: Vec<u8>,
    given: Mutex<Option<Instant>>,
    seen: Sender<Observed>,
}

impl StandIn {
    fn serve(&self, stream: TcpStream) {
        stream.set_nodelay(true).unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut writer = stream;
        while let Some((head, body)) = read_request(&mut reader) {
            let now = Instant::now();
            let path = head.split(' ').nth(1).unwrap_or_default();
            let answer = if path.ends_with("/invocation/next") {
                // The receiver is gone once enough was observed.
                let _ = self.seen.send(Observed::Asked(now));
                *self.given.lock().unwrap() = Some(Instant::now());
                let until = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() + 60_000;
                let headers = format!(
                    "lambda-runtime-aws-request-id: 1\r\nlambda-runtime-deadline-ms: {until}\r\n\
                     lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:1:function:bench\r\n"
                );
                respond("200 OK", &headers, &self.event)
            } else if path.contains("/runtime/") {
                if let Some(given) = self.given.lock().unwrap().take() {
                    let _ = self.seen.send(Observed::Answered(now - given, body));
                }
                respond("202 Accepted", "", "{}")
            } else if head.starts_with("GET ") {
                let length = self.object.len();
                let head = format!("HTTP/1.1 206 Partial Content\r\ncontent-length: {length}\r\n\r\n");
                if writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(&self.object)).is_err() {
                    return;
                }
                continue;
            } else {
                respond("200 OK", "", &service(&head.to_lowercase(), &body, self.object.len()).to_string())
            };
            if writer.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}

fn respond(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

fn read_request(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or_default()];
    if head.to_lowercase().contains("transfer-encoding: chunked") {
        read_chunks(reader, &mut body)?;
    } else {
        reader.read_exact(&mut body).ok()?;
    }
    Some((head, body))
}

fn read_chunks(reader: &mut impl BufRead, body: &mut Vec<u8>) -> Option<()> {
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let length = usize::from_str_radix(line.trim(), 16).ok()?;
        let mut chunk = vec![0; length + 2];
        reader.read_exact(&mut chunk).ok()?;
        body.extend_from_slice(&chunk[..length]);
        if length == 0 {
            return Some(());
        }
    }
}

/// The answers of the services: any key is an admin's, the queue accepts everything, there is one project, a list has
/// 101 errors, an error has 20 references, and the table contains nothing else.
fn service(head: &str, body: &[u8], object: usize) -> Value {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let key = |key: &Value| (text(&key["pk"]), text(&key["sk"]));
    if head.contains("sendmessage") {
        let digest = Md5::digest(request["MessageBody"].as_str().unwrap_or_default());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        return json!({ "MessageId": "1", "MD5OfMessageBody": hex });
    }
    if head.contains("batchgetitem") {
        let keys = request["RequestItems"]["bench"]["Keys"].as_array().cloned().unwrap_or_default();
        let listed = keys.iter().filter(|asked| key(asked).1.starts_with("E#00000000"));
        let items: Vec<_> = listed.filter_map(|asked| item(key(asked))).collect();
        return json!({ "Responses": { "bench": items } });
    }
    if head.contains("dynamodb_20120810.query") {
        let values = &request["ExpressionAttributeValues"];
        return match (request["IndexName"].is_null(), values.to_string().contains("E#1#")) {
            (false, _) => json!({ "Items": (0..101).map(index_entry).collect::<Vec<_>>() }),
            (true, true) => json!({ "Items": (0..20).map(|n| reference(n, object)).collect::<Vec<_>>() }),
            (true, false) => json!({ "Items": [] }),
        };
    }
    item(key(&request["Key"])).map_or(json!({}), |item| json!({ "Item": item }))
}

fn text(value: &Value) -> String {
    value["S"].as_str().unwrap_or_default().to_owned()
}

/// A time in 2026, in microseconds.
const MOMENT: &str = "1793577660000000";

fn item((pk, sk): (String, String)) -> Option<Value> {
    let with = |more: Value| {
        let mut item = json!({ "pk": { "S": pk }, "sk": { "S": sk }, "v": { "N": "1" } });
        item.as_object_mut()?.extend(more.as_object()?.clone());
        Some(item)
    };
    match pk.as_str() {
        "KEY" if sk != "none" => with(json!({
            "role": { "S": "admin" }, "name": { "S": "bench" }, "createdAt": { "N": MOMENT },
        })),
        "PROJECT" | "PROJECT_ID" => with(json!({
            "id": { "N": "1" }, "name": { "S": "sample" }, "createdAt": { "N": MOMENT },
        })),
        _ if sk.starts_with("E#") => with(json!({
            "version": { "N": "1" }, "uid": { "S": "01M6CRYBK0P6VGGFR7GX197914" }, "type": { "S": "E" },
            "message": { "S": "x".repeat(700) }, "level": { "S": "error" }, "platform": { "S": "python" },
            "status": { "S": "unresolved" }, "statusAt": { "N": MOMENT }, "count": { "N": "7" },
            "firstSeen": { "N": MOMENT }, "lastSeen": { "N": MOMENT },
        })),
        _ => None,
    }
}

fn index_entry(number: usize) -> Value {
    let fingerprint = format!("{number:032x}");
    json!({
        "pk": { "S": "P#1" }, "sk": { "S": format!("E#{fingerprint}") },
        "ipk": { "S": "S#1#unresolved" }, "isk": { "S": format!("{:08}-{fingerprint}", 2_989_296) },
    })
}

fn reference(number: usize, object: usize) -> Value {
    json!({
        "pk": { "S": "E#1#01M6CRYBK0P6VGGFR7GX197914" }, "sk": { "S": format!("O#01M6CRYBK000000000000000{number:02}") },
        "v": { "N": "1" }, "segment": { "S": "2026-11-02/01M6CRYBK0P6VGGFR7GX197914" }, "offset": { "N": "0" },
        "length": { "N": object.to_string() }, "first": { "N": MOMENT }, "last": { "N": MOMENT },
        "events": { "B": "AAECAwQFBgc=" },
    })
}
