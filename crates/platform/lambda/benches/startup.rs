//! Measures how long the Lambda binaries take from exec to asking for their first event, and for each event.
//!
//! `sam build && cargo bench -p faultline-lambda --bench startup [-- DIRECTORY]` starts 40 times each binary that
//! `sam build` made, or that the directory contains. A stand-in on loopback plays Lambda's runtime API and the AWS
//! services, and answers at once. So the figures show the binary's own time: without the start of the microVM, without
//! TLS, and with the CPU of an idle machine. They are compared with a function that does nothing and is built in the
//! same way:
//! `cargo build -p faultline-lambda --example empty --release --config crates/platform/lambda/release.toml`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark that cannot go on panics, and prints")]

mod standin;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use standin::{Life, binaries, live, sample};

const STARTS: usize = 40;
const EVENTS: usize = 20;

fn main() {
    let mut post = sample("http-api-post-errors.json");
    post["headers"]["x-api-key"] = "bench".into();
    let mut health = post.clone();
    health["rawPath"] = "/health".into();
    health["requestContext"]["http"]["method"] = "GET".into();
    println!(
        "{:8} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}",
        "", "bytes", "start p50", "CPU p50", "1st event", "event p50", "memory"
    );
    measure("empty", &empty(), &json!({}));
    let events = [post, sample("sqs-inbox-batch.json"), health, sample("dynamodb-stream-batch.json")];
    for ((name, binary), event) in binaries().iter().zip(events) {
        measure(name, binary, &event);
    }
}

/// The example is next to the output of this bench.
fn empty() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target"));
    target.join("release/examples/empty")
}

fn measure(name: &str, binary: &Path, event: &Value) {
    let Ok(file) = std::fs::metadata(binary) else {
        println!("{name:8} is not built: see the top of this bench");
        return;
    };
    let (mut starts, mut cpus, mut first, mut rest, mut most) = (vec![], vec![], vec![], vec![], 0);
    let mut worked = Vec::new();
    for _ in 0..STARTS {
        let Life { start, cpu, worked: all, mut answers, peak } = live(binary, event, EVENTS, b"");
        most = most.max(peak >> 20);
        starts.push(start);
        cpus.push(cpu);
        worked.push(all / EVENTS as u32);
        first.push(answers.remove(0));
        rest.append(&mut answers);
    }
    let at = |times: &mut Vec<Duration>, percent: usize| {
        times.sort();
        format!("{:.2} ms", times[(times.len() * percent / 100).min(times.len() - 1)].as_secs_f64() * 1e3)
    };
    let (p50, cpu) = (at(&mut starts, 50), at(&mut cpus, 50));
    let (first, rest, bytes) = (at(&mut first, 50), at(&mut rest, 50), file.len());
    let worked = at(&mut worked, 50);
    println!("{name:8} {bytes:>9} {p50:>9} {cpu:>9} {first:>9} {rest:>9} {worked:>9} {most:>6} MB");
}
