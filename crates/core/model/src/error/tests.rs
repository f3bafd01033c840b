use super::*;
use crate::id::EventId;
use crate::occurrence::Source;

const MINUTE: TimeUnit = TimeUnit::Minute;

pub(super) fn occurrence(seconds: i64) -> Occurrence {
    let moment = Timestamp::from_seconds(seconds);
    Occurrence::new(EventId::from_bytes([0; 16]), Source::V1, moment, moment)
}

pub(super) fn at(seconds: i64, release: &str) -> Sighting {
    let mut occurrence = occurrence(seconds);
    occurrence.release = Some(release.to_owned());
    occurrence.environment = Some(format!("{release}'s"));
    occurrence.kind = release.to_owned();
    Sighting::of(&occurrence, "m")
}

pub(super) fn new() -> ErrorAggregate {
    let now = Timestamp::from_seconds(0);
    ErrorAggregate::new(ProjectId::new(1).unwrap(), Fingerprint::of("m", []), ErrorUid::new(now, 1), now)
}

/// Commits one occurrence for each of these seconds.
fn commit(error: &mut ErrorAggregate, unit: TimeUnit, seconds: &[i64]) {
    let sightings: Vec<_> = seconds.iter().map(|&seconds| at(seconds, "r")).collect();
    error.observe(unit, &sightings);
    let figures = Figures::of(error);
    assert_eq!(Figures::unpack(&figures.pack()).unwrap(), figures);
}

/// The minutes (or hours, or days) since 1970, with their counts.
fn counts(error: &ErrorAggregate) -> Vec<(i64, u64)> {
    let length = error.threshold_windows.unit().seconds();
    error.threshold_windows.counts().map(|(start, count)| (start.seconds() / length, count)).collect()
}

#[test]
fn first_and_last_follow_the_events_own_times_in_whatever_order_they_come() {
    let mut error = new();
    error.observe(MINUTE, &[at(20, "b"), at(30, "c"), at(10, "a")]);
    assert_eq!(error.count, 3);
    assert_eq!((error.first_seen.seconds(), error.last_seen.seconds()), (10, 30));
    assert_eq!((error.first_release.as_deref(), error.last_release.as_deref()), (Some("a"), Some("c")));
    assert_eq!((error.kind.as_str(), error.environment.as_deref()), ("c", Some("c's")));
}

#[test]
fn a_resolved_error_that_is_seen_again_is_unresolved() {
    let mut error = new();
    error.status = Status::Resolved;
    error.status_at = Timestamp::from_seconds(100);
    commit(&mut error, MINUTE, &[99]);
    assert_eq!(error.status, Status::Resolved, "it was received before somebody resolved the error");
    commit(&mut error, MINUTE, &[101]);
    assert_eq!((error.status, error.status_at.seconds()), (Status::Unresolved, 101));
}

#[test]
fn a_mute_ends_with_an_occurrence_that_is_received_after_its_end() {
    #[track_caller]
    fn check(mute: Mute, received: &[i64], ended_at: Option<i64>) {
        let mut error = new();
        (error.status, error.status_at, error.mute) = (Status::Muted, Timestamp::from_seconds(100), Some(mute));
        commit(&mut error, MINUTE, received);
        let status = if ended_at.is_some() { Status::Unresolved } else { Status::Muted };
        assert_eq!((error.status, error.mute.is_none()), (status, ended_at.is_some()));
        assert_eq!(error.status_at.seconds(), ended_at.unwrap_or(100), "the status was set then");
    }
    let forever = Mute::default();
    let until = |seconds| Mute { until: Some(Timestamp::from_seconds(seconds)), ..forever };
    let until_count = |count| Mute { until_count: Some(count), ..forever };
    check(forever, &[101, 5_000_000], None);
    check(until(200), &[150, 200], None);
    check(until(200), &[150, 201, 300], Some(201));
    check(until(50), &[99], None);
    check(until(50), &[99, 101], Some(101));
    check(until_count(3), &[101, 102], None);
    check(until_count(3), &[101, 102, 103, 104], Some(103));
    // Occurrences that were received before somebody muted the error count, but do not end the mute. The next one does.
    check(until_count(2), &[97, 98, 99], None);
    check(until_count(2), &[97, 98, 99, 101], Some(101));
    check(Mute { until_count: Some(9), ..until(200) }, &[201], Some(201));
    check(Mute { until_count: Some(1), ..until(200) }, &[150], Some(150));
}

/// Returns what `commit` adds to the history of an error that was resolved at second 100, after the release `after` if
/// given.
#[track_caller]
fn ended(error: &mut ErrorAggregate, after: Option<&str>, commit: &[Sighting]) -> Option<history::Action> {
    (error.status, error.status_at) = (Status::Resolved, Timestamp::from_seconds(100));
    error.resolution = after.map(|after| Resolution { after: after.to_owned() });
    let ended = error.observe(MINUTE, commit);
    assert_eq!(ended.is_some(), error.status == Status::Unresolved);
    assert!(ended.is_none() || error.resolution.is_none(), "only a resolved error has a resolution");
    ended
}

#[test]
fn a_regression_says_when_and_in_which_release_and_how_often() {
    let mut error = new();
    let regressed = |release: &str| Some(history::Action::Regressed { release: Some(release.to_owned()) });
    let regression = |at, release: &str, count| {
        Some(Regression { at: Timestamp::from_seconds(at), release: Some(release.to_owned()), count })
    };
    assert_eq!(ended(&mut error, None, &[at(99, "1.0")]), None);
    assert_eq!(error.regression, None);
    assert_eq!(ended(&mut error, None, &[at(101, "1.0"), at(102, "1.1")]), regressed("1.0"), "the first one does");
    assert_eq!(error.regression, regression(101, "1.0", 1));
    assert_eq!(ended(&mut error, Some("1.1"), &[at(101, "1.0"), at(102, "1.1")]), None, "it is known there");
    assert_eq!(error.regression, regression(101, "1.0", 1), "it stays, as the last one");
    assert_eq!(ended(&mut error, Some("1.1"), &[at(103, "1.1"), at(104, "1.2"), at(105, "1.3")]), regressed("1.2"));
    assert_eq!(error.regression, regression(104, "1.2", 2));
}

#[test]
fn the_end_of_a_mute_is_not_a_regression() {
    let mut error = new();
    let mute = Mute { until: None, until_count: Some(1) };
    (error.status, error.status_at, error.mute) = (Status::Muted, Timestamp::from_seconds(100), Some(mute));
    let release = Some("1.0".to_owned());
    assert_eq!(error.observe(MINUTE, &[at(101, "1.0")]), Some(history::Action::MuteEnded { release }));
    assert_eq!((error.status, error.regression), (Status::Unresolved, None));
}

#[test]
fn a_commit_s_units_are_counted_however_many_minutes_it_spans() {
    let mut error = new();
    commit(&mut error, MINUTE, &[0, 59, 60, 150]);
    assert_eq!(counts(&error), [(0, 2), (1, 1), (2, 1)]);
    let all: Vec<_> = (0..50).map(|minute| minute * 60).collect();
    commit(&mut error, MINUTE, &all);
    assert_eq!(error.threshold_windows.counts().count(), 50, "all that the commit touched");
    assert_eq!(counts(&error)[..4], [(0, 3), (1, 2), (2, 2), (3, 1)]);
    commit(&mut error, MINUTE, &[3_000]);
    assert_eq!(counts(&error), [(46, 1), (47, 1), (48, 1), (49, 1), (50, 1)], "and the newest four others");
}

#[test]
fn a_unit_that_was_dropped_never_begins_again() {
    let mut error = new();
    for minute in 0..10 {
        commit(&mut error, MINUTE, &[minute * 60]);
    }
    assert_eq!(counts(&error), [(5, 1), (6, 1), (7, 1), (8, 1), (9, 1)]);
    commit(&mut error, MINUTE, &[4 * 60, 5 * 60, 3 * 60]);
    assert_eq!(counts(&error), [(5, 2), (6, 1), (7, 1), (8, 1), (9, 1)]);
    assert_eq!(error.count, 13, "late events count for the total");
}

#[test]
fn a_late_unit_that_is_held_goes_on_though_newer_ones_were_dropped() {
    let mut error = new();
    commit(&mut error, MINUTE, &[600, 660, 720, 780, 840, 900]);
    commit(&mut error, MINUTE, &[180]);
    assert_eq!(counts(&error), [(3, 1), (12, 1), (13, 1), (14, 1), (15, 1)]);
    commit(&mut error, MINUTE, &[180, 240, 660]);
    assert_eq!(counts(&error), [(3, 2), (12, 1), (13, 1), (14, 1), (15, 1)], "4 and 11 are closed");
}

#[test]
fn units_begin_again_when_their_length_changes() {
    let mut error = new();
    commit(&mut error, MINUTE, &[3_600, 7_200, 7_260]);
    commit(&mut error, TimeUnit::Hour, &[7_201, 3_601]);
    assert_eq!((error.threshold_windows.unit(), counts(&error)), (TimeUnit::Hour, vec![(2, 1)]));
    commit(&mut error, TimeUnit::Day, &[86_400, 86_401]);
    assert_eq!(counts(&error), [(1, 2)]);
}

#[test]
fn the_origins_of_a_commit_are_remembered_until_the_next() {
    let mut error = new();
    let mut warning = at(20, "b");
    warning.level = Level::Warning;
    error.observe(MINUTE, &[at(10, "a"), warning, at(30, "a")]);
    let environments: Vec<_> = error.seen.origins().iter().filter_map(|origin| origin.environment.as_deref()).collect();
    assert_eq!(environments, ["a's", "b's"]);
    let levels: Vec<_> = error.seen.origins().iter().map(|origin| (origin.release.as_deref(), origin.level)).collect();
    assert_eq!(levels, [(Some("a"), Level::Error), (Some("b"), Level::Warning)]);
    let many: Vec<_> = (0..20).map(|n| at(40, &format!("{n}{}", "é".repeat(90)))).collect();
    error.observe(MINUTE, &many);
    let release = error.seen.origins()[7].release.clone().unwrap();
    assert_eq!((error.seen.origins().len(), release.len()), (9, 99), "2 KiB, cut between characters");
    let both: Vec<_> = error.origins.ever().iter().map(|origin| origin.level).collect();
    assert!(both.len() > 9 && both[..2] == [Level::Error, Level::Warning], "{both:?}");
}

/// However many releases an error had, a new environment or level is remembered.
#[test]
fn origins_are_bounded_and_environments_stay_exact() {
    let mut error = new();
    for n in 0..2_000 {
        error.observe(
            MINUTE,
            &[Sighting { environment: Some("staging".to_owned()), ..at(n, &format!("shop@1.0.{n}")) }],
        );
    }
    let length = serde_json::to_string(&error.origins).unwrap().len();
    assert!(length < 12 << 10, "{length}");
    error.observe(MINUTE, &[Sighting { environment: Some("production".to_owned()), ..at(3_000, "shop@2") }]);
    let has =
        |environment: &str| error.origins.ever().iter().any(|one| one.environment.as_deref() == Some(environment));
    assert!(has("staging") && has("production"));
}

#[test]
fn texts_are_cut_between_characters() {
    let mut occurrence = occurrence(1);
    occurrence.kind = "é".repeat(500);
    let mut error = new();
    error.observe(MINUTE, [&Sighting::of(&occurrence, &"x".repeat(10_000))]);
    assert_eq!((error.kind.len(), error.message.len()), (200, 720));
}
