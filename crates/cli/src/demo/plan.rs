//! Which error happens when, and in which release.

use fastrand::Rng;

use super::catalogue::ERRORS;
use super::shop::{RELEASES, ShopError, Story};

/// Minutes of a day.
const DAY: u32 = 1440;
/// Percent of the period at which people look at the errors: just before the newest release.
pub(super) const TRIAGE: u32 = RELEASES[RELEASES.len() - 1].1;
/// An error that was resolved is quiet from this percent of the period on.
const QUIET: u32 = 40;

/// An event that will be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planned {
    /// Minutes after the start of the period.
    pub(super) minute: u32,
    pub(super) error: &'static ShopError,
    pub(super) release: &'static str,
    pub(super) is_after_triage: bool,
}

/// Chooses `count` events in a period of `days`, ordered by time. Every error happens at least once in each part of its
/// story.
pub(super) fn plan(rng: &mut Rng, days: u32, count: u32) -> Vec<Planned> {
    let period = days * DAY;
    let all: u32 = ERRORS.iter().map(|error| error.weight).sum();
    let mut events: Vec<_> = ERRORS
        .iter()
        .flat_map(|error| {
            let share = (count * error.weight / all).max(2);
            (0..share).map(move |number| (error, number)).collect::<Vec<_>>()
        })
        .map(|(error, number)| {
            let minute = moment(rng, error, number, period);
            let percent = minute * 100 / period;
            let release = RELEASES.iter().rev().find(|(_, since)| percent >= *since).unwrap_or(&RELEASES[0]);
            Planned { minute, error, release: release.0, is_after_triage: percent >= TRIAGE }
        })
        .collect();
    events.sort_by_key(|event| event.minute);
    events
}

/// Chooses when an event happens: more often during the day than at night.
fn moment(rng: &mut Rng, error: &ShopError, number: u32, period: u32) -> u32 {
    let (from, to) = match (error.story, number) {
        // It came back after the newest release. The first event always is before, the second one after that.
        (Story::Regressed, 0) => (0, QUIET),
        (Story::Regressed, 1) => (TRIAGE + 1, 100),
        (Story::Regressed, _) if rng.u8(..3) == 0 => (TRIAGE + 1, 100),
        (Story::Regressed, _) => (0, QUIET),
        _ => error.happens,
    };
    let (from, to) = (period * from / 100, period * to / 100);
    loop {
        let minute = rng.u32(from..to);
        let hour = minute % DAY / 60;
        let busy = match hour {
            0..=6 => 2,
            7..=9 | 22..=23 => 6,
            _ => 10,
        };
        if rng.u32(..10) < busy {
            return minute;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_plan() {
        let of = |seed| {
            let events = plan(&mut Rng::with_seed(seed), 14, 500);
            events.into_iter().map(|event| (event.minute, event.error.kind)).collect::<Vec<_>>()
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn every_error_happens_and_regressions_come_back() {
        for (days, count) in [(1, 1), (14, 2000), (29, 100)] {
            let events = plan(&mut Rng::with_seed(7), days, count);
            for error in &ERRORS {
                let mine = || events.iter().filter(|event| event.error.kind == error.kind);
                assert!(mine().count() >= 2, "{}", error.kind);
                let (before, after) =
                    (mine().any(|event| !event.is_after_triage), mine().any(|event| event.is_after_triage));
                match error.story {
                    Story::Regressed => assert!(before && after, "{} comes back", error.kind),
                    Story::Resolved => assert!(before && !after, "{} stays away", error.kind),
                    _ => {}
                }
            }
            assert!(events.iter().all(|event| event.minute < days * DAY));
        }
    }

    #[test]
    fn names_of_errors_are_unique() {
        let mut kinds: Vec<_> = ERRORS.iter().map(|error| error.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds.len(), ERRORS.len());
    }
}
