//! Deciding whom to notify about a commit: each rule of a project is applied to an error before and after it.

use divan::{Bencher, black_box};
use model::error::{ErrorAggregate, Sighting};
use model::id::{ErrorUid, Fingerprint, ProjectId};
use model::project::{Tier, TimeUnit};
use model::time::Timestamp;
use rules::{Rule, Rules};
use serde_json::json;

use crate::samples;

/// Numbers of rules in the project; the limit is 50.
const RULES: [usize; 3] = [1, 5, 50];

fn rules(count: usize) -> Rules {
    let rule = |number: usize| {
        json!({ "id": format!("rule-{number}"), "on": ["first", "regression", "threshold"], "threshold": 30, "interval": 5,
            "environments": ["production", "live-test"], "levels": ["error", "fatal"], "releases": ["shop@*"], "title": "*order*",
            "quiet": { "from": "22:00", "to": "07:00", "timezone": "Europe/Berlin", "days": ["sat", "sun"] },
            "to": [{ "type": "slack", "endpoint": "https://hooks.slack.com/services/T/B/x" }] })
    };
    Rules::parse(&json!({ "rules": (0..count).map(rule).collect::<Vec<_>>() })).expect("the rules are valid")
}

/// Returns an error before and after a commit of 100 occurrences.
fn commit() -> (ErrorAggregate, ErrorAggregate) {
    let occurrence = samples::scrubbed("python/rich");
    let now = Timestamp::from_seconds(1_795_000_000);
    let uid = ErrorUid::new(now, 7);
    let project = ProjectId::new(1).expect("1 is a valid project number");
    let mut before = ErrorAggregate::new(project, Fingerprint::of("m", []), uid, now);
    let sightings: Vec<_> = (0..100).map(|_| Sighting::of(&occurrence, "order 17 is missing")).collect();
    before.observe(TimeUnit::Minute, &sightings[..1]);
    let mut after = before.clone();
    after.observe(TimeUnit::Minute, &sightings);
    (before, after)
}

#[divan::bench(args = RULES)]
fn decide(bencher: Bencher<'_, '_>, count: usize) {
    let (rules, (before, after)) = (rules(count), commit());
    bencher.bench_local(|| {
        let decided = |rule: &Rule| {
            rule.decide(black_box(Some(&before)), black_box(&after), Tier::Standard, after.last_seen).len()
        };
        rules.rules.iter().map(decided).sum::<usize>()
    });
}

/// Counting 100 occurrences of a commit on their error.
#[divan::bench]
fn observe_a_hundred(bencher: Bencher<'_, '_>) {
    let (before, _) = commit();
    let occurrence = samples::scrubbed("python/rich");
    let sightings: Vec<_> = (0..100).map(|_| Sighting::of(&occurrence, "order 17 is missing")).collect();
    bencher.with_inputs(|| before.clone()).bench_local_refs(|error| error.observe(TimeUnit::Minute, &sightings));
}
