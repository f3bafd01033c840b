//! How fast the whole is, in one process: `cargo bench -p faultline-local`.
//!
//! Bounded in count and time, loopback only. Figures are printed, not judged: machines differ.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on panics, and prints")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use local::system::{Place, Settings, Stack};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How many events each run sends, and for how long at the most.
const EVENTS: usize = 40_000;
const AT_MOST: Duration = Duration::from_secs(30);
/// How many different errors they are of.
const ERRORS: usize = 100;
/// The size of a body, in bytes.
const BODY: usize = 3_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        digestion().await;
        for connections in [8, 64] {
            through_serve(connections).await;
        }
    });
}

/// A body of one error, of kind `n`, that takes some 3 kB and reads like a real one.
fn body(n: usize) -> String {
    let frames: Vec<_> = (0..8)
        .map(|frame| {
            json!({ "file": format!("/srv/app/module_{frame}/handler.py"), "function": format!("process_{frame}"),
                "line": 100 + frame, "code": { "99": "    value = compute(item)", "100": "    return self.dispatch(value)" } })
        })
        .collect();
    let mut body = json!({
        "errors": [{ "type": "ValueError", "message": format!("thing number {} of the batch", n % ERRORS), "backtrace": frames }],
        "notifier": { "name": "bench", "version": "1" },
        "context": { "environment": "production", "component": "checkout", "action": "pay", "language": "Python" },
        "params": { "order": n, "note": "" },
    });
    let filler: String = (0..).map(|at| ["alpha ", "beta ", "gamma ", "delta "][(at * 7 + n) % 4]).take(600).collect();
    let missing = BODY.saturating_sub(body.to_string().len());
    body["params"]["note"] = filler[..missing].into();
    body.to_string()
}

/// CPU of accepting (parse, pack, send) and of digesting, without HTTP and disk.
async fn digestion() {
    let stack = Stack::open(&Settings::at(Place::Memory)).await.unwrap();
    let key = stack.access().1.client_key.clone();
    let bodies: Vec<_> = (0..EVENTS / 4).map(body).collect();
    let cpu = cpu_of("self");
    for body in &bodies {
        let request = axum::http::Request::post("/projects/sample/errors").header("x-api-key", &key);
        let request = request.body(axum::body::Body::from(body.clone())).unwrap();
        let response = tower::ServiceExt::oneshot(stack.front(), request).await.unwrap();
        assert_eq!(response.status(), 201);
    }
    let accepted = cpu_of("self");
    loop {
        let mut batch = stack.inbox().receive(4_000, 6 << 20, Duration::from_secs(60)).await.unwrap();
        if batch.is_empty() {
            break;
        }
        assert!(stack.digest(&mut batch).await.is_empty());
        stack.inbox().delete(batch.iter().map(|message| &message.receipt_handle)).await.unwrap();
    }
    let per_event = |from: Duration, to: Duration| (to - from).as_micros() / bodies.len() as u128;
    println!("CPU per event of {BODY} bytes, {ERRORS} errors, engines in memory:");
    println!("  accept {} µs, digest {} µs", per_event(cpu, accepted), per_event(accepted, cpu_of("self")));
}

/// Events a second through `faultline serve`, accepted and stored, durable before the answer.
async fn through_serve(connections: usize) {
    let dir = tempfile::tempdir().unwrap();
    let (server, ready) = serve(dir.path());
    let pid = server.0.id().to_string();
    let address = ready["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let (key, admin) = (ready["clientKey"].as_str().unwrap(), ready["adminKey"].as_str().unwrap());
    let requests: Arc<Vec<Vec<u8>>> = Arc::new(
        (0..ERRORS)
            .map(|n| {
                let body = body(n);
                let length = body.len();
                format!("POST /projects/sample/errors HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
            })
            .collect(),
    );

    let (sent, start, cpu) = (Arc::new(AtomicUsize::new(0)), Instant::now(), cpu_of(&pid));
    let workers: Vec<_> = (0..connections)
        .map(|_| tokio::spawn(post_until_done(address.clone(), requests.clone(), sent.clone(), start)))
        .collect();
    let mut latencies = Vec::with_capacity(EVENTS);
    for worker in workers {
        latencies.extend(worker.await.unwrap());
    }
    let accepted_in = start.elapsed();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let list = format!("http://{address}/projects/sample/errors?limit=100");
    let stored = loop {
        let answer = client.get(&list).header("x-api-key", admin).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let errors = answer["data"]["errors"].as_array().unwrap();
        let stored: u64 = errors.iter().map(|error| error["count"].as_u64().unwrap()).sum();
        if stored as usize >= latencies.len() || start.elapsed() > AT_MOST * 2 {
            break stored;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let stored_in = start.elapsed();
    let used = cpu_of(&pid) - cpu;
    latencies.sort();
    let at = |part: f64| latencies[((latencies.len() - 1) as f64 * part) as usize].as_micros() as f64 / 1_000.0;
    println!("faultline serve, {connections} connections, {BODY} bytes, {ERRORS} errors, {} events:", latencies.len());
    println!(
        "  accepted {:.0}/s, stored {:.0}/s",
        rate(latencies.len(), accepted_in),
        rate(stored as usize, stored_in)
    );
    println!("  answered in {:.1} ms (p50), {:.1} ms (p99)", at(0.5), at(0.99));
    println!(
        "  CPU {} µs an event, memory {} MB at the most",
        used.as_micros() / u128::from(stored),
        peak_memory(&pid)
    );
    assert_eq!(stored as usize, latencies.len(), "every accepted event is stored, once");
}

fn rate(events: usize, time: Duration) -> f64 {
    events as f64 / time.as_secs_f64()
}

/// Posts one request after the other until all have sent enough; returns how long each took to be answered.
async fn post_until_done(
    address: String,
    requests: Arc<Vec<Vec<u8>>>,
    sent: Arc<AtomicUsize>,
    start: Instant,
) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut latencies, mut answer) = (Vec::new(), vec![0; 4_096]);
    loop {
        let n = sent.fetch_add(1, Ordering::Relaxed);
        if n >= EVENTS || start.elapsed() > AT_MOST {
            return latencies;
        }
        let asked = Instant::now();
        stream.write_all(&requests[n % ERRORS]).await.unwrap();
        // The answer is short and written at once: it comes in one piece.
        let length = stream.read(&mut answer).await.unwrap();
        assert!(answer[..length].starts_with(b"HTTP/1.1 201") && answer[..length].ends_with(b"}"));
        latencies.push(asked.elapsed());
    }
}

/// Ends the server however the benchmark ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(dir: &std::path::Path) -> (Server, Value) {
    let arguments = ["serve", "--json", "--listen", "127.0.0.1:0", "--data", dir.to_str().unwrap()];
    let mut child =
        Command::new(env!("CARGO_BIN_EXE_faultline")).args(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (Server(child), serde_json::from_str(&line).unwrap())
}

/// The CPU time that a process has used, by Linux's /proc, which counts in hundredths of a second.
fn cpu_of(pid: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(ticks * 10)
}

fn peak_memory(pid: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1_024
}
