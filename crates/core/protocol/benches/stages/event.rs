//! The work of the processor on an event: parse, normalise, scrub, group (compute the fingerprint), serialise.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use grouping::{explain, group, parameterise};
use model::json::{self, Map, Value};
use protocol::sentry::normalise;
use scrub::{Rules, scrub};

use crate::samples::{self, normalised, parsed, received, scrubbed};

fn bytes(name: &str) -> BytesCount {
    BytesCount::new(samples::event(name).len())
}

#[divan::bench(args = samples::ALL)]
fn whole(bencher: Bencher<'_, '_>, name: &str) {
    let body = samples::event(name);
    let rules = Rules::default();
    bencher.counter(bytes(name)).bench_local(|| {
        let event = json::parse(black_box(&body)).expect("samples are JSON");
        let mut occurrence = normalise(event, &received());
        scrub(&mut occurrence, &rules);
        let grouping = group(&occurrence);
        (serde_json::to_vec(&occurrence).expect("occurrences have only string keys"), grouping)
    });
}

#[divan::bench(args = samples::ALL)]
fn parse(bencher: Bencher<'_, '_>, name: &str) {
    let body = samples::event(name);
    bencher.counter(bytes(name)).bench_local(|| json::parse::<Map<String, Value>>(black_box(&body)));
}

#[divan::bench(name = "normalise", args = samples::ALL)]
fn normalise_it(bencher: Bencher<'_, '_>, name: &str) {
    let event = parsed(name);
    let inputs = || event.clone();
    bencher.counter(bytes(name)).with_inputs(inputs).bench_local_values(|event| normalise(event, &received()));
}

#[divan::bench(name = "scrub", args = samples::ALL)]
fn scrub_it(bencher: Bencher<'_, '_>, name: &str) {
    let occurrence = normalised(name);
    let rules = Rules::default();
    let inputs = || occurrence.clone();
    bencher.counter(bytes(name)).with_inputs(inputs).bench_local_refs(|occurrence| scrub(occurrence, &rules));
}

#[divan::bench(args = samples::ALL)]
fn fingerprint(bencher: Bencher<'_, '_>, name: &str) {
    let occurrence = scrubbed(name);
    bencher.counter(bytes(name)).bench_local(|| group(black_box(&occurrence)));
}

#[divan::bench(args = samples::ALL)]
fn serialise(bencher: Bencher<'_, '_>, name: &str) {
    let occurrence = scrubbed(name);
    bencher.counter(bytes(name)).bench_local(|| serde_json::to_vec(black_box(&occurrence)));
}

/// The explanation that `faultline explain` and the web pages show.
#[divan::bench(name = "explain", args = samples::ALL)]
fn explain_it(bencher: Bencher<'_, '_>, name: &str) {
    let occurrence = scrubbed(name);
    bencher.counter(bytes(name)).bench_local(|| explain(black_box(&occurrence)));
}

#[divan::bench]
fn parameterise_a_message(bencher: Bencher<'_, '_>) {
    let text = "order 4711 of ann@example.com failed at 2024-01-02T03:04:05Z on web-1.example.com: timeout after 30s (id 7c1811ed-e98f-4c9c-a9f9-58c757ff494f)";
    bencher.bench_local(|| parameterise(black_box(text)).into_owned());
}
