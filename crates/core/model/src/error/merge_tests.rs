use proptest::prelude::*;

use super::Has;
use super::*;
use crate::id::EventId;
use crate::occurrence::{Level, Source};

const UNIT: TimeUnit = TimeUnit::Minute;

fn print(n: u8) -> Fingerprint {
    Fingerprint::of("m", [n.to_string().as_str()])
}

fn sighting(of: u8, seconds: i64) -> Sighting {
    let moment = Timestamp::from_seconds(seconds);
    let mut occurrence = Occurrence::new(EventId::from_bytes([0; 16]), Source::V1, moment, moment);
    occurrence.kind = format!("{of} at {seconds}");
    occurrence.environment = Some(format!("{of}'s"));
    occurrence.release = (seconds % 3 > 0).then(|| format!("{of}.{seconds}"));
    Sighting::of(&occurrence, &format!("message of {of}"))
}

/// Error `n`, seen at these seconds.
fn error(n: u8, seconds: &[i64]) -> ErrorAggregate {
    let now = Timestamp::from_seconds(0);
    let uid = ErrorUid::new(now, u128::from(n));
    let mut error = ErrorAggregate::new(ProjectId::new(1).unwrap(), print(n), uid, now);
    for &seconds in seconds {
        error.observe(UNIT, [&sighting(n, seconds)]);
    }
    error
}

fn alone(error: &ErrorAggregate) -> Family {
    Family { whole: error.clone(), parts: Vec::new() }
}

fn merged(all: &[ErrorAggregate]) -> Family {
    let mut family = alone(&all[0]);
    for other in &all[1..] {
        family.merge(alone(other)).unwrap();
    }
    family
}

#[test]
fn totals_are_the_sums_and_the_name_stays() {
    let family = merged(&[error(1, &[60, 120]), error(2, &[30, 600, 601]), error(3, &[90])]);
    let whole = &family.whole;
    assert_eq!((whole.count, whole.first_seen.seconds(), whole.last_seen.seconds()), (6, 30, 601));
    assert_eq!((whole.kind.as_str(), whole.message.as_str()), ("1 at 120", "message of 1"));
    assert_eq!(whole.environment.as_deref(), Some("2's"), "of the newest occurrence");
    assert_eq!((whole.first_release.as_deref(), whole.last_release.as_deref()), (None, Some("2.601")));
    let incarnations: Vec<_> = whole.uids().collect();
    assert_eq!(incarnations, [1, 2, 3].map(|n| error(n, &[]).uid));
    assert!(family.parts.iter().all(|part| part.merged_into == Some(print(1)) && whole.has_part(part)));
    assert_eq!(family.parts[0].count, 3, "a part goes on as if alone");
}

/// What is counted is of all; what is said of the newest occurrence, or of the oldest, is of the newest and oldest of all.
#[test]
fn figures_are_of_all_incarnations() {
    let seen = |n: u8, seconds: i64| {
        let moment = Timestamp::from_seconds(seconds);
        let mut occurrence = Occurrence::new(EventId::from_bytes([0; 16]), Source::V1, moment, moment);
        occurrence.tags.insert("of".to_owned(), n.to_string());
        occurrence.user.insert("id".to_owned(), n.to_string().into());
        occurrence.release = Some(format!("{n}.0"));
        (occurrence.platform, occurrence.level) =
            (format!("p{n}"), [Level::Error, Level::Warning, Level::Fatal][n as usize]);
        let mut error = error(n, &[]);
        error.observe(UNIT, [&Sighting::of(&occurrence, "m")]);
        error
    };
    // The first is neither the oldest nor the newest.
    let whole = merged(&[seen(0, 7_200), seen(1, 36_000), seen(2, 60)]).whole;
    assert_eq!((whole.platform.as_str(), whole.level), ("p1", Level::Warning));
    assert_eq!((whole.first_release.as_deref(), whole.last_release.as_deref()), (Some("2.0"), Some("1.0")));
    assert_eq!(whole.users.count(), 3);
    assert!(["0", "1", "2"].into_iter().all(|n| whole.tags.has("of", n) == Has::Yes));
    let hours: Vec<_> = whole.hours.counts().filter(|(_, count)| *count > 0).map(|(_, count)| count).collect();
    assert_eq!(hours, [1; 3]);
}

/// What an error says of itself is not enough to be a part, nor is it to be listed as one.
#[test]
fn a_part_and_its_whole_name_each_other() {
    let family = merged(&[error(1, &[60]), error(2, &[90])]);
    let (whole, part) = (&family.whole, &family.parts[0]);
    assert!(whole.has_part(part));
    assert!(!whole.has_part(&ErrorAggregate { uid: error(9, &[]).uid, ..part.clone() }), "another incarnation");
    assert!(!whole.has_part(&ErrorAggregate { merged_into: None, ..part.clone() }));
    assert!(!whole.has_part(&ErrorAggregate { merged_into: Some(print(3)), ..part.clone() }));
    assert!(!error(1, &[60]).has_part(part));
}

/// A part that expired sooner than the whole would come back as a new error; so would one that came along with it.
#[test]
fn all_lives_are_kept_as_long_as_the_one_that_is_kept_the_longest() {
    let until =
        |n: u8, seconds: i64| ErrorAggregate { expires_at: Timestamp::from_seconds(seconds), ..error(n, &[60]) };
    let mut family = merged(&[until(1, 500), until(2, 300)]);
    family.merge(merged(&[until(3, 100), until(4, 900)])).unwrap();
    let kept_until = |family: &Family| family.whole.merged.as_ref().unwrap().kept_until.seconds();
    let expiries = family.clone().into_incarnations().map(|incarnation| incarnation.expires_at.seconds());
    assert_eq!((expiries.collect::<Vec<_>>(), kept_until(&family)), (vec![900; 4], 900));
    assert_eq!(kept_until(&family.split(&print(3)).unwrap()), 900, "what leaves with its parts has kept them");
}

#[test]
fn a_resolved_error_stays_so_until_an_occurrence_of_either_comes() {
    let mut resolved = error(1, &[60]);
    (resolved.status, resolved.status_at) = (Status::Resolved, Timestamp::from_seconds(100));
    let mut family = merged(&[resolved, error(2, &[90])]);
    assert_eq!(family.whole.status, Status::Resolved);
    family.whole.observe_part(UNIT, [&sighting(2, 101)]);
    assert_eq!((family.whole.status, family.whole.status_at.seconds()), (Status::Unresolved, 101));
    assert_eq!(family.whole.message, "message of 1");
}

/// What a mute waits for are occurrences to come, not those that merging brings.
#[test]
fn a_mute_is_for_as_many_more_as_before() {
    let mut muted = error(1, &[60]);
    (muted.status, muted.mute) = (Status::Muted, Some(Mute { until: None, until_count: Some(3) }));
    let mut family = merged(&[muted, error(2, &[90, 91, 92])]);
    assert_eq!((family.whole.count, family.whole.mute.unwrap().until_count), (4, Some(6)));
    family.split(&print(2)).unwrap();
    assert_eq!((family.whole.count, family.whole.mute.unwrap().until_count), (1, Some(3)));
}

/// What was merged into an error comes along, and undoing gives back what was merged.
#[test]
fn an_error_brings_its_parts_along_and_takes_them_with_it() {
    let mut second = merged(&[error(2, &[20]), error(3, &[30, 31])]);
    second.merge(merged(&[error(4, &[40]), error(5, &[50])])).unwrap();
    let mut family = merged(&[error(1, &[10]), error(6, &[60])]);
    family.merge(second.clone()).unwrap();
    assert_eq!((family.whole.count, family.parts.len()), (7, 5));
    assert!(family.parts.iter().all(|part| part.merged.is_none() && part.merged_into == Some(print(1))));

    let mut without_four = family.clone();
    let four = without_four.split(&print(4)).unwrap();
    assert_eq!((four.whole.count, four.parts.len(), without_four.whole.count), (2, 1, 5));
    assert_eq!(family.split(&print(2)), Some(second));
    assert_eq!((family.whole.count, family.parts.len()), (2, 1));
    assert_eq!(family.split(&print(2)), None, "it is no part any more");
    assert_eq!(family.split(&print(6)).unwrap(), alone(&error(6, &[60])));
    assert_eq!(family, alone(&error(1, &[10])));
}

#[test]
fn an_error_is_made_of_at_most_fifty() {
    let mut family = merged(&(1..=50).map(|n| error(n, &[60])).collect::<Vec<_>>());
    let refused = family.merge(alone(&error(51, &[60]))).unwrap_err();
    assert!(refused.to_string().contains("at most 50") && refused.to_string().contains("51"), "{refused}");
}

/// A part that expired, and one whose hash has become another incarnation, are dropped.
#[test]
fn a_part_that_is_gone_is_dropped() {
    let family = merged(&[error(1, &[60]), error(2, &[90]), error(3, &[10])]);
    let mut stored = family.parts.clone();
    stored[0].uid = error(9, &[]).uid;
    let left = Family::new(family.whole.clone(), stored);
    assert_eq!(left, merged(&[error(1, &[60]), error(3, &[10])]));
    assert_eq!(Family::new(family.whole, Vec::new()), alone(&error(1, &[60])));
}

#[test]
fn parts_have_a_text_form() {
    let parts = merged(&[error(1, &[]), error(2, &[])]).whole.merged.unwrap().parts;
    assert_eq!(Part::parse_all(&Part::write_all(&parts)).unwrap(), parts);
    assert!(Part::parse_all("{}").unwrap_err().to_string().contains("parts"));
}

/// What happens to the errors 0 to 3.
#[derive(Clone, Debug)]
enum Step {
    Seen(u8, i64),
    Merge(u8, u8),
    Split(u8),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let error = 0..4u8;
    let step = prop_oneof![
        3 => (error.clone(), 0..2_000i64).prop_map(|(of, seconds)| Step::Seen(of, seconds)),
        2 => (error.clone(), error.clone()).prop_map(|(into, other)| Step::Merge(into, other)),
        1 => error.prop_map(Step::Split),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    /// Undoing is exact: when all is taken apart, each error is what it would be had nothing ever been merged; and on
    /// the way totals are the sums of what each would be alone.
    #[test]
    fn undoing_gives_what_would_be_without(steps in steps()) {
        let mut never: Vec<_> = (0..4).map(|n| error(n, &[100 + i64::from(n)])).collect();
        let mut families: Vec<_> = never.iter().map(alone).collect();
        for step in steps {
            match step {
                Step::Seen(of, seconds) => {
                    let sighting = sighting(of, seconds);
                    never[of as usize].observe(UNIT, [&sighting]);
                    let is_it = |incarnation: &ErrorAggregate| incarnation.fingerprint == print(of);
                    for family in &mut families {
                        if is_it(&family.whole) {
                            family.whole.observe(UNIT, [&sighting]);
                        }
                        if let Some(part) = family.parts.iter_mut().find(|incarnation| is_it(incarnation)) {
                            part.observe(UNIT, [&sighting]);
                            family.whole.observe_part(UNIT, [&sighting]);
                        }
                    }
                }
                Step::Merge(into, other) => {
                    let place = |families: &[Family], n| families.iter().position(|family| {
                        family.whole.fingerprint == print(n)
                    });
                    if into != other && place(&families, into).is_some() && let Some(other) = place(&families, other) {
                        let other = families.remove(other);
                        let into = place(&families, into).unwrap();
                        families[into].merge(other).unwrap();
                    }
                }
                Step::Split(n) => {
                    let split: Vec<_> = families.iter_mut().filter_map(|family| family.split(&print(n))).collect();
                    families.extend(split);
                }
            }
            for family in &families {
                let incarnations: Vec<_> = family.whole.uids().collect();
                let of = |error: &&ErrorAggregate| incarnations.contains(&error.uid);
                prop_assert_eq!(family.whole.count, never.iter().filter(of).map(|error| error.count).sum::<u64>());
                prop_assert_eq!(
                    Some(family.whole.last_seen), never.iter().filter(of).map(|error| error.last_seen).max()
                );
                prop_assert_eq!(family.parts.len() + 1, incarnations.len());
                prop_assert_eq!(&Family::new(family.whole.clone(), family.parts.clone()), family);
            }
        }
        for n in 0..4 {
            let split: Vec<_> = families.iter_mut().filter_map(|family| family.split(&print(n))).collect();
            families.extend(split);
        }
        // What was merged into others that were split comes along; another round takes that apart too.
        for _ in 0..4 {
            let parts: Vec<_> = families.iter().flat_map(|family| family.parts.iter().map(|part| part.fingerprint)).collect();
            for part in parts {
                let split: Vec<_> = families.iter_mut().filter_map(|family| family.split(&part)).collect();
                families.extend(split);
            }
        }
        families.sort_by_key(|family| family.whole.uid);
        prop_assert_eq!(families, never.iter().map(alone).collect::<Vec<_>>());
    }
}
