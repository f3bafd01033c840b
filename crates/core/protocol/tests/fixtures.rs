//! Processes a directory of real events, which we may not store in this repository. `FAULTLINE_FIXTURES` names it, with
//! `events/*.json`, `envelopes/*` and `security/*.json`.
//!
//!     FAULTLINE_FIXTURES=… cargo test -p faultline-protocol --test fixtures -- --ignored --nocapture

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "prints a report for people, and stops at the first failure"
)]

use std::collections::BTreeMap;
use std::path::Path;

use grouping::{explain, group};
use model::id::EventId;
use model::occurrence::Occurrence;
use model::time::Timestamp;
use protocol::sentry::{Envelope, ItemKind, Received, normalise, peek, security};
use scrub::{Rules, scrub};

fn received(event_id: Option<EventId>) -> Received {
    Received {
        event_id: event_id.unwrap_or(EventId::from_bytes([9; 16])),
        received_at: Timestamp::from_seconds(1_790_000_000),
        sent_at: None,
        client_ip: Some("192.0.2.1".parse().unwrap()),
    }
}

fn files(directory: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap()))
        .collect();
    files.sort();
    files
}

#[derive(Default)]
struct Seen {
    groups: BTreeMap<String, Vec<String>>,
    count: usize,
}

impl Seen {
    fn event(&mut self, name: &str, payload: &[u8]) {
        let peek = peek(payload).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        if peek.kind != ItemKind::Event {
            println!("{name}: {}", peek.kind.name());
            return;
        }
        let event = model::json::parse(payload).unwrap();
        self.occurrence(name, normalise(event, &received(peek.event_id)));
    }

    fn occurrence(&mut self, name: &str, mut occurrence: Occurrence) {
        scrub(&mut occurrence, &Rules::default());
        let line = serde_json::to_string(&occurrence).unwrap();
        assert_eq!(
            serde_json::from_str::<Occurrence>(&line).unwrap(),
            occurrence,
            "{name}: reading gives what was written"
        );
        let grouping = group(&occurrence);
        let (explained, explanation) = explain(&occurrence);
        assert_eq!(explained, grouping, "{name}");
        assert!(!grouping.title.is_empty(), "{name}");
        self.count += 1;
        println!("{name}\n    {} | {}", grouping.title, occurrence.culprit.as_deref().unwrap_or("-"));
        let frames: usize =
            occurrence.exceptions.iter().flat_map(|e| &e.stacktrace).map(|stack| stack.frames.len()).sum();
        let variants: Vec<_> = explanation.variants.iter().map(|variant| variant.name).collect();
        println!("    {} {variants:?} exceptions {} frames {frames}", explanation.basis, occurrence.exceptions.len());
        for problem in &occurrence.errors {
            let value = problem.value.to_string();
            println!(
                "    ! {} {}: {} ({})",
                problem.kind,
                problem.name,
                problem.reason,
                &value[..value.floor_char_boundary(60)]
            );
        }
        for path in &occurrence.scrubbed {
            println!("    x {path}");
        }
        if !occurrence.other.is_empty() {
            println!("    other {:?}", occurrence.other.keys().collect::<Vec<_>>());
        }
        if std::env::var_os("FAULTLINE_EXPLAIN").is_some_and(|wanted| name.contains(&*wanted.to_string_lossy())) {
            println!("{}", serde_json::to_string_pretty(&explanation).unwrap());
        }
        for hash in &grouping.hashes {
            let names = self.groups.entry(hash.to_string()).or_default();
            names.push(format!("{name} [{}]", grouping.title));
        }
    }
}

#[test]
#[ignore = "needs a directory of real events"]
fn every_real_event_is_accepted_and_grouped() {
    let root = std::env::var_os("FAULTLINE_FIXTURES").expect("FAULTLINE_FIXTURES names a directory");
    let root = Path::new(&root);
    let mut seen = Seen::default();
    for (name, bytes) in files(&root.join("events")) {
        seen.event(&name, &bytes);
    }
    for (name, bytes) in files(&root.join("envelopes")) {
        let envelope = Envelope::parse(&bytes).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        for refusal in &envelope.refused {
            println!("{name}: refused: {refusal}");
        }
        for item in &envelope.items {
            println!("{name} #{} {} {} bytes", item.index, item.kind.name(), item.size);
            if item.kind == ItemKind::Event {
                match peek(&item.payload) {
                    Ok(_) => seen.event(&name, &item.payload),
                    Err(refusal) => println!("    refused: {refusal}"),
                }
            }
        }
    }
    for (name, bytes) in files(&root.join("security")) {
        for report in security::parse(&bytes).unwrap().0 {
            seen.occurrence(&name, security::normalise(report, &received(None), &security::Sender::default()));
        }
    }
    println!("\n{} events; groups of more than one:", seen.count);
    for (hash, names) in seen.groups.iter().filter(|(_, names)| names.len() > 1) {
        println!("{hash}\n    {}", names.join("\n    "));
    }
}
