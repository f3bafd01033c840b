//! Thresholds, compared with a model that sees one occurrence after another.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::rule;
use super::stories::{UNIT, minute, new_error};
use crate::rule::Rule;
use crate::{Trigger, posted};
use model::error::Sighting;
use model::id::EventId;
use model::occurrence::{Occurrence, Source};
use model::project::Tier;

const EVENTS: usize = 10_000;
const THRESHOLD: u64 = 30;
const INTERVAL: u64 = 5;

fn sighting(at: i64) -> Sighting {
    let moment = minute(at);
    Sighting::of(&Occurrence::new(EventId::from_bytes([0; 16]), Source::V1, moment, moment), "m")
}

/// The minutes of the events in each batch. Time passes steadily, and an event can be up to four minutes late.
fn batches() -> impl Strategy<Value = Vec<Vec<i64>>> {
    let sizes = prop::collection::vec(prop_oneof![4 => 1..12_usize, 2 => 12..200_usize, 1 => 200..1_500_usize], 1..400);
    let pace = 20..2_000_i64;
    let late = prop::collection::vec(prop_oneof![6 => Just(0_i64), 2 => 0..2_i64, 1 => 0..5_i64], EVENTS);
    (sizes, pace, late).prop_map(|(sizes, pace, late)| {
        let mut minutes = late.into_iter().enumerate().map(|(index, late)| (index as i64 / pace - late).max(0));
        let mut batches: Vec<Vec<i64>> = sizes
            .into_iter()
            .cycle()
            .scan((), |(), size| {
                let batch: Vec<_> = minutes.by_ref().take(size).collect();
                (!batch.is_empty()).then_some(batch)
            })
            .collect();
        batches.iter_mut().for_each(|batch| batch.sort_unstable());
        batches
    })
}

/// The expected reports of each batch, counted one by one: for each minute whose count reached a multiple during the
/// batch, the count of that minute at the end of the batch.
fn model(batches: &[Vec<i64>], first_is_sent: bool) -> Vec<Vec<(i64, u64)>> {
    let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
    let of_batch = |(index, batch): (usize, &Vec<i64>)| {
        let mut crossed = BTreeMap::new();
        for &at in batch {
            let count = counts.entry(at).or_default();
            *count += 1;
            if *count >= THRESHOLD && count.is_multiple_of(INTERVAL) {
                crossed.insert(at, ());
            }
        }
        let sent = crossed.keys().map(|at| (*at, counts[at])).collect();
        if index == 0 && first_is_sent { Vec::new() } else { sent }
    };
    batches.iter().enumerate().map(of_batch).collect()
}

fn decided(rule: &Rule, batches: &[Vec<i64>]) -> (Vec<Vec<(i64, u64)>>, usize) {
    let (mut old, mut firsts, mut sent) = (None, 0, Vec::new());
    for batch in batches {
        let mut new = old.clone().unwrap_or_else(|| new_error(1));
        let sightings: Vec<_> = batch.iter().map(|&at| sighting(at)).collect();
        new.observe(UNIT, &sightings);
        let mut of_batch = Vec::new();
        for decision in rule.decide(old.as_ref(), &new, Tier::Standard, minute(0)) {
            match decision.trigger {
                Trigger::First => firsts += 1,
                Trigger::Threshold { count, start, .. } => {
                    of_batch.push(((start.seconds() - minute(0).seconds()) / 60, count))
                }
                other => panic!("{other:?}"),
            }
        }
        sent.push(of_batch);
        old = Some(new);
    }
    (sent, firsts)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    /// 10,000 events with threshold 30 and interval 5 in random batches give exactly the messages that the rule
    /// describes.
    #[test]
    fn decisions_are_those_of_one_by_one_collapsed_per_batch(batches in batches()) {
        prop_assert_eq!(batches.iter().map(Vec::len).sum::<usize>(), EVENTS);
        let own = rule(&json!({ "on": ["threshold"], "threshold": THRESHOLD, "interval": INTERVAL }));
        prop_assert_eq!(decided(&own, &batches), (model(&batches, false), 0));
        let config = json!({ "type": "slack", "endpoint": "https://hooks.slack.com/x", "threshold": THRESHOLD, "notifyInterval": INTERVAL });
        let posted = posted::rule(&config, 0).unwrap();
        prop_assert_eq!(decided(&posted, &batches), (model(&batches, true), 1));
    }
}
