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

fn alone(error: &ErrorAggregate) -> MergeFamily {
    MergeFamily { target: error.clone(), merged_errors: Vec::new() }
}

fn merged(all: &[ErrorAggregate]) -> MergeFamily {
    let mut family = alone(&all[0]);
    for other in &all[1..] {
        family.merge(alone(other)).unwrap();
    }
    family
}

#[test]
fn totals_are_the_sums_and_the_name_stays() {
    let family = merged(&[error(1, &[60, 120]), error(2, &[30, 600, 601]), error(3, &[90])]);
    let target = &family.target;
    assert_eq!((target.count, target.first_seen.seconds(), target.last_seen.seconds()), (6, 30, 601));
    assert_eq!((target.kind.as_str(), target.message.as_str()), ("1 at 120", "message of 1"));
    assert_eq!(target.environment.as_deref(), Some("2's"), "of the newest occurrence");
    assert_eq!((target.first_release.as_deref(), target.last_release.as_deref()), (None, Some("2.601")));
    let incarnations: Vec<_> = target.uids().collect();
    assert_eq!(incarnations, [1, 2, 3].map(|n| error(n, &[]).uid));
    assert!(
        family
            .merged_errors
            .iter()
            .all(|merged_error| merged_error.merged_into == Some(print(1)) && target.has_merged(merged_error))
    );
    assert_eq!(family.merged_errors[0].count, 3, "a merged error goes on as if alone");
}

/// Counts are sums over all errors. Values of the newest or oldest occurrence are those of the newest or oldest of all.
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
    let target = merged(&[seen(0, 7_200), seen(1, 36_000), seen(2, 60)]).target;
    assert_eq!((target.platform.as_str(), target.level), ("p1", Level::Warning));
    assert_eq!((target.first_release.as_deref(), target.last_release.as_deref()), (Some("2.0"), Some("1.0")));
    assert_eq!(target.users.count(), 3);
    assert!(["0", "1", "2"].into_iter().all(|n| target.tags.has("of", n) == Has::Yes));
    let hours: Vec<_> = target.hours.counts().filter(|(_, count)| *count > 0).map(|(_, count)| count).collect();
    assert_eq!(hours, [1; 3]);
}

/// Claiming to be merged does not make an error a merged error, and neither does being listed as one: both are needed.
#[test]
fn a_merged_error_and_its_target_name_each_other() {
    let family = merged(&[error(1, &[60]), error(2, &[90])]);
    let (target, merged_error) = (&family.target, &family.merged_errors[0]);
    assert!(target.has_merged(merged_error));
    assert!(
        !target.has_merged(&ErrorAggregate { uid: error(9, &[]).uid, ..merged_error.clone() }),
        "another incarnation"
    );
    assert!(!target.has_merged(&ErrorAggregate { merged_into: None, ..merged_error.clone() }));
    assert!(!target.has_merged(&ErrorAggregate { merged_into: Some(print(3)), ..merged_error.clone() }));
    assert!(!error(1, &[60]).has_merged(merged_error));
}

/// If a merged error expired before its target, it would come back as a new error; so would one that came along with
/// it.
#[test]
fn all_errors_are_kept_as_long_as_the_one_that_is_kept_the_longest() {
    let until =
        |n: u8, seconds: i64| ErrorAggregate { expires_at: Timestamp::from_seconds(seconds), ..error(n, &[60]) };
    let mut family = merged(&[until(1, 500), until(2, 300)]);
    family.merge(merged(&[until(3, 100), until(4, 900)])).unwrap();
    let kept_until = |family: &MergeFamily| family.target.merged.as_ref().unwrap().kept_until.seconds();
    let expiries = family.clone().into_incarnations().map(|incarnation| incarnation.expires_at.seconds());
    assert_eq!((expiries.collect::<Vec<_>>(), kept_until(&family)), (vec![900; 4], 900));
    assert_eq!(
        kept_until(&family.split(&print(3)).unwrap()),
        900,
        "an error that is split off keeps its own merged errors as long"
    );
}

#[test]
fn a_resolved_error_stays_so_until_an_occurrence_of_either_comes() {
    let mut resolved = error(1, &[60]);
    (resolved.status, resolved.status_at) = (Status::Resolved, Timestamp::from_seconds(100));
    let mut family = merged(&[resolved, error(2, &[90])]);
    assert_eq!(family.target.status, Status::Resolved);
    family.target.observe_of_merged(UNIT, [&sighting(2, 101)]);
    assert_eq!((family.target.status, family.target.status_at.seconds()), (Status::Unresolved, 101));
    assert_eq!(family.target.message, "message of 1");
}

/// A mute waits for occurrences to come, not for those that a merge brings.
#[test]
fn a_mute_is_for_as_many_more_as_before() {
    let mut muted = error(1, &[60]);
    (muted.status, muted.mute) = (Status::Muted, Some(Mute { until: None, until_count: Some(3) }));
    let mut family = merged(&[muted, error(2, &[90, 91, 92])]);
    assert_eq!((family.target.count, family.target.mute.unwrap().until_count), (4, Some(6)));
    family.split(&print(2)).unwrap();
    assert_eq!((family.target.count, family.target.mute.unwrap().until_count), (1, Some(3)));
}

/// Errors that were merged into an error come along with it, and leave with it when it is split off.
#[test]
fn merged_errors_come_along_and_leave_together() {
    let mut second = merged(&[error(2, &[20]), error(3, &[30, 31])]);
    second.merge(merged(&[error(4, &[40]), error(5, &[50])])).unwrap();
    let mut family = merged(&[error(1, &[10]), error(6, &[60])]);
    family.merge(second.clone()).unwrap();
    assert_eq!((family.target.count, family.merged_errors.len()), (7, 5));
    assert!(
        family
            .merged_errors
            .iter()
            .all(|merged_error| merged_error.merged.is_none() && merged_error.merged_into == Some(print(1)))
    );

    let mut without_four = family.clone();
    let four = without_four.split(&print(4)).unwrap();
    assert_eq!((four.target.count, four.merged_errors.len(), without_four.target.count), (2, 1, 5));
    assert_eq!(family.split(&print(2)), Some(second));
    assert_eq!((family.target.count, family.merged_errors.len()), (2, 1));
    assert_eq!(family.split(&print(2)), None, "it is not merged any more");
    assert_eq!(family.split(&print(6)).unwrap(), alone(&error(6, &[60])));
    assert_eq!(family, alone(&error(1, &[10])));
}

#[test]
fn an_error_is_made_of_at_most_fifty() {
    let mut family = merged(&(1..=50).map(|n| error(n, &[60])).collect::<Vec<_>>());
    let refused = family.merge(alone(&error(51, &[60]))).unwrap_err();
    assert!(refused.to_string().contains("at most 50") && refused.to_string().contains("51"), "{refused}");
}

/// A merged error that expired is dropped, and so is one whose fingerprint now belongs to another incarnation.
#[test]
fn a_merged_error_that_is_gone_is_dropped() {
    let family = merged(&[error(1, &[60]), error(2, &[90]), error(3, &[10])]);
    let mut stored = family.merged_errors.clone();
    stored[0].uid = error(9, &[]).uid;
    let left = MergeFamily::new(family.target.clone(), stored);
    assert_eq!(left, merged(&[error(1, &[60]), error(3, &[10])]));
    assert_eq!(MergeFamily::new(family.target, Vec::new()), alone(&error(1, &[60])));
}

#[test]
fn merged_errors_have_a_text_form() {
    let merged_errors = merged(&[error(1, &[]), error(2, &[])]).target.merged.unwrap().merged_errors;
    assert_eq!(MergedError::parse_all(&MergedError::write_all(&merged_errors)).unwrap(), merged_errors);
    assert!(MergedError::parse_all("{}").unwrap_err().to_string().contains("parts"));
}

/// Things that happen to the errors 0 to 3.
#[derive(Clone, Debug)]
enum MergeStep {
    Seen(u8, i64),
    Merge(u8, u8),
    Split(u8),
}

fn steps() -> impl Strategy<Value = Vec<MergeStep>> {
    let error = 0..4u8;
    let step = prop_oneof![
        3 => (error.clone(), 0..2_000i64).prop_map(|(of, seconds)| MergeStep::Seen(of, seconds)),
        2 => (error.clone(), error.clone()).prop_map(|(into, other)| MergeStep::Merge(into, other)),
        1 => error.prop_map(MergeStep::Split),
    ];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    /// Unmerging is exact: when everything is split, each error is as if nothing had ever been merged; and on the way,
    /// totals are the sums of what each error would have alone.
    #[test]
    fn undoing_gives_what_would_be_without(steps in steps()) {
        let mut never: Vec<_> = (0..4).map(|n| error(n, &[100 + i64::from(n)])).collect();
        let mut families: Vec<_> = never.iter().map(alone).collect();
        for step in steps {
            match step {
                MergeStep::Seen(of, seconds) => {
                    let sighting = sighting(of, seconds);
                    never[of as usize].observe(UNIT, [&sighting]);
                    let is_it = |incarnation: &ErrorAggregate| incarnation.fingerprint == print(of);
                    for family in &mut families {
                        if is_it(&family.target) {
                            family.target.observe(UNIT, [&sighting]);
                        }
                        if let Some(merged_error) = family.merged_errors.iter_mut().find(|incarnation| is_it(incarnation)) {
                            merged_error.observe(UNIT, [&sighting]);
                            family.target.observe_of_merged(UNIT, [&sighting]);
                        }
                    }
                }
                MergeStep::Merge(into, other) => {
                    let place = |families: &[MergeFamily], n| families.iter().position(|family| {
                        family.target.fingerprint == print(n)
                    });
                    if into != other && place(&families, into).is_some() && let Some(other) = place(&families, other) {
                        let other = families.remove(other);
                        let into = place(&families, into).unwrap();
                        families[into].merge(other).unwrap();
                    }
                }
                MergeStep::Split(n) => {
                    let split: Vec<_> = families.iter_mut().filter_map(|family| family.split(&print(n))).collect();
                    families.extend(split);
                }
            }
            for family in &families {
                let incarnations: Vec<_> = family.target.uids().collect();
                let of = |error: &&ErrorAggregate| incarnations.contains(&error.uid);
                prop_assert_eq!(family.target.count, never.iter().filter(of).map(|error| error.count).sum::<u64>());
                prop_assert_eq!(
                    Some(family.target.last_seen), never.iter().filter(of).map(|error| error.last_seen).max()
                );
                prop_assert_eq!(family.merged_errors.len() + 1, incarnations.len());
                prop_assert_eq!(&MergeFamily::new(family.target.clone(), family.merged_errors.clone()), family);
            }
        }
        for n in 0..4 {
            let split: Vec<_> = families.iter_mut().filter_map(|family| family.split(&print(n))).collect();
            families.extend(split);
        }
        // Errors that were merged into others come along when those are split off. Further rounds split them too.
        for _ in 0..4 {
            let merged_errors: Vec<_> = families.iter().flat_map(|family| family.merged_errors.iter().map(|merged_error| merged_error.fingerprint)).collect();
            for merged_error in merged_errors {
                let split: Vec<_> = families.iter_mut().filter_map(|family| family.split(&merged_error)).collect();
                families.extend(split);
            }
        }
        families.sort_by_key(|family| family.target.uid);
        prop_assert_eq!(families, never.iter().map(alone).collect::<Vec<_>>());
    }
}
