//! How long the Lambda binaries take from exec to asking for their first event, and for an event.
//!
//! `sam build && cargo bench -p faultline-lambda [-- BUILD-DIRECTORY]` starts each binary that `sam build` made 40 times,
//! against a stand-in on loopback for Lambda's runtime API and for the services, which answers at once. So the figures
//! are the binary's own time: without the microVM's start, without TLS, on an idle machine's CPU.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on panics, and prints")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use md5::{Digest, Md5};
use serde_json::{Value, json};

const STARTS: usize = 40;
const EVENTS: usize = 20;

/// What a binary was seen to do.
enum Seen {
    /// It asked for an event.
    Asked(Instant),
    /// It was given an event, and answered.
    Answered(Duration),
}

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let build = given.map_or(root.join(".aws-sam/build"), PathBuf::from);
    let events = root.join("events");
    let sample = |name: &str| -> Value { serde_json::from_slice(&std::fs::read(events.join(name)).unwrap()).unwrap() };
    let mut health = sample("http-api-post-errors.json");
    health["rawPath"] = "/health".into();
    health["requestContext"]["http"]["method"] = "GET".into();
    println!("{:8} {:>9} {:>9} {:>9} {:>9} {:>9}", "", "bytes", "start p50", "p95", "1st event", "event p50");
    for (name, event) in [
        ("ingest", sample("http-api-post-errors.json")),
        ("digest", sample("sqs-inbox-batch.json")),
        ("query", health),
        ("notify", sample("dynamodb-stream-batch.json")),
    ] {
        let binary = build.join(format!("{}{}Function/bootstrap", name[..1].to_uppercase(), &name[1..]));
        match std::fs::metadata(&binary) {
            Ok(file) => measure(name, &binary, file.len(), &event),
            Err(_) => println!("{name:8} is not built: run `sam build`, or name its build directory"),
        }
    }
}

fn measure(name: &str, binary: &Path, bytes: u64, event: &Value) {
    let (mut starts, mut first, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let (start, mut answers) = start(binary, event);
        starts.push(start);
        first.push(answers.remove(0));
        rest.append(&mut answers);
    }
    let at = |times: &mut Vec<Duration>, percent: usize| {
        times.sort();
        format!("{:.2} ms", times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1e3)
    };
    let (p50, p95) = (at(&mut starts, 50), at(&mut starts, 95));
    println!("{name:8} {bytes:>9} {p50:>9} {p95:>9} {:>9} {:>9}", at(&mut first, 50), at(&mut rest, 50));
}

/// One environment's life: how long it took to ask, and how long each event took.
fn start(binary: &Path, event: &Value) -> (Duration, Vec<Duration>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (seen, what) = channel();
    let stand_in = Arc::new(StandIn { event: event.to_string(), given: Mutex::new(None), seen });
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
        .envs([("TABLE", "bench"), ("BUCKET", "bench"), ("RETENTION_DAYS", "90")])
        .env("ADMIN_KEY_SHA256", "0".repeat(64))
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        .env("INBOX_URL", format!("http://{address}/inbox"))
        .env("DEAD_LETTERS_URL", format!("http://{address}/dead-letters"))
        .env("UNDELIVERED_URL", format!("http://{address}/undelivered"))
        .envs([("ALLOWED_DESTINATIONS", ""), ("MAIL_FROM", ""), ("PUBLIC_URL", "https://errors.example")])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let (asked, answers) = watch(&what);
    child.kill().unwrap();
    child.wait().unwrap();
    (asked - began, answers)
}

fn watch(what: &Receiver<Seen>) -> (Instant, Vec<Duration>) {
    let next = || what.recv_timeout(Duration::from_secs(20)).expect("a binary that asks and answers");
    let (mut asked, mut answers) = (None, Vec::new());
    while answers.len() < EVENTS {
        match next() {
            Seen::Asked(at) => asked = asked.or(Some(at)),
            Seen::Answered(after) => answers.push(after),
        }
    }
    (asked.unwrap(), answers)
}

struct StandIn {
    event: String,
    given: Mutex<Option<Instant>>,
    seen: Sender<Seen>,
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
                // The receiver is gone once enough was seen.
                let _ = self.seen.send(Seen::Asked(now));
                *self.given.lock().unwrap() = Some(Instant::now());
                let until = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() + 60_000;
                let headers = format!(
                    "lambda-runtime-aws-request-id: 1\r\nlambda-runtime-deadline-ms: {until}\r\n\
                     lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:1:function:bench\r\n"
                );
                respond("200 OK", &headers, &self.event)
            } else if path.contains("/runtime/") {
                if let Some(given) = self.given.lock().unwrap().take() {
                    let _ = self.seen.send(Seen::Answered(now - given));
                }
                respond("202 Accepted", "", "{}")
            } else {
                respond("200 OK", "", &service(&head.to_lowercase(), &body).to_string())
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

/// What the services say: any key is an admin's, the queue takes everything, and the table has nothing else.
fn service(head: &str, body: &[u8]) -> Value {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    if head.contains("sendmessage") {
        let digest = Md5::digest(request["MessageBody"].as_str().unwrap_or_default());
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({ "MessageId": "1", "MD5OfMessageBody": hex })
    } else if request["Key"]["pk"]["S"] == "KEY" && request["Key"]["sk"]["S"] != "none" {
        json!({ "Item": {
            "pk": request["Key"]["pk"], "sk": request["Key"]["sk"], "v": { "N": "1" },
            "role": { "S": "admin" }, "name": { "S": "bench" }, "createdAt": { "S": "2026-01-01T00:00:00Z" },
        } })
    } else {
        json!({})
    }
}
