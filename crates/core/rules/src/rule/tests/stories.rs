//! The events of an error as a line of text: `5@0 | resolve | 1@1`.

use crate::Trigger;
use crate::rule::{Decision, Rule, Timing};
use model::error::{ErrorAggregate, Mute, Resolution, Sighting, Status};
use model::id::{ErrorUid, EventId, Fingerprint, ProjectId};
use model::occurrence::{Level, Occurrence, Source};
use model::project::{Tier, TimeUnit};
use model::time::Timestamp;

/// The start of every story: noon in UTC.
const START: i64 = 1_793_620_800;
pub(super) const UNIT: TimeUnit = TimeUnit::Minute;

/// The time this many minutes after [`START`].
pub(super) fn minute(minute: i64) -> Timestamp {
    Timestamp::from_seconds(START + minute * 60)
}

pub(super) fn new_error(incarnation: u128) -> ErrorAggregate {
    let uid = ErrorUid::new(minute(0), incarnation);
    ErrorAggregate::new(ProjectId::new(1).unwrap(), Fingerprint::of("m", []), uid, minute(0))
}

/// `N@M` are N occurrences in minute M. `/environment/level/release` can follow.
fn sightings(step: &str) -> Vec<Sighting> {
    let mut parts = step.split('/');
    let (count, at) = parts.next().unwrap().split_once('@').unwrap_or_else(|| panic!("`{step}` is not a step"));
    let mut optional = || parts.next().filter(|part| !part.is_empty()).map(str::to_owned);
    let (environment, level, release) = (optional(), optional(), optional());
    let count: i64 = count.parse().unwrap();
    let sighting = |n| {
        let moment = minute(at.parse().unwrap()).plus_seconds(n * 59 / count);
        let mut occurrence = Occurrence::new(EventId::from_bytes([0; 16]), Source::Sentry, moment, moment);
        occurrence.kind = "CartError".to_owned();
        occurrence.environment.clone_from(&environment);
        occurrence.release.clone_from(&release);
        occurrence.level = level.as_deref().map_or(Level::Error, |word| Level::parse(word).unwrap());
        Sighting::of(&occurrence, "the cart is empty")
    };
    (0..count).map(sighting).collect()
}

/// Returns the error before and after the last step of a story. Steps are separated by ` | `. People act at the end of
/// the minute that was last seen.
pub(super) fn story(steps: &str) -> (Option<ErrorAggregate>, ErrorAggregate) {
    let (mut old, mut new): (_, Option<ErrorAggregate>) = (None, None);
    for (index, step) in steps.split(" | ").enumerate() {
        old = new.clone();
        let person = |status, mute| {
            let before = old.clone().expect("there is an error");
            let status_at = minute((before.last_seen.seconds() - START).div_euclid(60)).plus_seconds(59);
            Some(ErrorAggregate { status, status_at, mute, resolution: None, ..before })
        };
        new = match step.split_once(' ').unwrap_or((step, "")) {
            ("resolve", "next") => person(Status::Resolved, None).map(|error| {
                let resolution = Resolution::after_all(&error, []);
                ErrorAggregate { resolution, ..error }
            }),
            ("resolve", _) => person(Status::Resolved, None),
            ("unresolve", _) => person(Status::Unresolved, None),
            ("mute", "") => person(Status::Muted, Some(Mute::default())),
            ("mute", until) => {
                let until = Some(minute(until.parse().unwrap()));
                person(Status::Muted, Some(Mute { until, until_count: None }))
            }
            ("assign", to) => old.clone().map(|before| {
                let assignee = Some(to).filter(|to| !to.is_empty()).map(str::to_owned);
                ErrorAggregate { assignee, ..before }
            }),
            ("link", _) => person(old.as_ref().unwrap().status, None),
            ("delete", _) => None,
            _ => {
                let mut error = new.take().unwrap_or_else(|| new_error(index as u128));
                let seen: Vec<_> = step.split(", ").flat_map(sightings).collect();
                error.observe(UNIT, &seen);
                Some(error)
            }
        };
    }
    (old, new.expect("the error is there in the end"))
}

/// Returns the decision about the last step of a story, in words: `first`, `regression`, `37 in minute 3`. For a
/// collected notification, `, sent in minute 10` follows.
pub(super) fn decided(rule: &Rule, tier: Tier, steps: &str) -> String {
    let (old, new) = story(steps);
    let now = minute(0);
    let in_words = |decision: &Decision| {
        let minute = |moment: Timestamp| (moment.seconds() - START).div_euclid(60);
        let why = match &decision.trigger {
            Trigger::First => "first".to_owned(),
            Trigger::Regression => "regression".to_owned(),
            Trigger::Unmuted => "unmuted".to_owned(),
            Trigger::Threshold { count, unit, start } => {
                assert_eq!(*unit, UNIT);
                format!("{count} in minute {}", minute(*start))
            }
            Trigger::Assigned { assignee } => format!("assigned to {assignee}"),
            Trigger::Resolved | Trigger::Sample => panic!("no rule decides {:?}", decision.trigger),
        };
        match decision.timing {
            Timing::Now => why,
            Timing::Collected { until } => format!("{why}, sent in minute {}", minute(until)),
        }
    };
    let decisions = rule.decide(old.as_ref(), &new, tier, now);
    assert_eq!(decisions, rule.decide(old.as_ref(), &new, tier, now), "the result depends on the arguments only");
    decisions.iter().map(in_words).collect::<Vec<_>>().join("; ")
}
